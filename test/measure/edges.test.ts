/** Where a verdict is lost most easily: the window's edges, torn numbers, few samples, values at the claim itself. */
import { describe, expect, it } from 'vitest';
import { EvidenceDecoder } from '../../measure/evidence.ts';
import { LatencyHistogram, quantile } from '../../measure/histogram.ts';
import { type Measurement, Measuring } from '../../measure/measurement.ts';
import type { RunRecord } from '../../measure/run.ts';
import { Timeline } from '../../measure/timeline.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import { claimsOf, exitedAt, measure, run, samples } from './judged.ts';
import { evidenceOf, hold, planOf, play, population, ramp, seeded } from './simulation.ts';

const claim = (measurement: Measurement, id: string): JudgedClaim =>
  measurement.verdict.claims.find((one) => one.id === id)!;

const ALL = { availability: '>= 100%', errors: '<= 0%', throughput: '>= 39.9' };

describe('an arrival that was due in the window and started behind it', () => {
  it('is judged where a plan ends with its plateau: the last tick falls on the very edge', () => {
    const plan = planOf([population('s', 40, [hold(2000, 40)])]);
    const failing = run(({ index }) => (index === 79 ? { status: 500 } : {}), { plan, claims: ALL });
    expect(claim(failing, 'availability')).toMatchObject({ verdict: 'FAIL', measured: 79 / 80 });
    expect(claim(failing, 'errors')).toMatchObject({ verdict: 'FAIL', measured: 1 / 80 });
    const healthy = run(() => ({}), { plan, claims: ALL });
    expect(claim(healthy, 'throughput')).toMatchObject({ verdict: 'PASS', measured: 40 });
    expect(healthy.verdict.verdict).toBe('PASS');
  });

  it('fails its claim where the generator stalled over the edge and the answers turned bad', () => {
    const plan = planOf([population('s', 40, [hold(2000, 40)])]);
    const stalled = run(
      ({ tickMs }) => (tickMs > 1370 ? { lateMs: 2100 - tickMs + (tickMs - 1370) / 100, status: 500 } : {}),
      { plan, claims: { ...ALL, 'latency.p95': '< 100ms' } },
    );
    expect(stalled.verdict.orders).toMatchObject({ planned: 80, acknowledged: 54, unknown: 26 });
    expect(claim(stalled, 'availability')).toMatchObject({ measured: 54 / 80 });
    expect(stalled.verdict.verdict).not.toBe('PASS');
    expect(claim(stalled, 'latency.p95').verdict).not.toBe('PASS');
  });

  it('counts for the window that it was due in, with its lateness', () => {
    const plan = planOf([population('s', 1000, [hold(5000, 1000), ramp(2000, 0)])]);
    const late = run(({ tickMs }) => (tickMs > 4500 && tickMs <= 5000 ? { lateMs: 800 } : {}), {
      plan,
      claims: { throughput: '>= 999', availability: '>= 100%', 'latency.p99': '< 100ms' },
      events: [...samples(1, 1), exitedAt(7100)],
    });
    expect(claim(late, 'throughput')).toMatchObject({ measured: 1000 });
    expect(claim(late, 'availability')).toMatchObject({ measured: 1 });
    expect(late.verdict.generator.late_p99_ms).toBeGreaterThan(100);
    expect(claim(late, 'latency.p99').verdict).toBe('INCONCLUSIVE');
  });

  it('leaves nothing served where nothing was', () => {
    const plan = planOf([population('s', 200, [hold(3000, 200)])]);
    const refused = run(() => ({ status: 0, errorCode: 1212, durationMs: 0 }), {
      plan,
      claims: { availability: '>= 99%' },
    });
    expect(claim(refused, 'availability')).toMatchObject({ verdict: 'FAIL', measured: 0, low: 0, high: 0 });
  });

  it('makes each second exact, whatever was late or dropped in it', () => {
    const seed = 20261121;
    const random = seeded(seed);
    for (let round = 0; round < 20; round++) {
      const plan = planOf([population('s', 0, [ramp(1500, 300), hold(4500, 300), ramp(1000, 0)])]);
      const stallAt = 1000 + random() * 4000;
      const stallMs = random() * 900;
      const dropped = random() < 0.5;
      const arrivals = play(plan, seed + round, ({ tickMs }) => {
        const inside = tickMs >= stallAt && tickMs < stallAt + stallMs;
        if (!inside) return {};
        return dropped ? { dropped: true } : { lateMs: stallAt + stallMs - tickMs };
      });
      const decoder = new EvidenceDecoder();
      const timeline = new Timeline(plan, decoder);
      decoder.push(Buffer.from(evidenceOf(arrivals)), (line) => timeline.push(line));
      timeline.finish({ complete: true, endedAtMs: null });
      for (const bin of timeline.bins()) {
        const truth = arrivals.filter(({ tickMs }) => tickMs > bin.from && tickMs <= bin.to);
        const started = truth.filter(({ startMs }) => startMs !== undefined).length;
        const told = `round ${round} of seed ${seed}, bin ${bin.from}`;
        expect(bin.tally.planned, told).toBe(truth.length);
        // Which of two neighbours was dropped cannot be told from outside.
        expect(Math.abs(bin.tally.started - started), told).toBeLessThanOrEqual(dropped ? 2 : 0);
      }
    }
  });
});

