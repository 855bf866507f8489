import { whyWorthless } from './bite.ts';
import { endedWithFault, findCause, standbyStrength } from './drill-cause.ts';
import {
  clock,
  type DrillFacts,
  heldAt,
  judgedBaselines,
  judgedOutages,
  lengthOf,
  longestOutage,
} from './drill-facts.ts';
import { formatClaimed, formatCount, formatDuration } from './format.ts';
import type { HeldFault } from './held-fault.ts';
import { compare, type Finding, worst } from './judge.ts';
import type { FoundOutage } from './outage.ts';
import type { Claim, VerdictWord } from './verdict.ts';

/** One outage's answer to the claim. */
interface Answer {
  verdict: VerdictWord;
  reason: string;
}

/**
 * Judges how long service was away: the longest outage of fresh clients is measured, the worst answer decides. An outage
 * still open when the claim had elapsed while its fault held is a FAIL, whatever ends it later; one that ended because the
 * fault did, or whose end has no proved cause, is INCONCLUSIVE.
 */
export function judgeRto(claim: Claim, facts: DrillFacts): Finding {
  const worthless = whyWorthless(facts);
  const outages = judgedOutages(facts);
  const longest = longestOutage(facts);
  if (longest === null) {
    const unseenMs = longestUnseenMs(facts);
    const none = { measured: 0, low: 0, high: unseenMs / 1000 };
    if (worthless !== '') return { ...none, measured: NaN, verdict: 'INCONCLUSIVE', reason: worthless };
    const verdict = compare(claim, none);
    const claimed =
      verdict === 'PASS' ? '' : `, claimed ${formatClaimed(claim.op, claim.claimed, claim.unit)}`;
    const unseen = `one of less than ${formatDuration(unseenMs)} could not be seen${claimed}`;
    return { ...none, verdict, reason: `no outage was found; ${unseen}` };
  }
  const interval = {
    measured: lengthOf(longest) / 1000,
    low: longest.rtoLowMs / 1000,
    high: longest.rtoHighMs / 1000,
  };
  if (worthless !== '') return { ...interval, verdict: 'INCONCLUSIVE', reason: worthless };
  const answers = outages.map((outage) => answer(claim, facts, outage));
  const verdict = worst(answers.map((one) => one.verdict));
  const { reason } = answers.find((one) => one.verdict === verdict)!;
  return {
    ...interval,
    verdict,
    reason: outages.length > 1 ? `${reason}; ${others(facts, outages)}` : reason,
  };
}

/**
 * How long an outage may be that is not found: the orders that the rule forgives in a second, one at least, and the time
 * to the next order. By the judged population of the fewest orders, ms.
 */
function longestUnseenMs(facts: DrillFacts): number {
  const { baseline, sustained } = facts.record;
  const forgivenMs = (1 - sustained.success) * 1000;
  const gapsMs = judgedBaselines(facts).map(({ due }) => (baseline.toMs - baseline.fromMs) / due);
  return Math.max(...gapsMs.map((gapMs) => Math.max(forgivenMs, gapMs) + gapMs));
}

const others = (facts: DrillFacts, outages: readonly FoundOutage[]): string =>
  `${formatCount(outages.length)} outages, at ${outages.map(({ fromMs }) => clock(facts, fromMs)).join(', ')}`;

function answer(claim: Claim, facts: DrillFacts, outage: FoundOutage): Answer {
  const held = heldAt(facts, outage.fromHighMs);
  const underFault = held !== null && outage.fromMs < held.untilMs;
  const claimed = `claimed ${formatClaimed(claim.op, claim.claimed, claim.unit)}`;
  const untilMs = underFault ? Math.min(outage.openUntilMs, held.untilMs) : outage.openUntilMs;
  const openForMs = Math.min(outage.rtoLowMs, untilMs - outage.fromHighMs);
  const fails = (ms: number): boolean => compare(claim, { low: ms / 1000, high: Infinity }) === 'FAIL';
  if (fails(openForMs)) {
    const reason = `${tooLong(facts, outage, underFault ? held : null)}, ${claimed}`;
    if (fails(Math.min(openForMs, blamelessMs(facts, outage, untilMs)))) return { verdict: 'FAIL', reason };
    return {
      verdict: 'INCONCLUSIVE',
      reason: `${reason}; ${blamedWithin(facts, outage.fromLowMs, untilMs)}`,
    };
  }
  const doubt =
    (underFault ? doubtOf(facts, outage, held) : unsustained(facts, outage)) || blamedOnset(facts, outage);
  if (doubt !== '') return { verdict: 'INCONCLUSIVE', reason: doubt };
  const verdict = compare(claim, { low: outage.rtoLowMs / 1000, high: outage.rtoHighMs / 1000 });
  if (verdict === 'PASS') return { verdict, reason: course(outage) };
  return { verdict, reason: `${course(outage)}, ${claimed}; the error bar crosses the claim` };
}

