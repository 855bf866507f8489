import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Second } from '../../measure/events.ts';
import { EvidenceDecoder } from '../../measure/evidence.ts';
import type { Plan } from '../../measure/plan.ts';
import { Tally } from '../../measure/tally.ts';
import { type GeneratorEnd, Timeline } from '../../measure/timeline.ts';
import {
  evidenceOf,
  hold,
  type Planted,
  planOf,
  play,
  population,
  ramp,
  seeded,
  ZERO_MS,
} from './simulation.ts';

const COMPLETE: GeneratorEnd = { complete: true, endedAtMs: null };

function fold(plan: Plan, evidence: string, end = COMPLETE, chunk = 1 << 20) {
  const decoder = new EvidenceDecoder();
  const seconds: Second[] = [];
  const timeline = new Timeline(plan, decoder, { onSecond: (second) => seconds.push(second) });
  const bytes = Buffer.from(evidence);
  for (let at = 0; at < bytes.length; at += chunk) {
    decoder.push(bytes.subarray(at, at + chunk), (line) => timeline.push(line));
  }
  decoder.end();
  timeline.finish(end);
  const total = new Tally(0);
  for (const bin of timeline.bins()) total.addCounts(bin.tally);
  return { timeline, seconds, total, decoder };
}

const sum = (
  seconds: readonly Second[],
  key: 'planned' | 'started' | 'acknowledged' | 'unknown' | 'dropped' | 'refused',
): number => seconds.reduce((total, second) => total + second[key], 0);

const countOf = (arrivals: readonly Planted[], test: (arrival: Planted) => boolean): number =>
  arrivals.filter(test).length;