describe('torn numbers', () => {
  const plan = planOf([population('s', 200, [hold(10_000, 200)])]);
  const good = evidenceOf(play(plan, 3));

  it.each([['300000'], ['5000000'], ['90000000']])('are left out: a duration of %s ms', (durationMs) => {
    const lines = good.split('\n');
    lines[700] = lines[700]!.replace(/,201,[\d.]+,/, `,201,${durationMs},`);
    const record = {
      run: 'r',
      kind: 'load',
      claims: claimsOf({ availability: '>= 99.99%' }),
      machine: { allowedCpus: 2 },
    } as RunRecord;
    const measuring = new Measuring(record, plan, [exitedAt(10_100)]);
    measuring.push(Buffer.from(lines.join('\n')));
    const measurement = measuring.finish();
    expect(measurement.seconds.length).toBeLessThanOrEqual(11);
    expect(measurement.evidence).toMatchObject({ malformed: 1, gaps: 1 });
    // Its order may have been served or not.
    expect(claim(measurement, 'availability')).toMatchObject({ verdict: 'INCONCLUSIVE', high: 1 });
  });
});

describe('an error bar', () => {
  const histogramOf = (values: readonly number[]): LatencyHistogram => {
    const histogram = new LatencyHistogram();
    for (const value of values) histogram.record(value);
    return histogram;
  };

  it.each([
    [0.95, 72],
    [0.99, 368],
    [0.999, 3688],
  ])('has no upper end for the %d quantile below %d arrivals', (q, least) => {
    const at = (n: number) => quantile(histogramOf(Array.from({ length: n }, () => 5)), 0, q)!;
    expect(at(least - 1).high).toBe(Number.POSITIVE_INFINITY);
    expect(at(least).high).toBeCloseTo(5, 1);
  });

  it('holds the true quantile in 95 of 100 samples, few or many', () => {
    const seed = 7;
    const random = seeded(seed);
    for (const [n, q] of [
      [100, 0.5],
      [400, 0.95],
      [1500, 0.99],
      [30_000, 0.99],
    ] as const) {
      // Exponential: its q-quantile is -ln(1 - q) times its mean.
      const truth = -Math.log(1 - q) * 10;
      let inside = 0;
      const rounds = n > 10_000 ? 100 : 400;
      for (let i = 0; i < rounds; i++) {
        const found = quantile(
          histogramOf(Array.from({ length: n }, () => -Math.log(1 - random()) * 10)),
          0,
          q,
        )!;
        if (found.low <= truth && truth <= found.high) inside += 1;
      }
      // Four standard deviations below 95 %.
      const least = 0.95 - 4 * Math.sqrt((0.95 * 0.05) / rounds);
      expect(inside / rounds, `n ${n}, q ${q}, seed ${seed}`).toBeGreaterThan(least);
    }
  });

  it('holds the value that was recorded, though the histogram keeps three digits of it', () => {
    for (const ms of [0.001, 4.999, 99.98, 100, 123.456, 3_599_999]) {
      const { low, high } = quantile(histogramOf(Array.from({ length: 5000 }, () => ms)), 0, 0.95)!;
      expect(low).toBeLessThanOrEqual(ms);
      expect(high).toBeGreaterThanOrEqual(ms);
    }
  });

  it('does not fail a latency that is at the claim', () => {
    const at = run(() => ({ durationMs: 99.98 }), { claims: { 'latency.p95': '< 100ms' } });
    expect(claim(at, 'latency.p95').verdict).not.toBe('FAIL');
  });
});

describe('a generator that was late', () => {
  it('does not excuse orders that failed', () => {
    const failed = run(({ tickMs }) => ({ status: 500, lateMs: tickMs > 4000 && tickMs < 4400 ? 60 : 0 }), {
      claims: { 'latency.p95': '< 100ms' },
    });
    expect(failed.verdict.generator.saturated).toBe(true);
    expect(claim(failed, 'latency.p95')).toMatchObject({ verdict: 'FAIL', measured: null });
  });

  it('is told of the stretch that it was late in, not of others', () => {
    const late = run(({ tickMs }) => ({ lateMs: tickMs > 6000 && tickMs < 6400 ? 60 : 0 }), {
      claims: { 'latency.p95@2s': '< 100ms' },
    });
    expect(claim(late, 'latency.p95@2s').reason).toMatch(/at 00:0[56]\.0-00:0[78]\.0$/);
  });

  it('is not blamed for what whole milliseconds cannot tell', () => {
    const prompt = run(() => ({ durationMs: 0.5 }), { claims: { 'latency.p95': '< 4ms' } });
    expect(claim(prompt, 'latency.p95')).toMatchObject({ verdict: 'PASS' });
  });
});

