import type { Orders } from './orders.ts';
import type { Ticks } from './ticks.ts';

/** A population's plan on the clock. */
export interface PopulationClock {
  ticks: Ticks;
  /** Epoch ms of the first instant of its plan. */
  zeroMs: number;
  /** Epoch ms: ticks from here on were not due any more. */
  endMs: number;
}

/** By insertion as long as an arrival has to move this far on average; else by digits. */
const MOST_MOVES = 16;
const DIGITS = 65_536;
const LAST_DIGIT = DIGITS - 1;

/**
 * A population's arrivals in the order of their starts, those that never started among them at their ticks. 4 bytes an
 * arrival beside the orders' own 9, and 4 more while it is made where many started out of the order of their numbers.
 */
export class ByStart {
  readonly orders: Orders;
  readonly clock: PopulationClock;
  /** How many arrivals there are. */
  readonly count: number;
  #numbers: Uint32Array;

  /** @param orders settled ones */
  constructor(orders: Orders, clock: PopulationClock) {
    this.orders = orders;
    this.clock = clock;
    const started = orders.highest + 1;
    this.#numbers = sorted(orders, started);
    const dropped = placeDrops(orders, this.#numbers, clock);
    this.count = started + dropped;
    if (dropped === 0) return;
    // Not kept while the next is made.
    this.#numbers = new Uint32Array(0);
    this.#numbers = sorted(orders, this.count);
  }

  /** The number of the arrival at a position. */
  seq(position: number): number {
    return this.#numbers[position]!;
  }

  startMs(position: number): number {
    return this.orders.startMs(this.#numbers[position]!);
  }

  isServed(position: number): boolean {
    return this.orders.isServed(this.#numbers[position]!);
  }

  /** Arrivals due before an instant, epoch ms. */
  dueBefore(ms: number): number {
    return this.clock.ticks.dueBy(Math.min(ms, this.clock.endMs) - this.clock.zeroMs);
  }

  /** The first position whose start is not before an instant, epoch ms. */
  positionAt(ms: number): number {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.startMs(middle) < ms) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Numbers below `count` by start, equal starts by number. */
function sorted(orders: Orders, count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  for (let seq = 0; seq < count; seq++) numbers[seq] = seq;
  return sortInPlace(orders, numbers) ? numbers : sortByDigits(orders, numbers.sort());
}

/**
 * By insertion, without another array: numbers are given in the order of starts, so that few are out of place.
 * @returns false where too many are; the numbers are in no order then
 */
function sortInPlace(orders: Orders, numbers: Uint32Array): boolean {
  let moves = 0;
  for (let i = 1; i < numbers.length; i++) {
    const seq = numbers[i]!;
    const startMs = orders.startMs(seq);
    let at = i;
    while (at > 0 && orders.startMs(numbers[at - 1]!) > startMs) {
      numbers[at] = numbers[at - 1]!;
      at -= 1;
    }
    numbers[at] = seq;
    moves += i - at;
    if (moves > MOST_MOVES * numbers.length) return false;
  }
  return true;
}

/** A radix sort, whatever the order: comparing ten million takes a minute. */
function sortByDigits(orders: Orders, numbers: Uint32Array): Uint32Array {
  let least = Number.POSITIVE_INFINITY;
  for (const seq of numbers) least = Math.min(least, orders.startMs(seq));
  let from: Uint32Array = numbers;
  let to: Uint32Array = new Uint32Array(numbers.length);
  for (const shift of [0, 16]) {
    const digit = (seq: number): number => ((orders.startMs(seq) - least) >>> shift) & LAST_DIGIT;
    const places = new Uint32Array(DIGITS);
    for (const seq of from) places[digit(seq)]! += 1;
    let before = 0;
    for (let d = 0; d < DIGITS; d++) {
      const here = places[d]!;
      places[d] = before;
      before += here;
    }
    for (const seq of from) {
      const d = digit(seq);
      to[places[d]!] = seq;
      places[d]! += 1;
    }
    [from, to] = [to, from];
  }
  return from;
}

/**
 * Puts each arrival that never started at its tick. What had been dropped by an instant is the least deficit from there
 * on: a late arrival raises it for a moment, a dropped one for ever.
 * @returns how many there are
 */
function placeDrops(orders: Orders, numbers: Uint32Array, clock: PopulationClock): number {
  const started = numbers.length;
  const { ticks, zeroMs, endMs } = clock;
  const dropped = Math.max(0, ticks.dueBy(endMs - zeroMs) - started);
  if (started === 0 || dropped === 0) return 0;
  let after = dropped;
  for (let i = started; i >= 0 && after > 0; i--) {
    const due = i === 0 ? 0 : ticks.dueBy(orders.startMs(numbers[i - 1]!) + 1 - zeroMs);
    const here = i === 0 ? 0 : Math.max(0, Math.min(after, due - i));
    for (let k = here + 1; k <= after; k++)
      orders.drop(started + k - 1, Math.floor(zeroMs + ticks.timeOf(i + k)));
    after = here;
  }
  return dropped;
}
