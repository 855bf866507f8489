/** What a drill adds to the live view: the phase, the clock since the fault, who answers, and what stands by. */
import type { DrillRecord } from '../../measure/drill.ts';
import type { Second } from '../../measure/events.ts';
import { regionName, withRegionNames } from '../drill-words.ts';
import type { Scene } from '../scene.ts';
import { formatClaimed, formatCount, formatNumber, formatRate, formatRatioAsPercent } from '../words.ts';
import type { Row } from './flow.ts';
import type { Palette, Span } from './paint.ts';
import type { LiveState } from './state.ts';

/** A share of the planned orders from which on a region is said to serve. */
const SERVES = 0.95;
/** Below this share the clients have not followed yet. */
const FOLLOWED = 0.05;

/** What the drill is doing or waiting for now, in a few words. Empty where the run is no drill. */
export function drillPhase(state: LiveState): string {
  const { drill, zeroMs, nowMs } = state;
  if (drill === null || zeroMs === null) return '';
  const { record, scene } = drill;
  const clock = nowMs - zeroMs;
  if (scene.injected === 0) {
    if (clock < record.baseline.fromMs) return 'warming up';
    return clock < record.baseline.toMs ? 'baseline: what is normal' : 'steady, the fault comes next';
  }
  if (scene.faults.length === 0) return healedPhase(record, scene, state.recent);
  const isLost = record.losses.some(({ atMs, untilMs }) => clock >= atMs && clock < untilMs);
  return isLost && record.bite === 'outage'
    ? outagePhase(record, scene, state.recent)
    : 'the fault is in place';
}

function healedPhase({ primary, standby }: DrillRecord, scene: Scene, recent: Second | null): string {
  if ((scene.waiting[primary] ?? 0) > 0) return 'healed, replication catches up';
  if (scene.dns?.region === standby) return `healed, ${regionName(standby)} still serves`;
  const back = recent === null || (recent.regions[primary] ?? 0) >= recent.acknowledged * SERVES;
  return `healed, ${back ? `${regionName(primary)} serves` : `clients return to ${regionName(primary)}`}`;
}

function outagePhase({ primary, standby }: DrillRecord, scene: Scene, recent: Second | null): string {
  const standbyName = regionName(standby);
  if (scene.dns?.region !== standby) {
    return scene.healthy[primary] === false
      ? 'detected, DNS has not moved'
      : 'detecting: health checks still pass';
  }
  const planned = recent?.planned ?? 0;
  const share = planned > 0 ? (recent?.regions[standby] ?? 0) / planned : 0;
  if (share >= SERVES) return `${standbyName} serves`;
  const tasks = scene.tasks[standby];
  if (tasks !== undefined && tasks.running < tasks.desired) return `${standbyName} scales up`;
  return share < FOLLOWED ? 'DNS moved, clients follow' : `${standbyName} serves some`;
}

/** `2.4 s since the fault`: since the youngest fault that is in place; empty where none is. */
export function sinceFault({ drill, nowMs }: LiveState): string {
  const fault = drill?.scene.faults.at(-1);
  if (fault === undefined) return '';
  const tenths = Math.floor(Math.max(0, nowMs - fault.t) / 100) / 10;
  return `${tenths.toFixed(1)} s since the fault`;
}

/** `kill Seoul`: the faults in place, in as few words as they have. */
function faultNames({ record, scene }: NonNullable<LiveState['drill']>): string {
  return scene.faults.map(({ words }) => withRegionNames(words.split(':')[0]!, record)).join(', ');
}

/** `Seoul 12 %`, `Tokyo 88 %`: of the last second's acknowledged orders. */
export function answerShares(
  recent: Second,
  record: DrillRecord,
): { region: string; share: number | null }[] {
  return [record.primary, record.standby].map((region) => ({
    region,
    share: recent.acknowledged > 0 ? (recent.regions[region] ?? 0) / recent.acknowledged : null,
  }));
}

