import { whyWorthless } from './bite.ts';
import type { LedgerCounts } from './drill.ts';
import { type Audit, clock, type DrillFacts, decidingAudit, heldAt, judgedOutages } from './drill-facts.ts';
import { formatClaimed, formatCount, formatDuration } from './format.ts';
import type { HeldFault } from './held-fault.ts';
import { compare, type Finding, worst } from './judge.ts';
import type { ListingTime } from './ledger.ts';
import type { Claim } from './verdict.ts';

/** What was lost, in seconds and in orders. */
export interface Rpo {
  /** T_f's high minus the earliest lost acknowledgement; 0 where none was lost. */
  seconds: number;
  low: number;
  high: number;
  orders_low: number;
  orders_high: number;
}

/** When the region was lost: by its outage, or where there was none by its cut-over. */
function lossAt(facts: DrillFacts, { held, cutoverMs }: Audit): { lowMs: number; highMs: number } | null {
  const outage = judgedOutages(facts).find(({ fromHighMs }) => heldAt(facts, fromHighMs) === held);
  if (outage !== undefined) return { lowMs: outage.fromLowMs, highMs: outage.fromHighMs };
  return cutoverMs === null ? null : { lowMs: cutoverMs, highMs: cutoverMs };
}

/** The counts that RPO is judged by: at cut-over, or after heal where nobody had to take over. */
const judgedCounts = ({ ledger }: Audit): LedgerCounts | null => ledger.cutover ?? ledger.healed;

/**
 * Measures what the worst of the losses cost, seconds and orders each by itself; null where no listing says what was
 * stored. Seconds are never scaled. What is lost between two orders is not seen: the high end is at least the arrival
 * gap. An order without a line, of which the listing has none either, may have been acknowledged and lost: the high end
 * reaches back to it.
 */
export function measureRpo(facts: DrillFacts): Rpo | null {
  const costs = facts.audits.flatMap((audit) => measureLoss(facts, audit) ?? []);
  if (costs.length === 0) return null;
  const most = (key: keyof Rpo): number => Math.max(...costs.map((cost) => cost[key]));
  return {
    seconds: most('seconds'),
    low: most('low'),
    high: most('high'),
    orders_low: most('orders_low'),
    orders_high: most('orders_high'),
  };
}

function measureLoss(facts: DrillFacts, audit: Audit): Rpo | null {
  const counts = judgedCounts(audit);
  if (counts === null) return null;
  const orders = { orders_low: counts.lost_acked, orders_high: counts.lost_acked + counts.unknown_absent };
  const loss = lossAt(facts, audit);
  const { earliestLostMs, earliestUnwrittenMs } = audit.ledger;
  const since = (ms: number | null, from: number | undefined): number =>
    ms === null || from === undefined ? 0 : Math.max(0, from - ms) / 1000;
  const seconds = since(earliestLostMs, loss?.highMs);
  return {
    seconds,
    low: since(earliestLostMs, loss?.lowMs),
    high: Math.max(seconds, since(earliestUnwrittenMs, loss?.highMs), facts.gapMs / 1000),
    ...orders,
  };
}

/** Judges `rpo.seconds`. */
export function judgeRpoSeconds(claim: Claim, facts: DrillFacts): Finding {
  return judge(claim, facts, (rpo) => ({ measured: rpo.seconds, low: rpo.low, high: rpo.high }));
}

/** Judges `rpo.orders`: unknown orders that are not stored may or may not have been lost. */
export function judgeRpoOrders(claim: Claim, facts: DrillFacts): Finding {
  return judge(claim, facts, (rpo) => ({
    measured: rpo.orders_low,
    low: rpo.orders_low,
    high: rpo.orders_high,
  }));
}

type Interval = Pick<Finding, 'measured' | 'low' | 'high'>;

function judge(claim: Claim, facts: DrillFacts, of: (rpo: Rpo) => Interval): Finding {
  const rpo = measureRpo(facts);
  const doubt = whyWorthless(facts) || unlisted(facts);
  if (rpo === null)
    return { measured: NaN, low: NaN, high: NaN, verdict: 'INCONCLUSIVE', reason: doubt || NO_LISTING };
  const interval = of(rpo);
  if (doubt !== '') return { ...interval, verdict: 'INCONCLUSIVE', reason: doubt };
  const verdict = compare(claim, interval);
  const told = worstAudit(claim, facts, of);
  return { ...interval, verdict, reason: sentence(claim, facts, told, verdict !== 'PASS') };
}

/** The audit that decides a claim: of those with the worst verdict, the loss that cost most, or may have. */
function worstAudit(claim: Claim, facts: DrillFacts, of: (rpo: Rpo) => Interval): Audit {
  const cost = (audit: Audit): Interval => of(measureLoss(facts, audit)!);
  const verdict = worst(facts.audits.map((audit) => compare(claim, cost(audit))));
  return facts.audits
    .filter((audit) => compare(claim, cost(audit)) === verdict)
    .reduce((a, b) => (isWorse(cost(b), cost(a)) ? b : a));
}

