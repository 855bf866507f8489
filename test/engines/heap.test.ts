import { describe, expect, it } from 'vitest';
import { heapLimitBytes } from '../../engines/heap.ts';
import type { Population } from '../../measure/plan.ts';

const GB = 1e9;

const population = (arrivals: number, vus: number): Population => ({
  letter: 's',
  kind: 'sticky',
  startRatePerSecond: arrivals,
  stages: [{ durationMs: 1000, targetPerSecond: arrivals, hold: true }],
  vus,
});

const plan = (arrivals: number, vus: number, linesPerArrival = 1) => ({
  populations: [population(arrivals, vus)],
  linesPerArrival,
});

describe('the heap of the generator', () => {
  it('holds what the whole plan leaves behind, each line that an arrival may write and each client', () => {
    const small = heapLimitBytes(plan(10_000, 200), 24 * GB)!;
    expect(heapLimitBytes(plan(20_000, 200), 24 * GB)! - small).toBe(10_000 * 20e3);
    expect(heapLimitBytes(plan(10_000, 300), 24 * GB)! - small).toBe(100 * 0.5e6);
    expect(heapLimitBytes(plan(10_000, 200, 3), 24 * GB)! - small).toBe(20_000 * 20e3);
    const two = { populations: [population(10_000, 200), population(10_000, 100)], linesPerArrival: 1 };
    expect(heapLimitBytes(two, 24 * GB)! - small).toBe(10_000 * 20e3 + 100 * 0.5e6);
  });

  it('takes half of the free memory at most, and never more than 6 GiB', () => {
    expect(heapLimitBytes(plan(1_000_000, 200), 8 * GB)).toBe(4 * GB);
    expect(heapLimitBytes(plan(1_000_000, 200), 64 * GB)).toBe(6 * 1024 ** 3);
  });

  it('is collected as usual where the clients leave too little of it', () => {
    expect(heapLimitBytes(plan(1_000_000, 2000), 8 * GB)).toBeNull();
    expect(heapLimitBytes(plan(1_000_000, 200), 1 * GB)).toBeNull();
  });
});
