import { LatencyHistogram } from './histogram.ts';
import type { OpenSecond } from './seconds.ts';
import { Tally } from './tally.ts';

/**
 * Tallies of `length` whole seconds that slide over a run, latencies included: each second is added once and taken off
 * once, so that an hour of stretches costs no more than the hour.
 * @param seconds closed ones, with their latencies kept
 * @param counts which of them are taken
 * @returns the tally from a second on; ask for ascending ones, and keep none: it is the same object each time
 */
export function sliding(
  seconds: readonly OpenSecond[],
  operations: number,
  length: number,
  counts: (second: OpenSecond) => boolean = () => true,
): (from: number) => Tally {
  const sum = new Tally(operations);
  const inside: { index: number; tally: Tally | null }[] = [];
  let next = 0;
  return (from) => {
    next = Math.max(next, from);
    for (; next < from + length; next++) {
      const second = seconds[next]!;
      const tally = counts(second) ? whole(second, operations) : null;
      if (tally !== null) sum.add(tally);
      inside.push({ index: next, tally });
    }
    while (inside.length > 0 && inside[0]!.index < from) {
      const { tally } = inside.shift()!;
      if (tally !== null) sum.less(tally);
    }
    return sum;
  };
}

function whole(second: OpenSecond, operations: number): Tally {
  const tally = new Tally(operations);
  for (const bin of second.bins) tally.add(bin.tally);
  for (const [i, encoded] of second.kept.entries())
    tally.operations[i]!.served.add(LatencyHistogram.decode(encoded));
  if (second.keptLate !== '') tally.late.add(LatencyHistogram.decode(second.keptLate));
  return tally;
}
