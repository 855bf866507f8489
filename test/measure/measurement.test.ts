import { describe, expect, it } from 'vitest';
import type { ObservedEvent } from '../../measure/events.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import { exitedAt, measure, PLAN, run, samples } from './judged.ts';
import { type Fate, play, ZERO_MS } from './simulation.ts';

const claim = (measurement: Measurement, id: string): JudgedClaim =>
  measurement.verdict.claims.find((one) => one.id === id)!;

const during = (from: number, to: number) => (tickMs: number) => tickMs >= from && tickMs < to;

describe('the verdict of a run', () => {
  it('is PASS with every number at hand when all claims hold', () => {
    const { verdict } = run(() => ({}));
    expect(verdict.verdict).toBe('PASS');
    expect(verdict.reasons).toEqual([]);
    expect(verdict.orders).toMatchObject({ planned: 3750, started: 3750, acknowledged: 3750 });
    expect(verdict.window.to_ms - verdict.window.from_ms).toBe(6000);
    expect(verdict.generator).toMatchObject({ cpu: 0.4, saturated: false });
  });

  it('is FAIL when a claim is broken, and says by how much and when', () => {
    const slow = during(4000, 5000);
    const measurement = run(({ tickMs }) => ({ durationMs: slow(tickMs) ? 400 : 5 }));
    expect(measurement.verdict.verdict).toBe('FAIL');
    expect(claim(measurement, 'latency.p95')).toMatchObject({
      verdict: 'FAIL',
      measured: expect.closeTo(400, -1),
    });
    expect(claim(measurement, 'latency.p95').reason).toBe(
      'P95 latency 400 ms, claimed < 100 ms; worst at 00:04.0-00:05.0',
    );
    expect(claim(measurement, 'errors').verdict).toBe('PASS');
  });

  it('counts dropped arrivals as unserved: availability falls and percentiles become infinite', () => {
    const gone = during(4000, 5000);
    const measurement = run(({ tickMs }) => ({ dropped: gone(tickMs) }));
    expect(measurement.verdict.orders.dropped).toBe(500);
    const availability = claim(measurement, 'availability');
    expect(availability.verdict).toBe('FAIL');
    expect(availability.measured).toBeCloseTo(2500 / 3000, 3);
    expect(claim(measurement, 'latency.p95')).toMatchObject({ verdict: 'FAIL', measured: null });
    expect(claim(measurement, 'errors').verdict).toBe('PASS');
  });

  it('is INCONCLUSIVE when the drops fell while the generator had no CPU left', () => {
    const gone = during(3000, 7500);
    const events = [...samples(0.97, 0.99), exitedAt(10_100)];
    const { verdict } = run(({ tickMs, random }) => ({ dropped: gone(tickMs) && random() < 0.3 }), {
      events,
    });
    expect(verdict.verdict).toBe('INCONCLUSIVE');
    expect(verdict.generator.saturated).toBe(true);
    expect(verdict.reasons.join()).toMatch(/the generator could not keep up.*97 %/);
  });

  it('stands when the seconds of the generator do not decide it', () => {
    const gone = during(4000, 4100);
    const events = [...samples(0.97, 0.99), exitedAt(10_100)];
    const measurement = run(({ tickMs }) => ({ dropped: gone(tickMs) }), {
      events,
      claims: { 'latency.p50': '< 100ms', availability: '>= 99.9%' },
    });
    expect(claim(measurement, 'latency.p50').verdict).toBe('PASS');
    expect(claim(measurement, 'availability')).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(claim(measurement, 'availability').reason).toMatch(/would be PASS without them/);
  });

  it('refuses a verdict on latency when the sends were later than a tenth of the tightest claim', () => {
    const measurement = run(({ random }) => ({ lateMs: random() * 30 }));
    expect(claim(measurement, 'latency.p95').verdict).toBe('INCONCLUSIVE');
    expect(claim(measurement, 'latency.p95').reason).toMatch(
      /the generator was late by .* at p99, its limit is 10 ms/,
    );
  });

  it('is ABORTED when a person stopped it, and judges what there is', () => {
    const stop: ObservedEvent = { t: ZERO_MS + 5000, kind: 'signal', observed: true, signal: 'SIGINT' };
    const arrivals = play(PLAN, 1).map((arrival) => ({ ...arrival, written: arrival.tickMs < 4990 }));
    const { verdict } = measure(arrivals, {
      events: [stop, exitedAt(5030, { code: 105, complete: false, cause: 'k6 was interrupted' })],
    });
    expect(verdict.verdict).toBe('ABORTED');
    expect(verdict.reasons).toEqual(['stopped by SIGINT after 5 s of 9 s']);
    expect(verdict.orders.planned).toBeGreaterThan(1990);
    expect(verdict.orders.planned).toBeLessThan(2010);
    expect(verdict.claims.every((one) => one.verdict === 'ABORTED' && one.measured !== null)).toBe(true);
  });

  const died = exitedAt(5000, { code: 137, complete: false, cause: 'the generator was killed by SIGKILL' });

  it('is INCONCLUSIVE when the generator died, never PASS', () => {
    const arrivals = play(PLAN, 1).map((arrival) => ({ ...arrival, written: arrival.tickMs < 4990 }));
    const { verdict } = measure(arrivals, { events: [died] });
    expect(verdict.verdict).toBe('INCONCLUSIVE');
    expect(verdict.reasons).toEqual(['the generator was killed by SIGKILL']);
  });

  it('is FAIL when a claim had failed already before the generator died', () => {
    const arrivals = play(PLAN, 1, () => ({ status: 400 })).map((arrival) => ({
      ...arrival,
      written: arrival.tickMs < 4990,
    }));
    expect(measure(arrivals, { events: [died] }).verdict.verdict).toBe('FAIL');
  });

  it('is INCONCLUSIVE when the run has no end in its log', () => {
    expect(run(() => ({}), { events: [] }).verdict).toMatchObject({ verdict: 'INCONCLUSIVE' });
  });

  it('leaves open what arrivals without a line would decide', () => {
    const lost = during(4000, 4200);
    const measurement = run(({ tickMs }) => ({ written: !lost(tickMs) }));
    const availability = claim(measurement, 'availability');
    expect(availability).toMatchObject({ verdict: 'INCONCLUSIVE', high: 1 });
    expect(availability.low).toBeCloseTo(2900 / 3000, 2);
    expect(availability.reason).toMatch(/the fate of 100 arrivals was not written/);
  });

  it('is INCONCLUSIVE for a claim on what was not measured', () => {
    const measurement = run(() => ({}), { claims: { 'latency.browse.p95': '< 10ms' } });
    expect(claim(measurement, 'latency.browse.p95')).toMatchObject({
      verdict: 'INCONCLUSIVE',
      measured: null,
      reason: 'no browse was sent in the window',
    });
  });

  it('finds the stretch in which a windowed claim was broken', () => {
    const slow = during(5000, 6000);
    const measurement = run(({ tickMs }) => ({ durationMs: slow(tickMs) ? 300 : 5 }), {
      claims: { 'latency.p90': '< 100ms', 'latency.p90@2s': '< 100ms' },
    });
    expect(claim(measurement, 'latency.p90')).toMatchObject({ verdict: 'FAIL' });
    const windowed = claim(measurement, 'latency.p90@2s');
    expect(windowed.verdict).toBe('FAIL');
    expect(windowed.reason).toMatch(/at 00:0[45]\.0-00:0[67]\.0$/);
  });

  it('passes a windowed claim only when every stretch holds', () => {
    const measurement = run(() => ({}), { claims: { 'availability@2s': '>= 99.9%' } });
    expect(claim(measurement, 'availability@2s')).toMatchObject({ verdict: 'PASS', measured: 1 });
  });

  it('is the same from the same evidence, byte for byte', () => {
    const fate: Fate = ({ random }) => ({ durationMs: random() * 200, status: random() < 0.01 ? 503 : 201 });
    expect(JSON.stringify(run(fate).verdict)).toBe(JSON.stringify(run(fate).verdict));
  });
});
