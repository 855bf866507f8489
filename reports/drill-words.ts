/** The words for a drill that every renderer shares: regions, phases, what was predicted, proved, lost and restored. */
import type { DrillPhase, DrillRecord, DrillVerdict, LedgerCounts } from '../measure/drill.ts';
import { formatClaimed, formatCount, formatDuration, formatNumber } from '../measure/format.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { RunRecord } from '../measure/run.ts';
import type { Claim, JudgedClaim } from '../measure/verdict.ts';

/** A hypothesis as a sentence of its own, however it was written. */
export function asSentence(text: string): string {
  const end = /[.!?]$/.test(text) ? '' : '.';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`;
}

/** A region as people write it: `Seoul`. A name that is no plain word (`ap-northeast-2`) stays as it is. */
export function regionName(region: string): string {
  if (region === '' || region === '-') return 'a region that did not say its name';
  return /^[a-z]+$/.test(region) ? region.charAt(0).toUpperCase() + region.slice(1) : region;
}

/** A sentence with the drill's regions written as people write them. */
export function withRegionNames(
  sentence: string,
  drill: Pick<DrillRecord, 'primary' | 'standby'> | null,
): string {
  if (drill === null) return sentence;
  return [drill.primary, drill.standby]
    .filter((region) => /^[a-z]+$/.test(region))
    .reduce(
      (text, region) =>
        text.replace(new RegExp(`(?<![\\w./-])${region}(?![\\w/-]|\\.\\w)`, 'g'), regionName(region)),
      sentence,
    );
}

/** The same measurement, its sentences with the regions as people write them: what renderers begin with. */
export function withNamedRegions(measurement: Measurement): Measurement {
  const { run, verdict } = measurement;
  if (!run.drill) return measurement;
  const named = (sentence: string): string => withRegionNames(sentence, run.drill);
  const { drill } = verdict;
  return {
    ...measurement,
    verdict: {
      ...verdict,
      reasons: verdict.reasons.map(named),
      claims: verdict.claims.map((claim) => ({ ...claim, reason: named(claim.reason) })),
      drill: drill && { ...drill, cause: { ...drill.cause, sentence: named(drill.cause.sentence) } },
    },
  };
}

/** What was run: the drill's name, or the profile's. */
export const nameOf = (run: Pick<RunRecord, 'profile' | 'drill'>): string => run.drill?.name ?? run.profile;

/** The phases that an outage is made of, in their order: RTO is their sum. */
const OUTAGE_PHASES: readonly DrillPhase['name'][] = ['detect', 'dns', 'ttl', 'scale', 'degraded'];

type Outage = DrillVerdict['outages'][number];

const lengthOf = ({ from_ms, sustained_ms }: Outage): number =>
  sustained_ms === null ? Number.POSITIVE_INFINITY : sustained_ms - from_ms;

/** The longest outage of each population, the fresh clients' first: that one is what RTO speaks of. */
export function longestOutages({ outages }: Pick<DrillVerdict, 'outages'>): Outage[] {
  return (['fresh', 'sticky'] as const).flatMap((kind) => {
    const own = outages.filter(({ population }) => population === kind);
    const longest = own.reduce<Outage | null>(
      (a, b) => (a === null || lengthOf(b) > lengthOf(a) ? b : a),
      null,
    );
    return longest === null ? [] : [longest];
  });
}

/** What RTO speaks of; null where there was no outage. */
export const longestOutage = (drill: Pick<DrillVerdict, 'outages'>): Outage | null =>
  longestOutages(drill)[0] ?? null;

/** Whether a claim is one that only a drill can judge. */
export const isOfDrill = (id: string): boolean =>
  id === 'rto' || id.startsWith('rpo.') || id === 'duplicated';

/** In one word, for the bar in the terminal. */
export const PHASE_WORDS: Record<DrillPhase['name'], string> = {
  baseline: 'baseline',
  detect: 'detect',
  dns: 'DNS',
  ttl: 'TTL',
  scale: 'scale',
  degraded: 'degraded',
  sustained: 'sustained',
  heal: 'heal',
  'catch-up': 'catch-up',
  failback: 'failback',
};

export interface OutagePhase {
  name: DrillPhase['name'];
  fromMs: number;
  /** Null: it did not end. */
  toMs: number | null;
}

/** What the outage consisted of, by time; empty where there was none. */
export function outagePhases(drill: DrillVerdict): OutagePhase[] {
  return drill.phases
    .filter(({ name }) => OUTAGE_PHASES.includes(name))
    .map(({ name, from_ms, to_ms }) => ({ name, fromMs: from_ms, toMs: to_ms }))
    .sort((a, b) => a.fromMs - b.fromMs);
}

export function phaseDuration({ fromMs, toMs }: Pick<OutagePhase, 'fromMs' | 'toMs'>): string {
  return toMs === null ? 'did not end' : formatDuration(Math.max(0, toMs - fromMs));
}

/** What was promised, and what it was before `--time-scale`: `≤ 6 s (2 min at 0.05)`. */
export function claimedWords(claim: Claim, run: Pick<RunRecord, 'drill' | 'timeScale'>): string {
  const claimed = formatClaimed(claim.op, claim.claimed, claim.unit);
  const declared = run.drill?.claimsAsDeclared.find(({ id }) => id === claim.id);
  if (declared === undefined || declared.claimed === claim.claimed || declared.unit !== 's') return claimed;
  return `${claimed} (${formatDuration(declared.claimed * 1_000)} at ${formatNumber(run.timeScale)})`;
}

/** `37 acknowledged orders were lost`. */
function lostWords(count: number): string {
  if (count === 0) return 'no acknowledged order was lost';
  return `${formatCount(count)} acknowledged ${count === 1 ? 'order was' : 'orders were'} lost`;
}

/** `37 acknowledged orders lost, 12 unknown (3 present)`. */
function ledgerWords(counts: LedgerCounts): string {
  const unknown = counts.unknown_present + counts.unknown_absent;
  const others =
    unknown === 0 ? '' : `, ${formatCount(unknown)} unknown (${formatCount(counts.unknown_present)} present)`;
  const orders = counts.lost_acked === 1 ? 'order' : 'orders';
  return `${formatCount(counts.lost_acked)} acknowledged ${orders} lost${others}`;
}

/** What of the lost was there after heal; empty where nothing was lost or nobody looked. */
function recoveredWords({ ledger }: DrillVerdict): string {
  const { cutover, healed } = ledger;
  if (cutover === null || healed === null || cutover.lost_acked === 0) return '';
  const lost = formatCount(cutover.lost_acked);
  return `${formatCount(healed.recovered)} of ${lost} lost orders were there after heal`;
}

/** When service came back, after the first order that was not served; empty where no outage was found. */
function outageWords({ first_success_ms: first, sustained_ms: sustained, rto }: DrillVerdict): string {
  if (rto === null) return '';
  if (first === null) return 'no order was served again';
  const success = `first success after ${formatDuration(first)}`;
  return `${success}, ${sustained === null ? 'never sustained' : `sustained after ${formatDuration(sustained)}`}`;
}

/** What stands beside the numbers of `rto` and `rpo.*`; empty for other claims and for loads. */
export function drillEvidence(claim: Pick<JudgedClaim, 'id' | 'reason'>, drill: DrillVerdict | null): string {
  if (!drill) return '';
  if (claim.id === 'rto') return outageWords(drill);
  // Where an RPO did not hold, its reason tells what was lost.
  if (!claim.id.startsWith('rpo.') || claim.reason !== '' || drill.ledger.cutover === null) return '';
  return ledgerWords(drill.ledger.cutover);
}

const seconds = (low: number, high: number): string =>
  low === high ? `${formatNumber(low)} s` : `${formatNumber(low)}-${formatNumber(high)} s`;

function predictedRange({ rto }: DrillRecord['predicted']): string {
  if (rto === null) return '';
  if (rto.lowMs === null) return ': nothing would end the outage';
  const low = rto.lowMs / 1_000;
  return ` with RTO ${rto.highMs === null ? `${formatNumber(low)} s or more` : seconds(low, rto.highMs / 1_000)}`;
}

/** `PASS with RTO 3.9-5.1 s; it was so`. */
function predictionWords({ predicted }: DrillVerdict, record: DrillRecord | null): string {
  const range = record === null ? '' : predictedRange(record.predicted);
  const held = predicted.held === null ? '' : predicted.held ? '; it was so' : '; it was not so';
  return `${predicted.verdict}${range}${held}`;
}

/** Only where the drill's author expects FAIL, or got one unexpectedly. */
function expectationWords({ verdict }: Measurement): string {
  const { drill } = verdict;
  if (!drill || drill.expected === 'PASS') return '';
  if (verdict.verdict === 'FAIL') return 'FAIL, and so it is: the drill shows a weakness that is known';
  return verdict.verdict === 'PASS' ? 'FAIL, but every claim held: the weakness is gone' : 'FAIL';
}

function causeWords({ cause }: DrillVerdict): string {
  const { proved } = cause;
  const sentence = cause.sentence.replace(/^failover proved: /, '');
  return `${proved ? 'proved' : 'not proved'}${sentence === '' ? '' : `: ${sentence}`}`;
}

/** `2 of 2 faults undone and read back`. */
function restorationWords({ verdict, events }: Measurement): string {
  const ids = (of: (event: Measurement['events'][number]) => string | null): Set<string> =>
    new Set(events.map(of).filter((id) => id !== null));
  const injected = ids((event) => (event.kind === 'fault.injected' ? event.id : null));
  const restored = ids((event) => (event.kind === 'fault.undone' && event.restored ? event.id : null));
  if (injected.size === 0) return 'no fault was injected: there was nothing to undo';
  const count = `${formatCount(restored.size)} of ${formatCount(injected.size)} ${injected.size === 1 ? 'fault' : 'faults'} undone and read back`;
  switch (verdict.drill?.restored) {
    case true:
      return count;
    case false:
      return `NO, ${count}: npm run restore undoes the rest`;
    default:
      return `not known, ${count}: npm run restore looks, and undoes what is left`;
  }
}

/** What a drill found beside its claims, as labelled sentences; none for a load. */
export function drillFacts(measurement: Measurement): { label: string; sentence: string }[] {
  const { drill } = measurement.verdict;
  if (!drill) return [];
  return [
    { label: 'restored', sentence: restorationWords(measurement) },
    { label: 'expected', sentence: expectationWords(measurement) },
    { label: 'predicted', sentence: predictionWords(drill, measurement.run.drill) },
    { label: 'failover', sentence: causeWords(drill) },
    { label: 'recovered', sentence: recoveredWords(drill) },
  ].filter(({ sentence }) => sentence !== '');
}

/** What a drill that held has to say for itself. */
export function drillSentence({ run, verdict }: Measurement): string {
  const { drill } = verdict;
  const held = verdict.claims.length === 1 ? 'the claim held' : 'every claim held';
  if (!drill || !run.drill) return held;
  const outage = longestOutage(drill);
  const lost = run.drill.losses[0]?.region ?? run.drill.primary;
  const loss = drill.ledger.cutover === null ? '' : `; ${lostWords(drill.ledger.cutover.lost_acked)}`;
  if (outage === null || drill.rto === null || drill.rto.seconds === null) return `${held}${loss}`;
  const who = outage.region === '' ? 'service was' : `${regionName(outage.region)} served`;
  return `${held}: ${who} ${formatNumber(drill.rto.seconds)} s after ${regionName(lost)} was lost${loss}`;
}
