import type { Arrival, ReachedOperation } from './arrivals.ts';
import type { EvidenceLine } from './evidence.ts';
import type { Outcome } from './outcome.ts';

/** The index of what the scenario threw, beside those of its operations. */
export const EXCEPTION = -1;

/** An arrival as it is counted: in the bin in which it was due, wherever it started. */
export interface Booking {
  population: number;
  seq: number;
  outcome: Outcome;
  /** Operations reached; none where the scenario threw. */
  operations: readonly ReachedOperation[];
  /** It reached no main operation, and was not acknowledged. */
  unreached: boolean;
  /** The scenario threw: its fate is not written. */
  threw: boolean;
}

/** The booking of an arrival of one line. */
export function bookingOfLine(line: EvidenceLine, population: number, op: number, outcome: Outcome): Booking {
  const threw = op === EXCEPTION;
  const operations = threw ? [] : [{ op, outcome, latencyMs: line.waitMs + line.durationMs }];
  return { population, seq: line.seq, outcome, operations, unreached: false, threw };
}

/**
 * The booking of an arrival of several lines.
 * @param main index of the operation that it was to reach
 */
export function bookingOf(arrival: Arrival, population: number, main: number): Booking {
  const { seq, outcome } = arrival;
  const threw = arrival.operations.some(({ op }) => op === EXCEPTION);
  const operations = threw ? [] : arrival.operations;
  const unreached = !threw && outcome !== 'acknowledged' && !operations.some(({ op }) => op === main);
  return { population, seq, outcome, operations, unreached, threw };
}
