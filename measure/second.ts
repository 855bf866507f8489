import type { Second } from './events.ts';
import { LatencyHistogram, quantile } from './histogram.ts';
import type { OpenSecond } from './seconds.ts';
import { Tally } from './tally.ts';
import { ORDER_COUNTS, ordersOf } from './verdict.ts';

const COUNTS = [...ORDER_COUNTS, 'value'] as const;

const finite = (ms: number | undefined): number | null =>
  ms === undefined || !Number.isFinite(ms) ? null : ms;

const byName = <K>(counts: Map<K, number>, name: (key: K) => string): Record<string, number> =>
  Object.fromEntries(
    [...counts].map(([key, n]) => [name(key), n] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** A second with nothing in it. */
export function emptySecond(): Second {
  return {
    index: 0,
    startMs: 0,
    planned: 0,
    started: 0,
    acknowledged: 0,
    refused: 0,
    unsent: 0,
    unknown: 0,
    dropped: 0,
    inFlight: 0,
    value: 0,
    operations: {},
    p50Ms: null,
    p95Ms: null,
    p99Ms: null,
    maxMs: null,
    lateP99Ms: 0,
    errors: {},
    regions: {},
    latency: '',
  };
}

/**
 * The event of one second, out of its bins.
 * @param operations names by index
 * @param main index of the operation whose latencies are told
 * @param regions names by the decoder's index
 * @param inFlight arrivals under way at its end
 */
export function renderSecond(
  open: OpenSecond,
  operations: readonly string[],
  main: number,
  regions: readonly string[],
  inFlight: number,
): Second {
  const tally = new Tally(0);
  const late = new LatencyHistogram();
  const served = new LatencyHistogram();
  let infinite = 0;
  for (const bin of open.bins) {
    tally.addCounts(bin.tally);
    // Until the end has settled them, gaps and drops are as seen by now.
    tally.unknown += bin.gaps;
    tally.dropped += bin.dropped;
    late.add(bin.tally.late);
    served.add(bin.tally.operations[main]!.served);
    infinite += bin.tally.infinite(main, main) + bin.gaps + bin.dropped;
  }
  const percentile = (q: number): number | null => finite(quantile(served, infinite, q)?.value);
  return {
    ...emptySecond(),
    index: open.index,
    startMs: Math.round(open.fromMs),
    ...ordersOf(tally),
    inFlight,
    value: tally.value,
    operations: Object.fromEntries(operations.map((name, i) => [name, operationIn(open, i)])),
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
    maxMs: percentile(1),
    lateP99Ms: late.count === 0 ? 0 : late.atRank(Math.ceil(late.count * 0.99)),
    errors: byName(open.errors, (label) => label),
    regions: byName(open.regions, (index) => regions[index] || '-'),
    latency: served.encode(),
  };
}

function operationIn({ bins }: OpenSecond, operation: number): Second['operations'][string] {
  const sum = { acknowledged: 0, failed: 0 };
  for (const bin of bins) {
    sum.acknowledged += bin.tally.operations[operation]!.served.count;
    sum.failed += bin.tally.operations[operation]!.failed;
  }
  return sum;
}

/** Takes the counts of `second` off `rest`. */
export function subtractCounts(rest: Second, second: Second): void {
  for (const count of COUNTS) rest[count] -= second[count];
}

/** Adds the counts of `rest` to what `total` says, as the counts of `second`. */
export function setCounts(second: Second, total: Tally, rest: Second): void {
  for (const count of COUNTS) second[count] = total[count] + rest[count];
}
