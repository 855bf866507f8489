import { type ClaimId, type DrillClaimKind, isDrillClaim, parseClaimId } from './claims.ts';
import {
  formatClaimed,
  formatClaimValue,
  formatClock,
  formatCount,
  formatDuration,
  formatMs,
  formatNumber,
} from './format.ts';
import { quantile } from './histogram.ts';
import type { Tally } from './tally.ts';
import type { Claim, ClaimOperator, JudgedClaim, VerdictWord } from './verdict.ts';
import { VERDICTS } from './verdict.ts';

/** Claims cannot be judged on a window of which more than this share is the generator's. */
const MOST_BLAMED = 0.5;

/** What a claim is judged on: a stretch of the run. */
export interface Stretch {
  /** Everything in it. */
  all: Tally;
  /** The same without the seconds that are the generator's fault; the same object where there are none. */
  clean: Tally;
  /** On the run's clock, ms. */
  fromMs: number;
  toMs: number;
}

/** What stood in the way of judging, whatever the numbers say. */
export interface Doubt {
  /** Why nothing may PASS: the generator died, evidence is missing. Empty: nothing. */
  cause: string;
  /** The run was stopped: every claim is ABORTED. */
  aborted: boolean;
  /** Not even a FAIL means anything: what was measured was no longer there. */
  isVoid?: boolean;
}

export interface JudgeInput {
  claims: readonly Claim[];
  operations: readonly string[];
  /** Index of the operation that claims without a name speak of. */
  main: number;
  window: Stretch;
  /** Every stretch of `windowMs` inside the window, in order; each is good until the next is asked for. */
  stretches: (windowMs: number) => Iterable<Stretch>;
  /** The limit of p99 lateness: beyond it, latencies are the generator's. */
  lateLimitMs: number | null;
  /** What the generator lacked, for the sentence: "the machine had no CPU left (98 %)". */
  bottleneck: string;
  doubt: Doubt;
  /** What a drill found of its own claims; null where the run was none. */
  drill?: DrillFindings | null;
}

/** A claim's answer before the run's own troubles are held against it. */
export interface Finding extends Interval {
  verdict: VerdictWord;
  reason: string;
}

export type DrillFindings = (kind: DrillClaimKind, claim: Claim) => Finding;

interface Interval {
  measured: number;
  low: number;
  high: number;
}

interface Judged extends Finding {
  stretch: Pick<Stretch, 'fromMs' | 'toMs'>;
}

/** Whether `value op claimed` holds. */
function holds(op: ClaimOperator, value: number, claimed: number): boolean {
  switch (op) {
    case '<':
      return value < claimed;
    case '<=':
      return value <= claimed;
    case '>':
      return value > claimed;
    case '>=':
      return value >= claimed;
  }
}

/** The worst of some verdicts; PASS when there are none. */
export function worst(verdicts: readonly VerdictWord[]): VerdictWord {
  return VERDICTS[Math.max(0, ...verdicts.map((verdict) => VERDICTS.indexOf(verdict)))]!;
}

/**
 * Judges every claim. PASS when all of [low, high] holds, FAIL when none of it does, INCONCLUSIVE between; and
 * INCONCLUSIVE when it leans on seconds that are the generator's fault: when the verdict with and without them differs,
 * or when they are most of the window.
 */
export function judge(input: JudgeInput): JudgedClaim[] {
  return input.claims.map((claim) => judgeClaim(claim, input));
}

function judgeClaim(claim: Claim, input: JudgeInput): JudgedClaim {
  const id = parseClaimId(claim.id);
  if (id === null)
    return unmeasured(claim, 'INCONCLUSIVE', `${claim.id} is no claim that this version can measure`);
  if (isDrillClaim(id)) return judgeOfDrill(claim, id.kind, input);
  const judged: Judged[] = [];
  for (const stretch of id.windowMs === null ? [input.window] : input.stretches(id.windowMs)) {
    const one = judgeStretch(claim, id, stretch, input);
    if (one !== null) judged.push(one);
  }
  if (judged.length === 0) {
    const verdict = input.doubt.aborted ? 'ABORTED' : 'INCONCLUSIVE';
    return unmeasured(claim, verdict, nothingMeasured(id, input));
  }
  const verdict = worst(judged.map((one) => one.verdict));
  const worstOne = judged
    .filter((one) => one.verdict === verdict)
    .reduce((a, b) => (isWorse(claim, b, a) ? b : a));
  return doubted(claim, worstOne, input, id.windowMs !== null);
}

