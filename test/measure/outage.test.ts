import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outage } from '../../measure/drill.ts';
import { type Drilled, drill, NEVER, type Script } from './drill-simulation.ts';
import { find } from './drilled.ts';
import { ZERO_MS } from './simulation.ts';

const outagesOf = (script: Partial<Script>, letter = 'f'): Outage[] =>
  find(drill(script), script).outages.filter(
    ({ population }) => population === (letter === 'f' ? 'fresh' : 'sticky'),
  );

/** The one outage that there is. */
function only(outages: readonly Outage[]): Outage {
  expect(outages).toHaveLength(1);
  return outages[0]!;
}

const at = (ms: number): number => ZERO_MS + ms;

const SCRIPTS = fc.record({
  seed: fc.nat(1e6),
  rate: fc.integer({ min: 150, max: 300 }),
  kind: fc.constantFrom('kill' as const, 'freeze' as const),
  deathMs: fc.integer({ min: 3600, max: 5000 }),
  flipMs: fc.integer({ min: 5300, max: 8000 }),
  lengthMs: fc.constant(14_000),
});

describe('an outage', () => {
  it('begins in an interval that holds the death of the region, killed or frozen, for fresh and sticky clients', () => {
    fc.assert(
      fc.property(SCRIPTS, (script) => {
        for (const letter of ['f', 's']) {
          const [outage] = outagesOf(script, letter);
          expect(outage!.fromLowMs).toBeLessThanOrEqual(at(script.deathMs));
          expect(outage!.fromHighMs).toBeGreaterThanOrEqual(at(script.deathMs));
          expect(outage!.fromHighMs - outage!.fromLowMs).toBeLessThan(60);
        }
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('ends with the first order of what lasts, and its error bar holds the planted RTO', () => {
    fc.assert(
      fc.property(SCRIPTS, fc.integer({ min: 0, max: 1500 }), (script, weakMs) => {
        const played = { ...script, strongMs: script.flipMs + weakMs, weakShare: 1 };
        const outage = only(outagesOf(played));
        const truth = played.strongMs - script.deathMs;
        expect(outage.sustainedMs).toBeGreaterThanOrEqual(Math.floor(at(played.strongMs)));
        expect(outage.rtoLowMs).toBeLessThanOrEqual(truth);
        expect(outage.rtoHighMs).toBeGreaterThanOrEqual(truth);
        expect(outage.region).toBe('tokyo');
      }),
      { numRuns: 40, seed: 8 },
    );
  });

  it('goes on while the standby serves half of its orders: first success is not recovery', () => {
    const outage = only(outagesOf({ strongMs: 8000, weakShare: 0.5 }));
    expect(outage.firstSuccessMs! - at(6000)).toBeLessThan(60);
    // One failed order in a hundred is within the rule, so that the end may come 4 orders early.
    expect(outage.sustainedMs! - at(8000)).toBeGreaterThan(-40);
    expect(outage.sustainedMs! - at(8000)).toBeLessThan(15);
  });

  it('goes on while the standby is slower than three times the baseline', () => {
    const outage = only(outagesOf({ strongMs: 8000, slowMs: 200 }));
    // One order in twenty may be slow.
    expect(outage.sustainedMs! - at(8000)).toBeGreaterThan(-160);
    expect(outage.sustainedMs! - at(8000)).toBeLessThan(15);
    expect(only(outagesOf({ strongMs: 8000, slowMs: 15 })).sustainedMs! - at(6000)).toBeLessThan(15);
  });

  it('is one while recoveries do not last, and several where service was sustained between', () => {
    const flapping: [number, number][] = [
      [6500, 7000],
      [7800, 8300],
    ];
    expect(only(outagesOf({ down: flapping })).sustainedMs! - at(8300)).toBeLessThan(15);
    const apart: [number, number][] = [[11_000, 11_500]];
    const two = outagesOf({ down: apart, lengthMs: 18_000, backMs: 17_000 });
    expect(two.map(({ sustainedMs }) => Math.round((sustainedMs! - at(0)) / 100))).toEqual([60, 115]);
  });

  it('begins after the one before it, whoever served between', () => {
    const script = { down: [[11_000, 11_500]] as [number, number][], lengthMs: 18_000, backMs: 17_000 };
    for (const letter of ['f', 's']) {
      const second = outagesOf(script, letter)[1]!;
      expect(second.fromLowMs).toBeGreaterThan(at(10_900));
      expect(second.fromLowMs).toBeLessThanOrEqual(at(11_000));
      expect(second.rtoLowMs).toBeLessThanOrEqual(500);
      expect(second.rtoHighMs).toBeGreaterThanOrEqual(500);
      expect(second.rtoHighMs).toBeLessThan(600);
    }
  });

  it('may never end: not where nothing answers, nor where too little of the recovery was seen', () => {
    const never = only(outagesOf({ flipMs: NEVER, backMs: NEVER }));
    expect(never).toMatchObject({ sustainedMs: null, firstSuccessMs: null, rtoHighMs: Infinity });
    expect(never.rtoLowMs).toBeGreaterThan(11_900);
    const late = only(outagesOf({ flipMs: 14_000, backMs: NEVER }));
    expect(late.sustainedMs).toBeNull();
    expect(late.firstSuccessMs! - at(14_000)).toBeLessThan(15);
    expect(late.rtoLowMs).toBeGreaterThan(9_900);
    expect(late.rtoLowMs).toBeLessThan(10_100);
  });

  it('is not a failed order alone, nor what is shorter than the rule forgives', () => {
    const quiet = { deathMs: NEVER, backMs: NEVER, flipMs: NEVER };
    expect(outagesOf({ ...quiet, failing: new Set([900]) })).toEqual([]);
    expect(outagesOf({ ...quiet, failing: new Set([900, 1000, 1100, 2000]) })).toEqual([]);
    expect(outagesOf({ ...quiet, failing: new Set([900, 901]) })).toEqual([]);
    expect(outagesOf({ ...quiet, failing: new Set([900, 901, 902, 903]) })).toHaveLength(1);
  });

  it('is not a failed order alone however few there are', () => {
    const quiet = { rate: 20, deathMs: NEVER, backMs: NEVER, flipMs: NEVER };
    expect(outagesOf({ ...quiet, failing: new Set([100]) })).toEqual([]);
    expect(outagesOf({ ...quiet, failing: new Set([100, 101]) })).toHaveLength(1);
  });

  it('begins at the death although an order failed shortly before', () => {
    const outage = outagesOf({ failing: new Set([760, 797]) })[0]!;
    expect(outage.fromLowMs).toBeGreaterThan(at(3960));
    expect(outage.fromHighMs).toBeGreaterThanOrEqual(at(4000));
  });

  it('counts arrivals that never started as unserved', () => {
    const drilled = drill({ deathMs: NEVER, backMs: NEVER, flipMs: NEVER });
    const outage = find(dropFresh(drilled, at(4000), at(5000)), { deathMs: 4000, backMs: 13_000 }).outages;
    expect(outage).toHaveLength(1);
    expect(outage[0]!.fromMs - at(4000)).toBeLessThan(6);
    expect(outage[0]!.sustainedMs! - at(5000)).toBeLessThan(6);
    expect(outage[0]!.population).toBe('fresh');
  });

  it('is the same whatever the order of the lines', () => {
    const drilled = drill();
    const measured = find(drilled);
    fc.assert(
      fc.property(fc.shuffledSubarray(drilled.lines, { minLength: drilled.lines.length }), (lines) => {
        expect(find({ ...drilled, lines })).toEqual(measured);
      }),
      { numRuns: 5, seed: 9 },
    );
  });
});

/** As k6 would have it: what was not started takes no number. */
function dropFresh(drilled: Drilled, fromMs: number, toMs: number): Drilled {
  let seq = 0;
  const lines = drilled.lines
    .map((line) => ({ line, startMs: Number(line.slice(0, 13)), fresh: line.includes(',order,f') }))
    .sort((a, b) => a.startMs - b.startMs)
    .filter(({ startMs, fresh }) => !(fresh && startMs >= fromMs && startMs < toMs))
    .map(({ line, fresh }) => (fresh ? line.replace(/,f\d+,/, () => `,f${seq++},`) : line));
  return { ...drilled, lines };
}
