import type { ByStart } from './by-start.ts';
import type { Outage, SustainedRule } from './drill.ts';
import { LatencyHistogram } from './histogram.ts';
import { findSustained } from './sustained.ts';

/** An outage begins where this much from an unserved order on misses the success ratio, in every prefix. */
const ONSET_MS = 1000;
/** A region that acknowledges nothing for this long has fallen silent. */
const SILENCE_MS = 1000;
/** Starts are written in whole ms, cut off. */
const CLOCK_MS = 1;

/** What normal is, by one population. */
export interface Baseline {
  arrivals: number;
  served: number;
  due: number;
  /** Of the served, first send to acknowledgement; infinite where there are none. */
  p95Ms: number;
  p999Ms: number;
}

/** Learns what normal is from a stretch, epoch ms. */
export function learnBaseline(arrivals: ByStart, fromMs: number, toMs: number): Baseline {
  const took = new LatencyHistogram();
  const from = arrivals.positionAt(fromMs);
  const to = arrivals.positionAt(toMs);
  let served = 0;
  for (let i = from; i < to; i++) {
    if (!arrivals.isServed(i)) continue;
    served += 1;
    took.record(arrivals.orders.tookMs(arrivals.seq(i)));
  }
  const rank = (q: number): number => Math.ceil(took.count * q);
  const [p95Ms, p999Ms] = took.count === 0 ? [Infinity, Infinity] : took.atRanks([rank(0.95), rank(0.999)]);
  const due = arrivals.dueBefore(toMs) - arrivals.dueBefore(fromMs);
  return { arrivals: to - from, served, due, p95Ms: p95Ms!, p999Ms: p999Ms! };
}

/** An outage as found: with where it may have ended at the earliest. */
export interface FoundOutage extends Outage {
  /** It was surely open until then; `sustainedMs` where there is one. Epoch ms. */
  openUntilMs: number;
}

export interface OutageFacts {
  rule: SustainedRule;
  baseline: Baseline;
  /** Names by the index that the orders hold. */
  regions: readonly string[];
  /** The region whose loss is looked for at an instant, epoch ms. An answer without a name may be of any. */
  lostAt: (ms: number) => string;
}

/**
 * The outages of one population, in order.
 *
 * An outage begins at an unserved order from which every prefix of the next second misses the success ratio, more than
 * one order of it being unserved: one failed order alone is none, nor is what lasts less than (1 - success) of a second,
 * nor what begins in the last second of the run. It ends at the first served order from which service is sustained; a
 * recovery that does not last is part of it, and what fails after that is another.
 *
 * T_f: where the lost region falls silent within a second of that (it acknowledges nothing that starts in the second
 * after), low is the last start that it acknowledged, and T_f the first unserved start after that; where it goes on
 * answering in part, T_f is the order at which the outage begins. Where it has acknowledged nothing since the outage
 * before, somebody else served: low is the last start that anybody served. High adds the baseline's p99.9, since an order
 * that was under way may have started that long before the fault, and the whole millisecond in which starts are written.
 */
export function findOutages(arrivals: ByStart, facts: OutageFacts): FoundOutage[] {
  const outages: FoundOutage[] = [];
  for (let from = 0; from < arrivals.count; ) {
    const began = findOnset(arrivals, from, facts.rule.success);
    if (began < 0) break;
    const lost = lostRegion(arrivals, began, facts);
    const first = findSilence(arrivals, began, lost) ?? began;
    const limitMs = facts.rule.latencyTimes * facts.baseline.p95Ms;
    const end = findSustained(arrivals, first, facts.rule, limitMs);
    outages.push(describe(arrivals, { after: from, first, lost, end }, facts));
    if (end.kind === 'never') break;
    from = end.position;
  }
  return outages;
}

type IsLost = (position: number) => boolean;

function lostRegion(arrivals: ByStart, began: number, facts: OutageFacts): IsLost {
  const lost = facts.regions.indexOf(facts.lostAt(arrivals.startMs(began)));
  const { orders } = arrivals;
  return (position) => {
    const seq = arrivals.seq(position);
    if (!orders.isAcknowledged(seq)) return false;
    const region = orders.region(seq);
    return region === lost || region === 0;
  };
}

/** The position at which an outage begins, -1 where none does. */
function findOnset(arrivals: ByStart, from: number, success: number): number {
  for (let i = from; i < arrivals.count; i++)
    if (!arrivals.isServed(i) && isOnset(arrivals, i, success)) return i;
  return -1;
}

function isOnset(arrivals: ByStart, at: number, success: number): boolean {
  const untilMs = arrivals.startMs(at) + ONSET_MS;
  if (untilMs > arrivals.clock.endMs) return false;
  let served = 0;
  let i = at;
  for (; i < arrivals.count && arrivals.startMs(i) < untilMs; i++) {
    if (arrivals.isServed(i)) served += 1;
    if (served >= success * (i + 1 - at)) return false;
  }
  return i - at - served > 1;
}

