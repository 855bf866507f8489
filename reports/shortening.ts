/** What would have to be shorter for a drill's claims to hold, or how much there is to spare. */
import type { DrillPhase, DrillRecord } from '../measure/drill.ts';
import { formatDuration, formatNumber } from '../measure/format.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { JudgedClaim } from '../measure/verdict.ts';
import { type OutagePhase, outagePhases, PHASE_WORDS } from './drill-words.ts';

/** What a phase's length depends on. */
const KNOBS: Partial<Record<DrillPhase['name'], string>> = {
  detect: 'interval, threshold and timeout of the health checks',
  dns: 'the time from the health verdict to the DNS answer',
  ttl: 'the TTL of the DNS record',
  scale: 'how many tasks the standby runs beforehand, and how fast one starts',
  degraded: 'the capacity of the standby',
};

const lengthMs = ({ fromMs, toMs }: OutagePhase): number => Math.max(0, (toMs ?? fromMs) - fromMs);
const named = (phase: OutagePhase): string =>
  `${PHASE_WORDS[phase.name]} (${formatDuration(lengthMs(phase))})`;

/** Sentences, each whole; empty where nothing can be said. */
export function shortenings(measurement: Measurement): string[] {
  const { run, verdict } = measurement;
  const { drill, claims } = verdict;
  if (!drill || !run.drill) return [];
  const phases = outagePhases(drill);
  const rto = claims.find(({ id }) => id === 'rto');
  const rpo = claims.find(({ id }) => id === 'rpo.seconds');
  const said = [
    ...(rto === undefined || drill.rto === null ? [] : ofRto(rto, drill.rto.seconds, phases)),
    ...(rto === undefined ? [] : ofConfiguration(rto, run.drill)),
    ...(rpo === undefined || drill.rpo === null ? [] : [ofRpo(rpo, drill.rpo.seconds, run.drill)]),
  ];
  if (said.length === 0 || run.timeScale === 1 || !drill.rto?.seconds) return said;
  const times = formatNumber(1 / run.timeScale);
  return [
    ...said,
    `Timers ran at ${formatNumber(run.timeScale)}: at full length each of them is ${times} times as long.`,
  ];
}

function ofRto(claim: JudgedClaim, seconds: number | null, phases: readonly OutagePhase[]): string[] {
  const open = phases.find(({ toMs }) => toMs === null);
  if (seconds === null) {
    if (open === undefined) return ['The outage did not end: no shorter phase would have made the claim.'];
    return [
      `The outage stood still at ${PHASE_WORDS[open.name]}, which did not end: no shorter phase would have made the claim. It depends on ${KNOBS[open.name]}.`,
    ];
  }
  const overMs = (seconds - claim.claimed) * 1_000;
  const longest = [...phases].sort((a, b) => lengthMs(b) - lengthMs(a));
  if (overMs <= 0) {
    const most = longest[0] === undefined ? '' : ` Most of it went into ${named(longest[0])}.`;
    return [`RTO had ${formatDuration(-overMs)} to spare.${most}`];
  }
  const alone = longest.filter((phase) => lengthMs(phase) > overMs);
  const must = `RTO would have to be ${formatDuration(overMs)} shorter.`;
  if (alone.length === 0) {
    const which = longest.slice(0, 2).map(named).join(' and ');
    return [`${must} No phase alone makes up for that${which === '' ? '' : `; the longest are ${which}`}.`];
  }
  return [
    must,
    ...alone.map(
      (phase) =>
        `${named(phase)} alone would do, at ${formatDuration(lengthMs(phase) - overMs)} or less: ${KNOBS[phase.name]}.`,
    ),
  ];
}

/** What the timers allow at best and at worst, whatever this one run was. */
function ofConfiguration(claim: JudgedClaim, { predicted }: DrillRecord): string[] {
  if (predicted.rto === null) return [];
  const { lowMs, highMs } = predicted.rto;
  const claimedMs = claim.claimed * 1_000;
  if (lowMs === null) return ['As configured nothing ends the outage: it lasts as long as the fault.'];
  if (lowMs > claimedMs) {
    return [`As configured it can never hold: the timers alone add up to ${formatDuration(lowMs)} at best.`];
  }
  if (highMs !== null && highMs <= claimedMs) return [];
  return [
    `As configured it holds only sometimes: the timers add up to between ${formatDuration(lowMs)} and ${highMs === null ? 'no end' : formatDuration(highMs)}, depending on the moment of the loss.`,
  ];
}

function ofRpo(claim: JudgedClaim, seconds: number, { predicted }: DrillRecord): string {
  const overMs = (seconds - claim.claimed) * 1_000;
  if (overMs <= 0) return `RPO had ${formatDuration(-overMs)} to spare.`;
  const why = predicted.rpo === null ? '' : ` Predicted from: ${predicted.rpo.arithmetic}.`;
  return `RPO would have to be ${formatDuration(overMs)} shorter: an acknowledged order may wait ${formatDuration(claim.claimed * 1_000)} to be replicated, and some waited ${formatDuration(seconds * 1_000)}.${why}`;
}