/**
 * The longest stretch of an outage that is not the generator's doing: what it drops is unserved, and keeps service from
 * being sustained at any order up to a window before.
 */
function blamelessMs({ blamed, record }: DrillFacts, outage: FoundOutage, untilMs: number): number {
  let from = outage.fromHighMs;
  let longest = 0;
  for (const { fromMs, toMs } of blamed) {
    longest = Math.max(longest, Math.min(fromMs - record.sustained.windowMs, untilMs) - from);
    from = Math.max(from, toMs);
  }
  return Math.max(longest, untilMs - from);
}

/** Says where the generator may have made the outage begin; what it adds later makes it longer, and a PASS stays one. */
function blamedOnset(facts: DrillFacts, { fromMs, fromLowMs, fromHighMs }: FoundOutage): string {
  if (!facts.blamed.some((bin) => bin.fromMs < fromHighMs && bin.toMs > fromLowMs)) return '';
  const began = `when the outage of ${clock(facts, fromMs)} began`;
  return blamedWithin(facts, fromLowMs, fromHighMs, `, ${began}`);
}

function blamedWithin(facts: DrillFacts, fromMs: number, toMs: number, when = ''): string {
  const bins = facts.blamed.filter(
    (bin) => bin.fromMs < toMs + facts.record.sustained.windowMs && bin.toMs > fromMs,
  );
  const at = bins.map((bin) => `${clock(facts, bin.fromMs)}-${clock(facts, bin.toMs)}`).slice(0, 3);
  const more = bins.length > at.length ? ' and later' : '';
  return `the generator could not keep up at ${at.join(', ')}${more}${when}; lower the rate or use a bigger machine`;
}

/** From the first unserved order on. */
function course({ fromMs, firstSuccessMs, sustainedMs }: FoundOutage): string {
  const first = formatDuration(firstSuccessMs! - fromMs);
  return `first success after ${first}, sustained after ${formatDuration(sustainedMs! - fromMs)}`;
}

function tooLong(facts: DrillFacts, outage: FoundOutage, held: HeldFault | null): string {
  const { fromMs, sustainedMs, openUntilMs } = outage;
  const from = `the outage of ${clock(facts, fromMs)}`;
  if (held !== null && openUntilMs >= held.untilMs)
    return `${from} was still open after ${formatDuration(held.untilMs - fromMs)}, when ${held.region}'s fault ended`;
  if (sustainedMs === null) return `${from} was still open after ${formatDuration(openUntilMs - fromMs)}`;
  return `${from} took ${formatDuration(sustainedMs - fromMs)}`;
}

/** Why an outage's end proves nothing of the failover; empty where it does. */
function doubtOf(facts: DrillFacts, outage: FoundOutage, held: HeldFault): string {
  if (outage.openUntilMs >= held.untilMs) return endedWithFault(facts, held);
  const open = unsustained(facts, outage);
  if (open !== '') return open;
  const cause = findCause(facts, outage);
  if (!cause.proved) return `the cause is not proved: ${cause.sentence}`;
  return standbyStrength(facts, held) || unwrittenAround(facts, outage);
}

function unsustained(facts: DrillFacts, outage: FoundOutage): string {
  if (outage.sustainedMs !== null) return unwrittenAround(facts, outage);
  const window = formatDuration(facts.record.sustained.windowMs);
  return (
    `the outage of ${clock(facts, outage.fromMs)} was open until ${clock(facts, outage.openUntilMs)} at least, and ` +
    `the run ended before ${window} of service were seen: run longer`
  );
}

/** Orders without a line count as unserved; near an outage they may be what makes it long or short. */
function unwrittenAround({ unwritten, record }: DrillFacts, outage: FoundOutage): string {
  const from = outage.fromLowMs - 1000;
  const to = outage.openUntilMs + record.sustained.windowMs;
  const near = unwritten.startsMs.filter((ms) => ms >= from && ms <= to).length;
  return near === 0 ? '' : `the fate of ${formatCount(near)} orders around the outage was not written`;
}