describe('the timeline of a run', () => {
  const plan = planOf([population('s', 0, [ramp(2000, 500), hold(4000, 500), ramp(1000, 0)])]);

  it('counts every planned arrival of a healthy run as started and acknowledged, second by second', () => {
    const { total, seconds } = fold(plan, evidenceOf(play(plan, 1)));
    expect(total.planned).toBe(2750);
    expect(total.acknowledged).toBe(2750);
    expect(total.dropped + total.unknown + total.refused).toBe(0);
    expect(sum(seconds, 'planned')).toBe(2750);
    expect(sum(seconds, 'acknowledged')).toBe(2750);
    expect(seconds.map((second) => second.planned).slice(0, 7)).toEqual([125, 375, 500, 500, 500, 500, 250]);
  });

  it('finds the clock zero within a millisecond from the starts alone', () => {
    const { timeline } = fold(plan, evidenceOf(play(plan, 2)));
    expect(Math.abs(timeline.zeroMs - ZERO_MS)).toBeLessThan(1);
  });

  it('counts an arrival that never started as dropped in the second in which it was due', () => {
    const arrivals = play(plan, 3, ({ tickMs, random }) => ({
      dropped: tickMs > 3100 && tickMs < 3900 && random() < 0.3,
    }));
    const planted = countOf(arrivals, (arrival) => arrival.startMs === undefined);
    const { total, seconds } = fold(plan, evidenceOf(arrivals));
    expect(planted).toBeGreaterThan(50);
    expect(total.dropped).toBe(planted);
    expect(Math.abs(seconds[3]!.dropped - planted)).toBeLessThanOrEqual(1);
    expect(sum(seconds, 'dropped')).toBe(planted);
  });

  it('does not take late arrivals for dropped ones', () => {
    const arrivals = play(plan, 4, ({ tickMs }) => ({
      lateMs: tickMs > 3000 && tickMs < 3600 ? 3600 - tickMs : 0,
    }));
    const { total, seconds, timeline } = fold(plan, evidenceOf(arrivals));
    expect(total.dropped).toBe(0);
    expect(sum(seconds, 'dropped')).toBe(0);
    expect(seconds[3]!.lateP99Ms).toBeGreaterThan(500);
    expect(seconds[1]!.lateP99Ms).toBeLessThan(2);
    expect(timeline.evidence.gaps).toBe(0);
  });

  it('counts a gap in the numbers as an arrival whose fate was not written, where it happened', () => {
    const arrivals = play(plan, 5, ({ tickMs, random }) => ({
      written: !(tickMs > 4000 && tickMs < 4900 && random() < 0.2),
    }));
    const planted = countOf(arrivals, (arrival) => !arrival.written);
    const { total, seconds, timeline } = fold(plan, evidenceOf(arrivals));
    expect(planted).toBeGreaterThan(50);
    expect(total).toMatchObject({ unknown: planted, unwritten: planted, dropped: 0, planned: 2750 });
    expect(timeline.evidence.gaps).toBe(planted);
    expect(seconds[4]!.unknown).toBe(planted);
  });

  it('calls what was in the hands of a generator that died unknown, and plans nothing after its death', () => {
    const diedMs = 4500;
    const arrivals = play(plan, 6, () => ({ durationMs: 200 })).map((arrival) => ({
      ...arrival,
      written: arrival.tickMs + 201 < diedMs,
    }));
    const due = countOf(arrivals, (arrival) => arrival.tickMs <= diedMs);
    const { total, seconds } = fold(plan, evidenceOf(arrivals), {
      complete: false,
      endedAtMs: ZERO_MS + diedMs,
    });
    expect(Math.abs(total.planned - due)).toBeLessThanOrEqual(1);
    expect(total.dropped).toBe(0);
    expect(total.planned).toBe(total.started);
    expect(total.unknown).toBe(total.planned - total.acknowledged);
    expect(total.unknown).toBeGreaterThan(90);
    expect(sum(seconds, 'unknown')).toBe(total.unknown);
  });

  it('keeps two populations apart and adds them up', () => {
    const two = planOf([population('s', 200, [hold(3000, 200)]), population('f', 300, [hold(3000, 300)])]);
    const arrivals = play(two, 7, ({ letter, tickMs }) => ({
      dropped: letter === 'f' && tickMs > 1200 && tickMs < 1300,
    }));
    const { total } = fold(two, evidenceOf(arrivals));
    expect(total.planned).toBe(1500);
    expect(total.dropped).toBe(countOf(arrivals, (arrival) => arrival.startMs === undefined));
  });

  it('gives the same seconds however the bytes are cut', () => {
    const evidence = evidenceOf(
      play(plan, 8, ({ random }) => ({ durationMs: random() * 300, dropped: random() < 0.01 })),
    );
    const whole = fold(plan, evidence).seconds;
    for (const chunk of [1, 7, 1000]) expect(fold(plan, evidence, COMPLETE, chunk).seconds).toEqual(whole);
  });

  it('books every arrival exactly once, whatever happens to it', () => {
    const fates = fc.record({
      seed: fc.integer({ min: 0, max: 1 << 30 }),
      dropped: fc.constantFrom(0, 0.02, 0.4),
      unwritten: fc.constantFrom(0, 0.02, 0.3),
      refused: fc.constantFrom(0, 0.1),
      lateMs: fc.constantFrom(0, 3, 80),
    });
    fc.assert(
      fc.property(fates, ({ seed, dropped, unwritten, refused, lateMs }) => {
        const arrivals = play(plan, seed, ({ random }) => ({
          dropped: random() < dropped,
          written: random() >= unwritten,
          status: random() < refused ? 400 : 201,
          lateMs: random() * lateMs,
          durationMs: random() * 400,
        }));
        const { total, seconds } = fold(plan, evidenceOf(arrivals));
        const written = arrivals.filter((arrival) => arrival.written && arrival.startMs !== undefined);
        expect(total.planned).toBe(arrivals.length);
        expect(total.planned).toBe(total.started + total.dropped);
        expect(total.acknowledged).toBe(countOf(written, (arrival) => arrival.status === 201));
        expect(total.refused).toBe(countOf(written, (arrival) => arrival.status === 400));
        for (const key of ['planned', 'started', 'acknowledged', 'unknown', 'dropped', 'refused'] as const) {
          expect(sum(seconds, key)).toBe(total[key]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on the order of lines that answer within the timeout', () => {
    const arrivals = play(plan, 9, ({ random }) => ({ durationMs: random() * 500 }));
    const lines = evidenceOf(arrivals).trimEnd().split('\n');
    const random = seeded(10);
    const shuffled = lines
      .map((line, i) => ({ line, at: i + random() * 100 }))
      .sort((a, b) => a.at - b.at)
      .map(({ line }) => line);
    const straight = fold(plan, `${lines.join('\n')}\n`);
    expect(fold(plan, `${shuffled.join('\n')}\n`).seconds).toEqual(straight.seconds);
  });

  it('takes an arrival of several operations and attempts for one', () => {
    const shop = planOf([population('s', 100, [hold(2000, 100)])], {
      operations: { browse: { success: 200 }, order: { success: 201 } },
      linesPerArrival: 4,
      iterationMaxMs: 4000,
    });
    const lines = play(shop, 11).flatMap(({ startMs, seq }) => {
      const start = Math.floor(ZERO_MS + startMs!);
      const browse = `${start},browse,s${seq},1,200,10,0,0,seoul`;
      if (seq! % 10 === 0) return [`${start},browse,s${seq},1,404,10,0,1404,seoul`];
      const first = `${start + 20},order,s${seq},1,503,10,0,1503,seoul`;
      const second = `${start + 40},order,s${seq},2,201,10,0,0,seoul`;
      return seq! % 3 === 0 ? [browse, first, second] : [browse, second.replace(',2,', ',1,')];
    });
    const { total, seconds, timeline } = fold(shop, `${lines.join('\n')}\n`);
    expect(total).toMatchObject({ planned: 200, acknowledged: 180, refused: 20, unknown: 0, dropped: 0 });
    const served = timeline.window.clean.operations[1]!.served;
    expect(served.count).toBe(180);
    // A retried order is timed from its first send.
    expect(served.atRank(180)).toBeCloseTo(30, 0);
    expect(served.atRank(1)).toBeCloseTo(10, 0);
    expect(sum(seconds, 'acknowledged')).toBe(180);
  });

  it('opens no more seconds than it needs where the evidence ends long before the plan', () => {
    const long = planOf([population('s', 20, [hold(600_000, 20)])]);
    const short = planOf([population('s', 20, [hold(3000, 20)])]);
    let most = 0;
    const decoder = new EvidenceDecoder();
    const timeline = new Timeline(long, decoder, {
      onSecond: () => {
        most = Math.max(most, timeline.seconds.filter((second) => !second.closed).length);
      },
    });
    decoder.push(Buffer.from(evidenceOf(play(short, 1))), (line) => timeline.push(line));
    timeline.finish(COMPLETE);
    expect(timeline.seconds).toHaveLength(600);
    expect(most).toBeLessThanOrEqual(5);
  });

  it('leaves out lines that cannot belong to the plan', () => {
    const evidence = evidenceOf(play(plan, 12));
    const foreign = [
      `${Math.floor(ZERO_MS) + 10},order,s99999,1,201,5,0,0,seoul`,
      `${Math.floor(ZERO_MS) + 10},other,s3,1,201,5,0,0,seoul`,
      `${Math.floor(ZERO_MS) + 10},order,z3,1,201,5,0,0,seoul`,
      `${Math.floor(ZERO_MS) - 90_000},order,s3,1,201,5,0,0,seoul`,
    ].join('\n');
    const { total, timeline } = fold(plan, `${evidence}${foreign}\n`);
    expect(timeline.evidence.astray).toBe(4);
    expect(total.acknowledged).toBe(2750);
  });

  it('has nothing to say of a run without evidence but that all of it is missing', () => {
    const { total, seconds } = fold(plan, '');
    expect(total).toMatchObject({ planned: 2750, dropped: 2750, started: 0 });
    expect(sum(seconds, 'dropped')).toBe(2750);
  });
});
