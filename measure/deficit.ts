import type { Bin } from './bin.ts';
import type { LatencyHistogram } from './histogram.ts';
import type { PopulationTrack } from './population.ts';

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
 * How late the sends of a bin were: its k-th smallest start against the k-th tick of the plan, where nothing was
 * dropped (what was dropped before shifts the ticks, and a gap in the numbers takes one). By `seq` it would not do:
 * numbers and starts swap places.
 * @param started arrivals before this bin, gaps included
 * @param dropped before this bin
 */
export function recordLateness(
  track: PopulationTrack,
  population: number,
  bin: Bin,
  { started, dropped }: { started: number; dropped: number },
  into: LatencyHistogram,
): void {
  const starts = bin.starts?.[population];
  if (!starts) return;
  let number = started;
  for (let i = 0; i < starts.length; i++) {
    for (let n = starts[i]!; n > 0; n--) {
      while (number < bin.highest[population]! && !track.seen.has(number)) number += 1;
      number += 1;
      const tickMs = track.zeroMs + track.ticks.timeOf(number + dropped);
      // The middle of the millisecond in which it started.
      into.record(Math.max(0, bin.fromMs + i + 0.5 - tickMs));
    }
  }
}
