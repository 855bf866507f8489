import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByStart } from '../../measure/by-start.ts';
import { Orders } from '../../measure/orders.ts';
import { Ticks } from '../../measure/ticks.ts';
import { hold } from './simulation.ts';

const T = 1_763_683_200_000;
const ticks = new Ticks({ startRatePerSecond: 100, stages: [hold(10_000, 100)] });
const clock = { ticks, zeroMs: T, endMs: T + 10_000 };

/** Arrivals by their starts on the run's clock, in the order of their numbers. */
function ordersOf(starts: readonly number[]): Orders {
  const orders = new Orders('s', 'sticky', ticks.total);
  for (const [seq, ms] of starts.entries()) orders.push(seq, T + ms, 5, 'acknowledged', 1);
  orders.settle(T - 1000, T + 20_000);
  return orders;
}

const listed = (arrivals: ByStart): [number, number][] =>
  Array.from({ length: arrivals.count }, (_, i) => [arrivals.startMs(i) - T, arrivals.seq(i)]);

describe('arrivals by start', () => {
  it.each<[string, number]>([
    ['nearly as numbered', 12],
    ['in any order', 10_000],
  ])('are sorted, equal starts by number: %s', (_, jitter) => {
    const jitters = fc.array(fc.nat(jitter), { minLength: ticks.total, maxLength: ticks.total });
    fc.assert(
      fc.property(jitters, (late) => {
        const starts = late.map((ms, i) => Math.min(jitter > 100 ? ms : i * 10 + ms, 9_999) % 10_000);
        const expected = starts
          .map((ms, seq): [number, number] => [ms, seq])
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(listed(new ByStart(ordersOf(starts), clock))).toEqual(expected);
      }),
      { numRuns: 10, seed: 3 },
    );
  });

  it('have those that never started at their ticks', () => {
    const started = Array.from({ length: 1000 }, (_, i) => i * 10 + 11).filter(
      (ms) => ms < 3000 || ms >= 3500,
    );
    const arrivals = new ByStart(ordersOf(started), clock);
    expect(arrivals.count).toBe(1000);
    const unserved = listed(arrivals).filter((_, i) => !arrivals.isServed(i));
    expect(unserved).toHaveLength(50);
    expect(Math.abs(unserved[0]![0] - 3000)).toBeLessThanOrEqual(10);
    expect(Math.abs(unserved.at(-1)![0] - 3500)).toBeLessThanOrEqual(10);
  });

  it('are not dropped where they were only late', () => {
    const late = Array.from({ length: 1000 }, (_, i) =>
      i >= 300 && i < 400 ? 4000 + (i - 300) : i * 10 + 11,
    );
    const arrivals = new ByStart(ordersOf(late), clock);
    expect(arrivals.count).toBe(1000);
    expect(listed(arrivals).every((_, i) => arrivals.isServed(i))).toBe(true);
  });

  it('begin with their first attempt and end with the first acknowledgement, whichever line comes first', () => {
    const attempts: [number, 'unknown' | 'acknowledged'][] = [
      [0, 'unknown'],
      [300, 'acknowledged'],
      [600, 'acknowledged'],
    ];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const orders = new Orders('s', 'sticky', ticks.total);
      for (const i of order) orders.push(0, T + attempts[i]![0], 5, attempts[i]![1], 1);
      expect([orders.startMs(0) - T, orders.tookMs(0), orders.region(0)]).toEqual([0, 305, 1]);
    }
  });

  it('give a number without a line the start of its neighbour', () => {
    const orders = new Orders('s', 'sticky', ticks.total);
    for (const seq of [1, 2, 5]) orders.push(seq, T + seq * 10, 5, 'acknowledged', 1);
    orders.settle(T - 1000, T + 20_000);
    expect([0, 1, 2, 3, 4, 5].map((seq) => orders.startMs(seq) - T)).toEqual([10, 10, 20, 20, 20, 50]);
    expect([0, 3, 4].every((seq) => orders.isUnwritten(seq))).toBe(true);
  });
});
