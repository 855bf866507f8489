import type { Bin } from './bin.ts';
import type { LatencyHistogram } from './histogram.ts';
import type { PopulationTrack } from './population.ts';
import { Tally } from './tally.ts';

/**
 * The least deficit of a population over some bins, from `started` arrivals at their beginning on.
 * @param untilMs epoch ms beyond which nothing is known yet
 */
export function leastDeficit(
  track: PopulationTrack,
  population: number,
  bins: readonly Bin[],
  started: number,
  untilMs: number,
): number {
  let least = Number.POSITIVE_INFINITY;
  let sum = started;
  for (const bin of bins) {
    const starts = bin.starts?.[population];
    if (!starts) continue;
    const ms = Math.min(starts.length, Math.floor(untilMs) - bin.fromMs + 1);
    for (let i = 0; i < ms; i++) {
      sum += starts[i]!;
      const deficit = track.dueBy(bin.fromMs + i) - sum;
      if (deficit < least) least = deficit;
    }
  }
  return Math.max(0, least);
}

/**
 * How late the sends were that were due in a bin, wherever they started: the k-th smallest start against the k-th tick
 * of the plan, where nothing was dropped (what was dropped before shifts the ticks, and a gap in the numbers takes one).
 * By `seq` it would not do: numbers and starts swap places.
 * @param bins the bin, and those behind it
 * @param started arrivals before the bin, gaps included
 * @param dropped before the bin
 * @param limit numbers below it were due by the end of the bin
 */
export function recordLateness(
  track: PopulationTrack,
  population: number,
  bins: readonly Bin[],
  { started, dropped, limit }: { started: number; dropped: number; limit: number },
  into: LatencyHistogram,
): void {
  const first = bins[0]!.dueBefore[population]! - dropped;
  let number = started;
  for (const bin of bins) {
    const starts = bin.starts?.[population];
    if (!starts) continue;
    for (let i = 0; i < starts.length; i++) {
      for (let n = starts[i]!; n > 0; n--) {
        while (number < bin.highest[population]! && !track.seen.has(number)) number += 1;
        if (number >= limit) return;
        number += 1;
        if (number <= first) continue;
        const tickMs = track.zeroMs + track.ticks.timeOf(number + dropped);
        // The middle of the millisecond in which it started.
        into.record(Math.max(0, bin.fromMs + i + 0.5 - tickMs));
      }
    }
  }
}

/**
 * How late the sends of some bins are at p99, as far as it is known while they are open, ms; null where there was none.
 * @param open every open bin up to them
 * @param before arrivals started and dropped before the first open one, by population
 */
export function latenessSoFar(
  populations: readonly PopulationTrack[],
  open: readonly Bin[],
  bins: readonly Bin[],
  before: { started: readonly number[]; dropped: readonly number[] },
): number | null {
  const tally = new Tally(0);
  for (const [p, track] of populations.entries()) {
    let started = before.started[p]!;
    for (const bin of open) {
      const here = { started, dropped: before.dropped[p]!, limit: Number.POSITIVE_INFINITY };
      if (bins.includes(bin)) recordLateness(track, p, [bin], here, tally.late);
      started += bin.starts?.[p]?.reduce((sum, n) => sum + n, 0) ?? 0;
    }
  }
  return tally.lateP99Ms;
}
