import { LatencyHistogram } from './histogram.ts';
import type { Orders } from './verdict.ts';

/** What one operation achieved. */
export interface OperationTally {
  /** Latencies of the acknowledged: first send to acknowledgement. */
  served: LatencyHistogram;
  /** Reached and not acknowledged. */
  failed: number;
}

/**
 * Counts and latencies of a stretch of the run. Tallies merge without loss: the sum of a run's parts is the run.
 * planned = started + dropped and started = acknowledged + refused + unsent + unknown hold for the whole run; in a
 * part of it, arrivals that were late at its edge count where they started.
 */
export class Tally implements Orders {
  durationMs = 0;
  planned = 0;
  acknowledged = 0;
  refused = 0;
  unsent = 0;
  unknown = 0;
  dropped = 0;
  /** Arrivals among the unknown whose fate the generator did not write: no line, or an exception of the scenario. */
  unwritten = 0;
  /** What the acknowledged orders are worth, KRW. */
  value = 0;
  /** Arrivals that were not acknowledged and failed before they reached the main operation. */
  unreached = 0;
  readonly operations: OperationTally[];
  /** How late the generator's sends were, where nothing was dropped. */
  late = new LatencyHistogram();

  constructor(operationCount: number) {
    this.operations = Array.from({ length: operationCount }, () => ({
      served: new LatencyHistogram(),
      failed: 0,
    }));
  }

  get started(): number {
    return this.acknowledged + this.refused + this.unsent + this.unknown;
  }

  /** How late the sends were at p99, ms; null where none was timed. */
  get lateP99Ms(): number | null {
    return this.late.count === 0 ? null : this.late.atRank(Math.ceil(this.late.count * 0.99));
  }

  /** Planned and not acknowledged. */
  get unserved(): number {
    return this.refused + this.unsent + this.unknown + this.dropped;
  }

  /**
   * Arrivals that count as +infinity in the percentiles of an operation. Arrivals that failed on their way to the main
   * operation would have placed an order; what they would have done else is not known.
   */
  infinite(operation: number, main: number): number {
    const failed = this.operations[operation]!.failed + this.dropped + this.unwritten;
    return operation === main ? failed + this.unreached : failed;
  }

  add(other: Tally): void {
    this.addCounts(other);
    this.addLatencies(other);
  }

  addCounts(other: Tally): void {
    this.durationMs += other.durationMs;
    this.planned += other.planned;
    this.acknowledged += other.acknowledged;
    this.refused += other.refused;
    this.unsent += other.unsent;
    this.unknown += other.unknown;
    this.dropped += other.dropped;
    this.unwritten += other.unwritten;
    this.unreached += other.unreached;
    this.value += other.value;
    for (const [i, operation] of this.operations.entries()) operation.failed += other.operations[i]!.failed;
  }

  /** Takes off what was added before. */
  less(other: Tally): void {
    this.durationMs -= other.durationMs;
    this.planned -= other.planned;
    this.acknowledged -= other.acknowledged;
    this.refused -= other.refused;
    this.unsent -= other.unsent;
    this.unknown -= other.unknown;
    this.dropped -= other.dropped;
    this.unwritten -= other.unwritten;
    this.unreached -= other.unreached;
    this.value -= other.value;
    for (const [i, { served, failed }] of other.operations.entries()) {
      this.operations[i]!.failed -= failed;
      this.operations[i]!.served.subtract(served);
    }
    this.late.subtract(other.late);
  }

  addLatencies(other: Tally): void {
    for (const [i, operation] of this.operations.entries()) operation.served.add(other.operations[i]!.served);
    this.late.add(other.late);
  }
}
