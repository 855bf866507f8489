import { Bitmap } from './bitmap.ts';
import type { Population } from './plan.ts';
import { Ticks } from './ticks.ts';

/**
 * One population's arrivals against its plan: which numbers were seen, when they started, how many were due.
 *
 * The deficit at an instant is the ticks due minus the arrivals started. A late arrival raises it for a moment, a
 * dropped one for ever; so the least deficit from an instant on is what had been dropped by then.
 */
export class PopulationTrack {
  readonly letter: number;
  readonly ticks: Ticks;
  readonly seen = new Bitmap();
  /** Epoch ms of the first instant of its plan, by its own starts. */
  zeroMs = Number.NaN;
  /** The highest number seen, -1 before the first. */
  highest = -1;
  /** Numbers below this were looked through for gaps. */
  #gapsBelow = 0;

  constructor(population: Population) {
    this.letter = population.letter.charCodeAt(0);
    this.ticks = new Ticks(population);
  }

  /**
   * The plan's zero from the first arrivals: none can start before its tick, so the zero is no later than any start
   * minus its tick, and the promptest arrival tells it. k6 writes starts in whole ms, cut off: the tick fell before
   * the end of that ms. Right within 1 ms.
   * @param startsMs starts of the first arrivals, ascending
   * @returns the zero, or null when there was no arrival to tell it
   */
  calibrate(startsMs: readonly number[]): number | null {
    if (startsMs.length === 0) return null;
    let zero = Number.POSITIVE_INFINITY;
    for (const [k, startMs] of startsMs.entries())
      zero = Math.min(zero, startMs + 1 - this.ticks.timeOf(k + 1));
    this.zeroMs = zero;
    return zero;
  }

  /** Takes a number as seen. @returns false for one that was there already */
  see(seq: number): boolean {
    if (!this.seen.add(seq)) return false;
    if (seq > this.highest) this.highest = seq;
    return true;
  }

  /** Whether a number was reported as a gap: its line came too late. */
  wasGap(seq: number): boolean {
    return seq < this.#gapsBelow;
  }

  /** Numbers up to `highest` that were never seen and not reported before: arrivals whose fate was not written. */
  takeGaps(highest: number): number {
    const to = highest + 1;
    if (to <= this.#gapsBelow) return 0;
    const gaps = this.seen.missing(this.#gapsBelow, to);
    this.#gapsBelow = to;
    return gaps;
  }

  /** Ticks due by the end of millisecond `ms` of the epoch. */
  dueBy(ms: number): number {
    return this.ticks.dueBy(ms + 1 - this.zeroMs);
  }
}

/** Ticks of all populations in a stretch of the run's clock, ms. */
export function plannedIn(populations: readonly PopulationTrack[], from: number, to: number): number {
  return populations.reduce((sum, { ticks }) => sum + ticks.dueBy(to) - ticks.dueBy(from), 0);
}
