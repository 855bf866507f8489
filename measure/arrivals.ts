import type { EvidenceLine } from './evidence.ts';
import { mergeAttempts, type Outcome, outcomeOf, worseOutcome } from './outcome.ts';

/** One operation of an arrival, all its attempts together. */
export interface ReachedOperation {
  /** Index into the plan's operations. */
  op: number;
  outcome: Outcome;
  /** First send to acknowledgement; Infinity when there was none. */
  latencyMs: number;
}

/** One iteration as its evidence lines tell it. */
export interface Arrival {
  population: number;
  seq: number;
  startMs: number;
  endMs: number;
  /** The worst of the operations reached. */
  outcome: Outcome;
  /** Index of the region that answered last. */
  region: number;
  operations: ReachedOperation[];
}

interface OpenOperation extends ReachedOperation {
  firstStartMs: number;
}

interface OpenArrival extends Arrival {
  operations: OpenOperation[];
}

/**
 * Puts arrivals of several lines (operations, retries) together. An arrival is complete once no further line of it can
 * come: `iterationMaxMs` after its start, by the clock of the evidence itself.
 */
export class OpenArrivals {
  readonly #open = new Map<string, OpenArrival>();
  readonly #successes: readonly number[];

  /** @param successes the acknowledging status of each operation */
  constructor(successes: readonly number[]) {
    this.#successes = successes;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * @param op index into the plan's operations, or -1 for an exception of the scenario
   * @returns true for the first line of an arrival
   */
  add(line: EvidenceLine, op: number): boolean {
    const key = `${line.population}:${line.seq}`;
    const endMs = line.startMs + line.waitMs + line.durationMs;
    const outcome = op < 0 ? 'unknown' : outcomeOf(line.status, line.errorCode, this.#successes[op]!);
    let arrival = this.#open.get(key);
    const first = !arrival;
    if (!arrival) {
      arrival = {
        population: line.population,
        seq: line.seq,
        startMs: line.startMs,
        endMs,
        outcome,
        region: line.region,
        operations: [],
      };
      this.#open.set(key, arrival);
    }
    arrival.startMs = Math.min(arrival.startMs, line.startMs);
    if (endMs >= arrival.endMs) {
      arrival.endMs = endMs;
      arrival.region = line.region;
    }
    const reached = arrival.operations.find((o) => o.op === op);
    if (!reached) {
      arrival.operations.push({
        op,
        outcome,
        latencyMs: outcome === 'acknowledged' ? endMs - line.startMs : Number.POSITIVE_INFINITY,
        firstStartMs: line.startMs,
      });
      return first;
    }
    const acknowledgedAtMs = Math.min(
      reached.outcome === 'acknowledged'
        ? reached.firstStartMs + reached.latencyMs
        : Number.POSITIVE_INFINITY,
      outcome === 'acknowledged' ? endMs : Number.POSITIVE_INFINITY,
    );
    reached.outcome = mergeAttempts(reached.outcome, outcome);
    reached.firstStartMs = Math.min(reached.firstStartMs, line.startMs);
    reached.latencyMs = acknowledgedAtMs - reached.firstStartMs;
    return first;
  }

  /** Takes out every arrival that started before `beforeMs` (of those that `wanted` takes), oldest first. */
  *takeStartedBefore(
    beforeMs: number,
    wanted: (arrival: Arrival) => boolean = () => true,
  ): Generator<Arrival> {
    for (const [key, arrival] of this.#open) {
      if (arrival.startMs >= beforeMs || !wanted(arrival)) continue;
      this.#open.delete(key);
      arrival.outcome = arrival.operations
        .map((o) => o.outcome)
        .reduce((worst, outcome) => worseOutcome(worst, outcome));
      yield arrival;
    }
  }
}