/**
 * Where the lost region fell silent.
 * @returns the first unserved position after its last acknowledgement; null where it went on answering
 */
function findSilence(arrivals: ByStart, began: number, isLost: IsLost): number | null {
  const beganMs = arrivals.startMs(began);
  let last = began - 1;
  let lastMs = beganMs;
  for (let i = began; i < arrivals.count && arrivals.startMs(i) <= lastMs + SILENCE_MS; i++) {
    if (!isLost(i)) continue;
    last = i;
    lastMs = arrivals.startMs(i);
    if (lastMs > beganMs + ONSET_MS) return null;
  }
  for (let i = last + 1; i < arrivals.count && arrivals.startMs(i) <= lastMs + SILENCE_MS; i++)
    if (!arrivals.isServed(i)) return i;
  return null;
}

interface Found {
  /** Where the outage before it ended; 0: there is none. */
  after: number;
  first: number;
  lost: IsLost;
  end: ReturnType<typeof findSustained>;
}

/** The last start before an outage that was served: by the lost region, or after another outage by whoever did. */
function lastServedMs(arrivals: ByStart, { after, first, lost }: Found): number {
  let low = first - 1;
  while (low >= after && !lost(low)) low -= 1;
  if (low >= after) return arrivals.startMs(low);
  if (after === 0) return Math.floor(arrivals.clock.zeroMs);
  for (low = first - 1; low > after && !arrivals.isServed(low); ) low -= 1;
  return arrivals.startMs(low);
}

function describe(arrivals: ByStart, found: Found, facts: OutageFacts): FoundOutage {
  const { first, end } = found;
  const fromMs = arrivals.startMs(first);
  const fromLowMs = lastServedMs(arrivals, found);
  const fromHighMs = fromMs + CLOCK_MS + (Number.isFinite(facts.baseline.p999Ms) ? facts.baseline.p999Ms : 0);
  let success = first;
  while (success < arrivals.count && !arrivals.isServed(success)) success += 1;
  const sustained = end.kind === 'sustained' ? end.position : null;
  const sustainedMs = sustained === null ? null : arrivals.startMs(sustained);
  const openUntilMs = end.kind === 'sustained' ? sustainedMs! : end.openUntilMs;
  const gapMs = gapAt(arrivals, openUntilMs);
  return {
    population: arrivals.orders.kind,
    fromMs,
    fromLowMs,
    fromHighMs,
    firstSuccessMs: success < arrivals.count ? arrivals.startMs(success) : null,
    sustainedMs,
    region: sustained === null ? '' : whoAnswered(arrivals, sustained, facts),
    rtoLowMs: Math.max(0, openUntilMs - fromHighMs - gapMs),
    rtoHighMs: sustainedMs === null ? Infinity : sustainedMs + CLOCK_MS + gapMs - fromLowMs,
    openUntilMs,
  };
}

/** The mean time between two arrivals in the second before an instant: what lies between them is not seen. */
export function gapAt(arrivals: ByStart, ms: number): number {
  return 1000 / Math.max(1, arrivals.dueBefore(ms) - arrivals.dueBefore(ms - 1000));
}

/** The region of most answers in the window from a position on; empty where they do not say. */
function whoAnswered(arrivals: ByStart, from: number, facts: OutageFacts): string {
  const counts = new Map<number, number>();
  const untilMs = arrivals.startMs(from) + facts.rule.windowMs;
  for (let i = from; i < arrivals.count && arrivals.startMs(i) < untilMs; i++) {
    const seq = arrivals.seq(i);
    if (!arrivals.orders.isAcknowledged(seq)) continue;
    const region = arrivals.orders.region(seq);
    counts.set(region, (counts.get(region) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  return most === undefined ? '' : (facts.regions[most[0]] ?? '');
}

/**
 * Whether service fell below the rule in any second of a stretch, epoch ms: a degradation, which need not be an outage.
 */
export function isDegraded(
  arrivals: ByStart,
  fromMs: number,
  toMs: number,
  { rule, baseline }: Pick<OutageFacts, 'rule' | 'baseline'>,
): boolean {
  for (let ms = fromMs; ms + 1000 <= toMs; ms += 1000) {
    const found = learnBaseline(arrivals, ms, ms + 1000);
    const unserved = found.arrivals - found.served;
    if (unserved > 0 && found.served < rule.success * found.arrivals) return true;
    if (found.served > 0 && found.p95Ms > rule.latencyTimes * baseline.p95Ms) return true;
  }
  return false;
}
