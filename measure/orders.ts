import type { Outcome } from './outcome.ts';
import type { PopulationKind } from './plan.ts';

/**
 * What became of each order, as one byte. Of two lines about an order the greater tells: it is acknowledged if any
 * attempt was, else unknown if any was, else refused, else unsent; an exception says nothing where an answer came.
 */
const NONE = 0;
/** Other operations of the arrival were served, and no order was sent. */
const SEEN = 1;
/** An operation before the order failed, so that no order was sent. */
const BLOCKED = 2;
const EXCEPTION = 3;
const UNSENT = 4;
const REFUSED = 5;
const UNKNOWN = 6;
const DROPPED = 7;
/** And the region's index. */
const ACKNOWLEDGED = 8;
const MOST_REGIONS = 256 - ACKNOWLEDGED;

const CODES: Record<Exclude<Outcome, 'acknowledged'>, number> = {
  unsent: UNSENT,
  refused: REFUSED,
  unknown: UNKNOWN,
};

/** Starts within this of the first line's are kept; what is further off was torn. */
const FARTHEST_MS = 2 ** 31 - 1;

/**
 * The orders of one population by their numbers: start, time to the acknowledgement and fate, 9 bytes an order, taken
 * from evidence lines in any order. Starts are whole epoch ms, as the evidence has them.
 */
export class Orders {
  readonly letter: number;
  readonly kind: PopulationKind;
  /** How many arrivals the plan has: numbers are below it. */
  readonly planned: number;
  /** The highest number with a line, -1 before the first. */
  highest = -1;
  #baseMs = Number.NaN;
  readonly #starts: Int32Array;
  /** From the first send to the acknowledgement, microseconds. */
  readonly #took: Uint32Array;
  readonly #fates: Uint8Array;

  constructor(letter: string, kind: PopulationKind, planned: number) {
    this.letter = letter.charCodeAt(0);
    this.kind = kind;
    this.planned = planned;
    this.#starts = new Int32Array(planned);
    this.#took = new Uint32Array(planned);
    this.#fates = new Uint8Array(planned);
  }

  /** Takes one attempt of an order. `region` is the index of who answered. */
  push(seq: number, startMs: number, tookMs: number, outcome: Outcome, region: number): void {
    const acknowledged = ACKNOWLEDGED + (region < MOST_REGIONS ? region : 0);
    this.#take(seq, startMs, tookMs, outcome === 'acknowledged' ? acknowledged : CODES[outcome]);
  }

  /** Takes a line of the arrival that is no order: an exception, or another operation. */
  pushOther(seq: number, startMs: number, what: 'exception' | 'served' | 'failed'): void {
    this.#take(seq, startMs, 0, what === 'exception' ? EXCEPTION : what === 'served' ? SEEN : BLOCKED);
  }

  /** Counts an arrival that never started, in a number that no order has. */
  drop(seq: number, tickMs: number): void {
    this.#fates[seq] = DROPPED;
    this.#starts[seq] = tickMs - this.#baseMs;
  }

  /**
   * Takes back what cannot be: starts outside of [fromMs, toMs] were torn. A number without a line gets the start of its
   * neighbour before it (the first ones of that behind), since numbers are given in the order of starts.
   */
  settle(fromMs: number, toMs: number): void {
    let known = -1;
    for (let seq = 0; seq <= this.highest; seq++) {
      if (this.startMs(seq) < fromMs || this.startMs(seq) > toMs) this.#fates[seq] = NONE;
      if (this.#fates[seq] !== NONE) {
        if (known < 0) this.#starts.fill(this.#starts[seq]!, 0, seq);
        known = seq;
      } else if (known >= 0) {
        this.#starts[seq] = this.#starts[known]!;
      }
    }
  }

  startMs(seq: number): number {
    return this.#starts[seq]! + this.#baseMs;
  }

  /** From the first send to the acknowledgement. */
  tookMs(seq: number): number {
    return this.#took[seq]! / 1000;
  }

  /** When its client had the acknowledgement, epoch ms. */
  acknowledgedMs(seq: number): number {
    return this.startMs(seq) + this.tookMs(seq);
  }

  isAcknowledged(seq: number): boolean {
    return this.#fates[seq]! >= ACKNOWLEDGED;
  }

  /** The index of the region that acknowledged it; only for such. */
  region(seq: number): number {
    return this.#fates[seq]! - ACKNOWLEDGED;
  }

  /** Acknowledged, or an arrival that had nothing to order and was served. */
  isServed(seq: number): boolean {
    return this.#fates[seq]! >= ACKNOWLEDGED || this.#fates[seq] === SEEN;
  }

  /** It may have arrived, and nobody told: no whole answer, or no line of it. For numbers up to `highest`. */
  isUnknown(seq: number): boolean {
    const fate = this.#fates[seq];
    return fate === UNKNOWN || fate === EXCEPTION || fate === NONE;
  }

  /** No line tells what became of it. For numbers up to `highest`. */
  isUnwritten(seq: number): boolean {
    return this.#fates[seq] === NONE;
  }

  /** It cannot have arrived: nothing was sent. For numbers up to `highest`. */
  isUnsent(seq: number): boolean {
    const fate = this.#fates[seq];
    return fate === UNSENT || fate === BLOCKED || fate === SEEN;
  }

  #take(seq: number, startMs: number, tookMs: number, fate: number): void {
    if (Number.isNaN(this.#baseMs)) this.#baseMs = Math.floor(startMs);
    const start = Math.floor(startMs) - this.#baseMs;
    if (seq >= this.planned || Math.abs(start) > FARTHEST_MS) return;
    const before = this.#fates[seq]!;
    const took = Math.min(0xffff_ffff, Math.round(tookMs * 1000));
    if (before === NONE) {
      this.#starts[seq] = start;
      this.#took[seq] = took;
      this.#fates[seq] = fate;
      if (seq > this.highest) this.highest = seq;
    } else {
      this.#merge(seq, before, { start, took, fate });
    }
  }

  /** Several attempts of one order, in any order: it starts with the first and ends with the first acknowledgement. */
  #merge(seq: number, before: number, line: { start: number; took: number; fate: number }): void {
    const start = this.#starts[seq]!;
    const first = Math.min(start, line.start);
    const end = start * 1000 + this.#took[seq]!;
    const lineEnd = line.start * 1000 + line.took;
    const lineTells = line.fate >= ACKNOWLEDGED ? before < ACKNOWLEDGED || lineEnd < end : line.fate > before;
    this.#starts[seq] = first;
    this.#took[seq] = Math.min(0xffff_ffff, (lineTells ? lineEnd : end) - first * 1000);
    if (lineTells) this.#fates[seq] = line.fate;
  }
}
