import type { ByStart } from './by-start.ts';
import type { SustainedRule } from './drill.ts';

/** Prefixes of the window shorter than this say nothing. */
const SHORTEST_MS = 1000;
/** The share of a stretch that may be slower than its p95. */
const SLOWER = 0.05;
/** Outweighs the rounding of products of counts and ratios, not a real order. */
const EPSILON = 1e-6;

/** The least of the values that were pushed at instants not before a moving bound. */
class SlidingLeast {
  #at: number[] = [];
  #values: number[] = [];
  #head = 0;

  push(at: number, value: number): void {
    while (this.#values.length > this.#head && this.#values.at(-1)! >= value) {
      this.#values.pop();
      this.#at.pop();
    }
    this.#values.push(value);
    this.#at.push(at);
  }

  from(at: number): number {
    while (this.#head < this.#at.length && this.#at[this.#head]! < at) this.#head += 1;
    if (this.#head > 4096 && this.#head * 2 > this.#at.length) {
      this.#at = this.#at.slice(this.#head);
      this.#values = this.#values.slice(this.#head);
      this.#head = 0;
    }
    return this.#values[this.#head] ?? Number.POSITIVE_INFINITY;
  }
}

/** What the rule asks for, as sums that must not fall below where they were when the window began. */
interface Margins {
  success: number;
  throughput: number;
  latency: number;
}

/** Counts of the arrivals before a position. */
class Count {
  readonly #arrivals: ByStart;
  readonly #rule: SustainedRule;
  readonly #limitMs: number;
  readonly #first: number;
  position: number;
  #served = 0;
  #slow = 0;

  constructor(arrivals: ByStart, from: number, rule: SustainedRule, limitMs: number) {
    this.#arrivals = arrivals;
    this.#rule = rule;
    this.#limitMs = limitMs;
    this.#first = from;
    this.position = from;
  }

  /** @returns whether the arrival was served */
  take(): boolean {
    const served = this.#arrivals.isServed(this.position);
    if (served) this.#served += 1;
    // An arrival that was not served is slower than any limit.
    if (!served || this.#arrivals.orders.tookMs(this.#arrivals.seq(this.position)) > this.#limitMs)
      this.#slow += 1;
    this.position += 1;
    return served;
  }

  at(ms: number): Margins {
    const arrivals = this.position - this.#first;
    return {
      success: this.#served - this.#rule.success * arrivals,
      throughput: this.#served - this.#rule.throughput * this.#arrivals.dueBefore(ms),
      latency: SLOWER * arrivals - this.#slow,
    };
  }
}

/** Where service was sustained, or until when it was not. */
export type Sustained =
  | { kind: 'sustained'; position: number }
  /** The whole window was not seen from any order on; until this instant it was surely not sustained, epoch ms. */
  | { kind: 'never'; openUntilMs: number };

/**
 * The first served arrival from which every prefix of at least 1 s of the rule's window meets success, throughput and
 * latency (p95 within `limitMs`), arrivals that never started included. One pass, whatever happens: each prefix condition
 * is that a sum does not fall below its value at the window's beginning, so the least of it over the window decides.
 */
export function findSustained(
  arrivals: ByStart,
  from: number,
  rule: SustainedRule,
  limitMs: number,
): Sustained {
  const { endMs } = arrivals.clock;
  const here = new Count(arrivals, from, rule, limitMs);
  const ahead = new Count(arrivals, from, rule, limitMs);
  const least = {
    success: new SlidingLeast(),
    throughput: new SlidingLeast(),
    latency: new SlidingLeast(),
  };
  while (here.position < arrivals.count) {
    const { position } = here;
    const ms = arrivals.startMs(position);
    const toMs = Math.min(ms + rule.windowMs, endMs);
    while (ahead.position < arrivals.count && arrivals.startMs(ahead.position) < toMs) {
      const nextMs = arrivals.startMs(ahead.position);
      const margins = ahead.at(nextMs);
      for (const key of ['success', 'throughput', 'latency'] as const) least[key].push(nextMs, margins[key]);
      while (ahead.position < arrivals.count && arrivals.startMs(ahead.position) === nextMs) ahead.take();
    }
    const before = here.at(ms);
    const after = toMs - ms >= SHORTEST_MS ? ahead.at(toMs) : before;
    const holds = (['success', 'throughput', 'latency'] as const).every(
      (key) => Math.min(least[key].from(ms + SHORTEST_MS), after[key]) >= before[key] - EPSILON,
    );
    let served = -1;
    while (here.position < arrivals.count && arrivals.startMs(here.position) === ms) {
      const at = here.position;
      if (here.take() && served < 0) served = at;
    }
    if (!holds || served < 0) continue;
    if (ms + rule.windowMs > endMs) return { kind: 'never', openUntilMs: ms };
    return { kind: 'sustained', position: served };
  }
  return { kind: 'never', openUntilMs: endMs };
}