/** What is known of lost orders while the drill runs: those that wait in a region that is gone, then the listings. */
export function ordersAtRisk({ record, scene }: NonNullable<LiveState['drill']>): string {
  const listed = scene.listings.at(-1);
  if (listed !== undefined) {
    const when = listed.at === 'cutover' ? 'at cut-over' : 'after heal';
    return `${formatCount(listed.keys)} keys of ${regionName(listed.region)} listed ${when}`;
  }
  const waiting = scene.waiting[record.primary] ?? 0;
  if (waiting === 0) return '';
  const held = `${formatCount(waiting)} orders wait in ${regionName(record.primary)}`;
  return scene.faults.length > 0 ? `${held}: lost unless they come` : held;
}

/** The rows of a drill, in the place of those of a load; none where the run is no drill. */
export function drillRows(state: LiveState, second: Second | null, narrow: boolean, paint: Palette): Row[] {
  const { drill } = state;
  if (drill === null || state.zeroMs === null) return [];
  return [
    phaseRow(state, drill, narrow, paint),
    ...(second === null ? [] : [answersRow(second, drill.record, narrow, paint)]),
    systemRow(drill, narrow, paint),
    standbyRow(drill, narrow, paint),
  ];
}

type Drill = NonNullable<LiveState['drill']>;

function phaseRow(state: LiveState, drill: Drill, narrow: boolean, paint: Palette): Row {
  const since = sinceFault(state);
  const claim = drill.rtoClaim;
  const names = faultNames(drill);
  return {
    label: narrow ? '' : 'drill',
    maxLines: 2,
    fields: [
      { text: drillPhase(state), paint: paint.strong },
      ...(since === '' ? [] : [{ text: since, paint: paint.bad }]),
      ...(names === '' || narrow ? [] : [{ text: names, paint: paint.quiet }]),
      ...(since === '' || claim === null || narrow
        ? []
        : [
            { text: `RTO claimed ${formatClaimed(claim.op, claim.claimed, claim.unit)}`, paint: paint.quiet },
          ]),
    ],
  };
}

function answersRow(second: Second, record: DrillRecord, narrow: boolean, paint: Palette): Row {
  const shares = answerShares(second, record).map(({ region, share }): Span => {
    const told = share === null ? 'nothing' : formatRatioAsPercent(Math.round(share * 1000) / 1000);
    return { text: `${regionName(region)} ${told}` };
  });
  const served: Span = {
    text: `served ${formatNumber(second.acknowledged)} of ${formatRate(second.planned)}`,
    paint: second.acknowledged < second.planned * SERVES ? paint.bad : paint.good,
  };
  return {
    label: narrow ? '' : 'answers',
    maxLines: 1,
    fields: narrow ? [...shares, served] : [served, ...shares],
  };
}

function systemRow({ record, scene }: Drill, narrow: boolean, paint: Palette): Row {
  const { dns } = scene;
  const answer =
    dns === null
      ? []
      : [{ text: `${narrow ? 'DNS ' : ''}${dns.region === null ? dns.answer : regionName(dns.region)}` }];
  const health = [record.primary, record.standby].flatMap((region): Span[] => {
    const healthy = scene.healthy[region];
    if (healthy === undefined) return [];
    const words = narrow ? ['up', 'down'] : ['healthy', 'unhealthy'];
    const text = `${regionName(region)} ${words[healthy ? 0 : 1]}`;
    return [{ text, paint: healthy ? paint.good : paint.bad }];
  });
  return { label: narrow ? '' : 'DNS', maxLines: 1, fields: [...answer, ...health] };
}

function standbyRow(drill: Drill, narrow: boolean, paint: Palette): Row {
  const { standby } = drill.record;
  const tasks = drill.scene.tasks[standby];
  const risk = ordersAtRisk(drill);
  return {
    label: narrow ? '' : 'standby',
    maxLines: 2,
    fields: [
      ...(tasks === undefined
        ? []
        : [
            {
              text: `${formatCount(tasks.running)} of ${formatCount(tasks.desired)} tasks run`,
              paint: tasks.running < tasks.desired ? paint.doubtful : paint.good,
            },
          ]),
      ...(risk === '' ? [] : [{ text: risk, paint: risk.includes('lost') ? paint.bad : paint.quiet }]),
    ],
  };
}
