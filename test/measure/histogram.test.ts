import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram, quantile } from '../../measure/histogram.ts';
import { seeded } from './simulation.ts';

const of = (values: readonly number[]): LatencyHistogram => {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

const latencies = fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), {
  minLength: 1,
  maxLength: 300,
});

describe('a latency histogram', () => {
  it('gives the k-th smallest latency within 0.1 %', () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, q) => {
        const rank = Math.max(1, Math.ceil(values.length * q));
        const exact = [...values].sort((a, b) => a - b)[rank - 1]!;
        const found = of(values).atRank(rank);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.0011);
      }),
    );
  });

  it('merges without loss: merge(a, b) is measure(a + b)', () => {
    fc.assert(
      fc.property(latencies, latencies, (a, b) => {
        const merged = of(a);
        merged.add(of(b));
        expect(merged.encode()).toBe(of([...a, ...b]).encode());
      }),
    );
  });

  it('survives its encoding', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        expect(LatencyHistogram.decode(of(values).encode()).encode()).toBe(of(values).encode());
      }),
    );
    expect(LatencyHistogram.decode('').count).toBe(0);
  });
});

describe('a quantile over planned arrivals', () => {
  it('is infinite when more arrivals went unserved than it leaves out', () => {
    expect(quantile(of(Array.from({ length: 94 }, () => 5)), 6, 0.95)?.value).toBe(Number.POSITIVE_INFINITY);
    expect(quantile(of(Array.from({ length: 95 }, () => 5)), 5, 0.95)?.value).toBeCloseTo(5, 1);
  });

  it('is that of the served alone when nothing went unserved', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i + 1);
    expect(quantile(of(values), 0, 0.99)!.value).toBeCloseTo(990, -1);
    expect(quantile(of(values), 0, 1)!.value).toBeCloseTo(1000, -1);
  });

  it('is null when nothing was planned', () => {
    expect(quantile(new LatencyHistogram(), 0, 0.5)).toBeNull();
  });

  it('takes arrivals whose fate was not written as served at once for its low end only', () => {
    const served = of(Array.from({ length: 90 }, () => 5));
    expect(quantile(served, 10, 0.9, 0)!.high).toBe(Number.POSITIVE_INFINITY);
    const unsure = quantile(served, 10, 0.95, 10)!;
    expect(unsure.value).toBe(Number.POSITIVE_INFINITY);
    expect(unsure.low).toBeLessThan(6);
  });

  it('has an interval that holds the true value in about 95 of 100 samples', () => {
    const random = seeded(20261121);
    // Exponential with mean 10: the true p95 is -10 ln(0.05).
    const truth = -10 * Math.log(0.05);
    let held = 0;
    for (let trial = 0; trial < 400; trial++) {
      const { low, high } = quantile(
        of(Array.from({ length: 500 }, () => -10 * Math.log(1 - random()))),
        0,
        0.95,
      )!;
      if (low <= truth && truth <= high) held += 1;
    }
    // Seeded, so the same in every run; 95 % of 400 is 380.
    expect(held).toBeGreaterThan(368);
  });
});
