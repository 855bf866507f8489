import type { Booking } from './booking.ts';
import { LatencyHistogram } from './histogram.ts';
import { Tally } from './tally.ts';

/**
 * Whose fault a stretch is: nobody's, or the generator's because its sends were late, it had no CPU left, or it had too
 * few clients for answers that came in time.
 */
export type Blame = 'none' | 'late' | 'starved' | 'clients';

const RELEASED = new LatencyHistogram();

/**
 * A stretch of the run between two edges: a second of the run's clock, or a part of one where the measured window begins
 * or ends inside it, so that every window is a union of bins.
 */
export class Bin {
  /** On the run's clock, ms. */
  readonly from: number;
  readonly to: number;
  /** The whole epoch milliseconds that belong to it: [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly inWindow: boolean;
  /** Counts for good; latencies until it closes. */
  readonly tally: Tally;
  blame: Blame = 'none';
  /** Arrivals by population and millisecond, until the bin closes. */
  starts: Int32Array[] | null;
  /** By population, once closed: the least deficit at any millisecond. */
  readonly leastDeficit: number[];
  /** By population: the highest number that had started by its end. */
  readonly highest: number[];
  /** By population: ticks due before it began. */
  readonly dueBefore: readonly number[];
  /** Arrivals that started in it and may have been due before it: the bin that they belong to takes them. */
  suspects: Booking[] = [];
  /** Gaps in the numbers as seen when it closed. */
  gaps = 0;
  /** Drops as seen when it closed: the growth of the least deficit. */
  dropped = 0;

  constructor(
    clock: { from: number; to: number; zeroMs: number },
    inWindow: boolean,
    dueBefore: readonly number[],
    operations: number,
  ) {
    const populations = dueBefore.length;
    this.dueBefore = dueBefore;
    this.from = clock.from;
    this.to = clock.to;
    // A start is written in whole ms, cut off: its middle decides.
    this.fromMs = Math.ceil(clock.zeroMs + clock.from - 0.5);
    this.toMs = Math.ceil(clock.zeroMs + clock.to - 0.5);
    this.inWindow = inWindow;
    this.tally = new Tally(operations);
    this.tally.durationMs = clock.to - clock.from;
    this.starts = Array.from(
      { length: populations },
      () => new Int32Array(Math.max(1, this.toMs - this.fromMs)),
    );
    this.leastDeficit = Array.from({ length: populations }, () => 0);
    this.highest = Array.from({ length: populations }, () => -1);
  }

  /** Arrivals that started in it, until it is released. */
  get started(): number {
    return this.starts?.reduce((sum, each) => each.reduce((part, n) => part + n, sum), 0) ?? 0;
  }

  /** Notes a start. @returns false when the bin has closed */
  start(population: number, startMs: number): boolean {
    const starts = this.starts?.[population];
    if (!starts) return false;
    const at = Math.min(starts.length - 1, Math.max(0, Math.floor(startMs) - this.fromMs));
    starts[at] = starts[at]! + 1;
    return true;
  }

  /** Lets go of all that only an open bin needs. */
  release(): void {
    this.starts = null;
    this.tally.late = RELEASED;
    for (const operation of this.tally.operations) operation.served = RELEASED;
  }
}
