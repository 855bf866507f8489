import { describe, expect, it } from 'vitest';
import { type Behaviour, HEALTHY } from '../../testbed/behaviour.ts';
import { type PlantedKind, plant } from '../../testbed/planted.ts';

const SEED = 20_261_121;
const ORDERS = 100_000;
const keyOf = (n: number): string => `20261121T001503Z-load-quick-7f3a-s${n}`;

/** Five standard deviations of a binomial count: a right share fails once in two million. */
const bound = (share: number): number => 5 * Math.sqrt(ORDERS * share * (1 - share));

const mixed: Behaviour = { ...HEALTHY, errors: 0.05, refusals: 0.02, hangs: 0.01, resets: 0.1 };

function plantAll(behaviour: Behaviour, seed = SEED) {
  return Array.from({ length: ORDERS }, (_, n) => plant(seed, keyOf(n), behaviour));
}

describe('what is planted for an order', () => {
  it('is decided by seed and key alone', () => {
    const behaviour: Behaviour = { ...mixed, latency: { kind: 'lognormal', p50Ms: 5, p99Ms: 80 } };
    const forwards = [1, 2, 3, 4, 5].map((n) => plant(SEED, keyOf(n), behaviour));
    const backwards = [5, 4, 3, 2, 1].map((n) => plant(SEED, keyOf(n), behaviour));
    expect(backwards.reverse()).toEqual(forwards);
  });

  it('is nothing where the behaviour is healthy', () => {
    for (let n = 0; n < 100; n++) {
      expect(plant(SEED, keyOf(n), HEALTHY)).toEqual({ kind: 'serve', stored: true, delayMs: 0 });
    }
  });

  it.each<[PlantedKind, number]>([
    ['serve', 0.82],
    ['error', 0.05],
    ['refuse', 0.02],
    ['hang', 0.01],
    ['reset', 0.1],
  ])('is %s for a share of %d', (kind, share) => {
    const count = plantAll(mixed).filter((planted) => planted.kind === kind).length;
    expect(Math.abs(count - ORDERS * share), `seed ${SEED}: ${count}`).toBeLessThan(bound(share));
  });

  it.each([0, 1, 2, 4_294_967_295])('keeps its shares with seed %d', (seed) => {
    const count = plantAll(mixed, seed).filter(({ kind }) => kind === 'error').length;
    expect(Math.abs(count - ORDERS * 0.05)).toBeLessThan(bound(0.05));
  });

  it('befalls other orders with another seed', () => {
    const hit = (seed: number) => plantAll(mixed, seed).map(({ kind }) => kind === 'reset');
    const [a, b] = [hit(1), hit(2)];
    const both = a.filter((each, n) => each && b[n]).length;
    expect(Math.abs(both - ORDERS * 0.01)).toBeLessThan(bound(0.01));
  });

  it('stores half of the orders that get no definite answer, no refused one, and every served one', () => {
    const all = plantAll(mixed);
    for (const kind of ['error', 'hang', 'reset'] as const) {
      const of = all.filter((planted) => planted.kind === kind);
      const stored = of.filter((planted) => planted.stored).length;
      expect(Math.abs(stored - of.length / 2), kind).toBeLessThan(5 * Math.sqrt(of.length / 4));
    }
    expect(all.some(({ kind, stored }) => kind === 'refuse' && stored)).toBe(false);
    expect(all.every(({ kind, stored }) => kind !== 'serve' || stored)).toBe(true);
  });

  it('can befall every order', () => {
    expect(plantAll({ ...HEALTHY, hangs: 1 }).every(({ kind }) => kind === 'hang')).toBe(true);
  });
});

describe('planted latency', () => {
  it('has the percentiles that were asked for', () => {
    const delays = plantAll({ ...HEALTHY, latency: { kind: 'lognormal', p50Ms: 20, p99Ms: 300 } }).map(
      (p) => p.delayMs,
    );
    const share = (ms: number) => delays.filter((delay) => delay <= ms).length;
    // A whole millisecond holds the latencies of up to one millisecond either side.
    expect(share(20 - 1)).toBeLessThan(ORDERS * 0.5 + bound(0.5));
    expect(share(20 + 1)).toBeGreaterThan(ORDERS * 0.5 - bound(0.5));
    expect(share(300 - 1)).toBeLessThan(ORDERS * 0.99 + bound(0.99));
    expect(share(300 + 1)).toBeGreaterThan(ORDERS * 0.99 - bound(0.99));
  });

  it('rounds fractions up or down so that the mean stays', () => {
    const delays = plantAll({ ...HEALTHY, latency: { kind: 'constant', ms: 2.2 } }).map((p) => p.delayMs);
    expect(new Set(delays)).toEqual(new Set([2, 3]));
    const longer = delays.filter((delay) => delay === 3).length;
    expect(Math.abs(longer - ORDERS * 0.2)).toBeLessThan(bound(0.2));
  });

  it('does not depend on what else is planted', () => {
    const latency = { kind: 'constant', ms: 0.5 } as const;
    const slow = (of: PlantedKind) => {
      const kind = plantAll({ ...mixed, errors: 0.5, latency }).filter((p) => p.kind === of);
      return [kind.filter((p) => p.delayMs === 1).length, kind.length] as const;
    };
    for (const of of ['error', 'reset', 'serve'] as const) {
      const [count, total] = slow(of);
      expect(Math.abs(count - total / 2), of).toBeLessThan(5 * Math.sqrt(total / 4));
    }
  });
});