const isWorse = (b: Interval, a: Interval): boolean =>
  b.measured > a.measured || (b.measured === a.measured && b.high > a.high);

const NO_LISTING = 'no listing of stored keys was read: what was lost is not known';

function sentence(claim: Claim, facts: DrillFacts, audit: Audit, tellClaim: boolean): string {
  const claimed = tellClaim ? `, claimed ${formatClaimed(claim.op, claim.claimed, claim.unit)}` : '';
  const counts = judgedCounts(audit)!;
  const unknown = counts.unknown_absent + counts.unknown_present;
  const unsure =
    unknown === 0 ? '' : `, ${formatCount(unknown)} unknown (${formatCount(counts.unknown_present)} present)`;
  if (counts.lost_acked > 0) {
    const from = clock(facts, audit.ledger.earliestLostMs!);
    return `${formatCount(counts.lost_acked)} acknowledged orders lost, the earliest of ${from}${unsure}${claimed}`;
  }
  const unseen = `a loss of less than ${formatDuration(facts.gapMs)}, the gap between two orders, could not be seen`;
  return `no acknowledged order was lost${unsure}${claimed}; ${unseen}`;
}

/** Why the listings say nothing of what was lost; empty where they do. */
function unlisted(facts: DrillFacts): string {
  return facts.audits.map((audit) => unlistedLoss(facts, audit)).find((why) => why !== '') ?? '';
}

function unlistedLoss(facts: DrillFacts, audit: Audit): string {
  const { held, ledger } = audit;
  const counts = judgedCounts(audit);
  // Where nothing is declared lost, nobody lists at cut-over: what is there in the end decides.
  const at = facts.record.losses.length > 0 ? 'cutover' : 'healed';
  const why =
    at === 'cutover'
      ? unreadListing(facts, at, held.survivor) || lateListing(facts, held)
      : unreadListing(facts, at, null);
  if (counts === null || why !== '') return why || NO_LISTING;
  if (counts.acknowledged === 0)
    return `no order says that ${held.region} acknowledged it: nothing could be seen lost`;
  return ledger[at] === null ? NO_LISTING : '';
}

/** Why the listings of a time say nothing: cut short, torn, never the same twice. A null region is every one. */
function unreadListing(facts: DrillFacts, at: ListingTime, region: string | null): string {
  const reads = facts.events.flatMap((event) =>
    event.kind === 'listing.read' && event.at === at && (region ?? event.region) === event.region
      ? [event]
      : [],
  );
  if (reads.length === 0)
    return `no listing of stored keys was read at ${WHEN[at]}: what was lost is not known`;
  for (const read of reads) {
    if (!read.complete) return failure(read);
    const lines = facts.listed(at, read.region);
    if (lines !== null && lines < read.keys)
      return `${read.file} has ${formatCount(lines)} whole lines of ${formatCount(read.keys)}`;
  }
  const torn = Math.max(...facts.audits.map(({ ledger }) => ledger.torn));
  return torn > 0 ? `${formatCount(torn)} lines of the listings were torn` : '';
}

/** A region that is back hands over what it had kept: what is listed then was not there at cut-over. */
function lateListing(facts: DrillFacts, { region, survivor, untilMs }: HeldFault): string {
  const late = facts.events.find(
    (event) =>
      event.kind === 'listing.read' &&
      event.at === 'cutover' &&
      event.region === survivor &&
      event.t > untilMs,
  );
  if (late === undefined) return '';
  return (
    `the listing of ${survivor} at cut-over was read at ${clock(facts, late.t)}, after ${region}'s fault had ended at ` +
    `${clock(facts, untilMs)}: what was there at cut-over is not known`
  );
}

const WHEN = { cutover: 'cut-over', healed: 'heal' } as const;

function failure({ region, at, cause }: { region: string; at: 'cutover' | 'healed'; cause: string }): string {
  return `the listing of ${region} at ${WHEN[at]} is not whole: ${cause || 'two reads never agreed'}`;
}

/** Judges `duplicated`: after heal, over all regions. */
export function judgeDuplicated(claim: Claim, facts: DrillFacts): Finding {
  const { healed } = decidingAudit(facts).ledger;
  const nothing = { measured: NaN, low: NaN, high: NaN };
  if (healed === null)
    return { ...nothing, verdict: 'INCONCLUSIVE', reason: 'no listing of stored keys was read after heal' };
  const count = healed.duplicated;
  const interval = { measured: count, low: count, high: count };
  const doubt = whyWorthless(facts) || unreadListing(facts, 'healed', null);
  const verdict = compare(claim, interval);
  // What a part of a listing has twice is twice in the whole of it.
  if (doubt !== '' && !(verdict === 'FAIL' && whyWorthless(facts) === ''))
    return { ...interval, verdict: 'INCONCLUSIVE', reason: doubt };
  if (verdict === 'PASS') return { ...interval, verdict, reason: '' };
  const claimed = formatClaimed(claim.op, claim.claimed, claim.unit);
  return {
    ...interval,
    verdict,
    reason: `${formatCount(count)} orders were stored twice, claimed ${claimed}`,
  };
}