function judgeOfDrill(claim: Claim, kind: DrillClaimKind, input: JudgeInput): JudgedClaim {
  if (!input.drill) {
    const reason = input.doubt.cause || `${claim.id} is measured in a drill, and this run is none`;
    return unmeasured(claim, input.doubt.aborted ? 'ABORTED' : 'INCONCLUSIVE', reason);
  }
  const found = { ...input.drill(kind, claim), stretch: input.window };
  const judged = doubted(claim, found, input, false);
  return Number.isNaN(found.measured) ? unmeasured(claim, judged.verdict, judged.reason) : judged;
}

const isWorse = (claim: Claim, a: Interval, b: Interval): boolean =>
  claim.op === '<' || claim.op === '<=' ? a.measured > b.measured : a.measured < b.measured;

function judgeStretch(claim: Claim, id: ClaimId, found: Stretch, input: JudgeInput): Judged | null {
  const { all, clean: cleanTally, ...stretch } = found;
  const interval = measure(id, all, input);
  if (interval === null) return null;
  const verdict = compare(claim, interval);
  const reason = verdict === 'PASS' ? '' : explain(claim, interval, all, verdict);
  const blamedMs = all.durationMs - cleanTally.durationMs;
  const isLate = id.kind === 'latency' && isLateIn(all, input);
  if (blamedMs === 0 && !isLate) return { ...interval, verdict, reason, stretch };
  const mostly = blamedMs > MOST_BLAMED * all.durationMs;
  const clean = mostly ? null : measure(id, cleanTally, input);
  const same = clean !== null && compare(claim, clean) === verdict;
  // Late sends hide what a latency was, but they do not lose an order: what fails without them too has failed.
  if (same && (!isLate || verdict === 'FAIL')) return { ...interval, verdict, reason, stretch };
  const why = isLate ? lateSentence(all, input) : blameSentence(blamedMs, all, input);
  const differs =
    isLate || mostly ? '' : `; the verdict would be ${clean ? compare(claim, clean) : 'open'} without them`;
  return { ...interval, verdict: 'INCONCLUSIVE', reason: `${why}${differs}`, stretch };
}

function isLateIn({ lateP99Ms }: Tally, { lateLimitMs }: JudgeInput): boolean {
  return lateP99Ms !== null && lateLimitMs !== null && lateP99Ms > lateLimitMs;
}

/** One claim's value over one stretch; null when there was nothing to measure it on. */
function measure(id: ClaimId, tally: Tally, input: JudgeInput): Interval | null {
  if (tally.planned === 0) return null;
  const seconds = tally.durationMs / 1000;
  // Planned and in no count: the generator was later than the evidence can tell apart from a drop.
  const unwritten = tally.unwritten + Math.max(0, tally.planned - tally.started - tally.dropped);
  switch (id.kind) {
    case 'throughput': {
      const measured = tally.acknowledged / seconds;
      return { measured, low: measured, high: (tally.acknowledged + unwritten) / seconds };
    }
    case 'errors': {
      if (tally.started === 0) return null;
      const failed = tally.refused + tally.unsent + tally.unknown;
      const measured = failed / tally.started;
      return { measured, low: (failed - tally.unwritten) / tally.started, high: measured };
    }
    case 'availability': {
      const share = (served: number): number => Math.min(1, served / tally.planned);
      const measured = share(tally.acknowledged);
      return { measured, low: measured, high: share(tally.acknowledged + unwritten) };
    }
    case 'latency': {
      const op = id.operation === null ? input.main : input.operations.indexOf(id.operation);
      const operation = tally.operations[op];
      if (!operation) return null;
      const infinite = tally.infinite(op, input.main);
      if (operation.served.count + infinite === 0) return null;
      const found = quantile(operation.served, infinite, id.quantile, unwritten);
      return found && { measured: found.value, low: found.low, high: found.high };
    }
    default:
      return null;
  }
}