describe('evidence that is shorter than it was', () => {
  it('proves nothing against the service', () => {
    const plan = planOf([population('s', 200, [hold(3000, 200)])]);
    const whole = evidenceOf(play(plan, 5));
    const cut = whole.slice(0, whole.length / 2);
    const record = {
      run: 'r',
      kind: 'load',
      claims: claimsOf({ availability: '>= 99%', 'latency.p95': '< 100ms' }),
      machine: { allowedCpus: 2 },
    } as RunRecord;
    const measuring = new Measuring(record, plan, [exitedAt(3100, { evidenceBytes: whole.length })]);
    measuring.push(Buffer.from(cut));
    const { verdict } = measuring.finish();
    expect(verdict.verdict).toBe('INCONCLUSIVE');
    expect(verdict.reasons[0]).toMatch(/evidence\.csv is shorter than the generator left it/);
    expect(verdict.orders.dropped).toBe(0);
  });
});

describe('a run without claims', () => {
  it('proves nothing', () => {
    expect(
      measure(play(planOf([population('s', 40, [hold(2000, 40)])]), 1), { claims: {} }).verdict,
    ).toMatchObject({
      verdict: 'INCONCLUSIVE',
      reasons: ['nothing was claimed'],
    });
  });
});

describe('windowed claims', () => {
  it('say the same from sliding tallies as from whole ones', () => {
    const measurement = run(
      ({ tickMs, random }) => ({ durationMs: tickMs > 4000 && tickMs < 5000 ? 40 : random() * 9 }),
      {
        claims: { 'latency.p99@1s': '< 50ms', 'latency.p99@3s': '< 50ms', 'throughput@1s': '>= 400' },
      },
    );
    expect(measurement.verdict.claims.map(({ verdict }) => verdict)).toEqual(['PASS', 'PASS', 'PASS']);
    expect(claim(measurement, 'latency.p99@1s').measured).toBeCloseTo(40, 0);
    expect(claim(measurement, 'latency.p99@3s').measured).toBeCloseTo(40, 0);
  });
});

describe('a second that is still open', () => {
  it('tells already how late its sends were', () => {
    const plan = planOf([population('s', 200, [hold(4000, 200)])]);
    const arrivals = play(plan, 9, ({ tickMs }) => ({ lateMs: tickMs > 2000 && tickMs < 2800 ? 40 : 0 }));
    const decoder = new EvidenceDecoder();
    const timeline = new Timeline(plan, decoder);
    const evidence = evidenceOf(arrivals.filter(({ tickMs }) => tickMs <= 3000));
    decoder.push(Buffer.from(evidence), (line) => timeline.push(line));
    expect(timeline.preview(1)?.lateP99Ms).toBeLessThan(2);
    expect(timeline.preview(2)?.lateP99Ms).toBeGreaterThan(38);
  });
});

describe('a generator with too few clients', () => {
  // 100 clients of 200 ms each serve 500 arrivals a second, however fast the machine is.
  const half = ({ index }: { index: number }) => ({ dropped: index % 2 === 1, durationMs: 200 });
  const plan = planOf([population('s', 1000, [hold(5000, 1000)])]);

  it('is the cause where every answer came sooner than the claims ask for', () => {
    const { verdict } = run(half, { plan, claims: { 'latency.p99': '< 500ms', availability: '>= 99%' } });
    expect(verdict.verdict).toBe('INCONCLUSIVE');
    expect(verdict.generator.saturated).toBe(true);
    expect(verdict.reasons[0]).toMatch(/all of its 100 clients were waiting for answers that came in time/);
  });

  it('is not where the answers were slower than that', () => {
    const { verdict } = run(half, { plan, claims: { 'latency.p99': '< 100ms', availability: '>= 99%' } });
    expect(verdict.verdict).toBe('FAIL');
    expect(verdict.generator.saturated).toBe(false);
  });
});

describe('a windowed claim on a plateau that begins within a second', () => {
  it('is judged on the whole of it where no whole second lies inside', () => {
    const plan = planOf([population('s', 0, [ramp(2, 400), hold(1000, 400), ramp(500, 0)])]);
    const measurement = run(() => ({}), { plan, claims: { 'errors@1s': '< 1%' } });
    expect(claim(measurement, 'errors@1s')).toMatchObject({ verdict: 'PASS' });
  });
});