/** PASS when all of [low, high] holds, FAIL when none of it does. */
export function compare(claim: Claim, { low, high }: Pick<Interval, 'low' | 'high'>): VerdictWord {
  const atLow = holds(claim.op, low, claim.claimed);
  const atHigh = holds(claim.op, high, claim.claimed);
  if (atLow && atHigh) return 'PASS';
  return atLow || atHigh ? 'INCONCLUSIVE' : 'FAIL';
}

/** The run's own troubles weigh more than the numbers: nothing passes that rests on a broken run. */
function doubted(claim: Claim, one: Judged, input: JudgeInput, windowed: boolean): JudgedClaim {
  const { doubt } = input;
  const at = windowed && one.verdict !== 'PASS' ? ` at ${span(one.stretch)}` : '';
  let { verdict } = one;
  let reason = one.reason === '' ? '' : `${one.reason}${at}`;
  if (doubt.aborted) {
    verdict = 'ABORTED';
    reason = doubt.cause;
  } else if (doubt.cause !== '' && (verdict !== 'FAIL' || doubt.isVoid === true)) {
    verdict = 'INCONCLUSIVE';
    reason = doubt.cause;
  }
  if (one.measured === Infinity && reason === '') reason = INFINITE_REASON;
  return {
    ...claim,
    measured: finite(one.measured),
    low: finite(one.low),
    high: finite(one.high),
    verdict,
    reason,
  };
}

const INFINITE_REASON = 'too many arrivals were not served for this percentile to be finite';

const finite = (value: number): number | null => (Number.isFinite(value) ? round(value) : null);

/** Nine digits: more than any of this knows, and free of floating-point dust. */
const round = (value: number): number => Number(value.toPrecision(9));

function unmeasured(claim: Claim, verdict: VerdictWord, reason: string): JudgedClaim {
  return { ...claim, measured: null, low: null, high: null, verdict, reason };
}

function nothingMeasured(id: ClaimId, input: JudgeInput): string {
  if (input.doubt.cause !== '') return input.doubt.cause;
  if (id.windowMs !== null && [...input.stretches(id.windowMs)].length === 0)
    return `the window has no whole stretch of ${formatDuration(id.windowMs)}`;
  if (id.kind === 'latency' && id.operation !== null) return `no ${id.operation} was sent in the window`;
  return 'nothing was measured in the window';
}

const span = ({ fromMs, toMs }: Pick<Stretch, 'fromMs' | 'toMs'>): string =>
  `${formatClock(fromMs)}-${formatClock(toMs)}`;

function explain(claim: Claim, interval: Interval, all: Tally, verdict: VerdictWord): string {
  const claimed = `claimed ${formatClaimed(claim.op, claim.claimed, claim.unit)}`;
  const found = formatClaimValue(claim.unit, finite(interval.measured));
  const lost = all.unserved;
  const unserved =
    lost === 0 ? '' : `; ${formatCount(lost)} of ${formatCount(all.planned)} arrivals unserved`;
  const dropped = all.dropped === 0 ? '' : ` (${formatCount(all.dropped)} dropped)`;
  if (verdict === 'FAIL') return `${claim.title} ${found}, ${claimed}${unserved}${dropped}`;
  const low = formatClaimValue(claim.unit, finite(interval.low));
  const high = formatClaimValue(claim.unit, finite(interval.high));
  const why =
    all.unwritten > 0
      ? `the fate of ${formatCount(all.unwritten)} arrivals was not written`
      : 'the error bar crosses the claim: run longer';
  return `${claim.title} lies between ${low} and ${high}, ${claimed}; ${why}`;
}

function lateSentence(all: Tally, input: JudgeInput): string {
  return (
    `the generator was late by ${formatMs(all.lateP99Ms)} at p99, its limit is ${formatMs(input.lateLimitMs)}: ` +
    `${input.bottleneck}; lower the rate or use a bigger machine`
  );
}

function blameSentence(blamedMs: number, all: Tally, input: JudgeInput): string {
  const share = `${formatNumber(blamedMs / 1000)} of ${formatNumber(all.durationMs / 1000)} s`;
  return `the generator could not keep up in ${share}: ${input.bottleneck}; lower the rate or use a bigger machine`;
}
