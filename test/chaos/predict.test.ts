import { describe, expect, it } from 'vitest';
import type { Timers } from '../../chaos/platform.ts';
import { predict } from '../../chaos/predict.ts';
import type { PlannedFault } from '../../measure/drill.ts';
import type { Claim } from '../../measure/verdict.ts';

const TIMERS: Timers = {
  healthCheck: { intervalMs: 10_000, threshold: 3, timeoutMs: 4000 },
  propagationMs: { low: 0, high: 0 },
  ttlMs: 60_000,
  scale: { tasks: 2, scaleTo: 6, startMs: 20_000 },
  replicationLagMs: { p50: 300, p99: 1200, max: 1700 },
};
const rto = (claimed: number): Claim => ({ id: 'rto', title: 'RTO', op: '<=', claimed, unit: 's' });
const RPO: Claim = { id: 'rpo.seconds', title: 'RPO', op: '<=', claimed: 2, unit: 's' };

function fault(
  name: string,
  injectAtMs = 0,
  undoAtMs = 200_000,
  args: PlannedFault['args'] = {},
): PlannedFault {
  return { id: name, fault: name, region: 'seoul', injectAtMs, undoAtMs, args };
}
const outage = (...faults: PlannedFault[]) => ({ bite: 'outage' as const, faults });

describe('predict', () => {
  it('adds detection, TTL and scaling up, each at its least and at its most', () => {
    const { rto: range } = predict(outage(fault('region.kill')), TIMERS, [rto(120)]);
    expect(range).toMatchObject({ lowMs: 20_000 + 0 + 20_000, highMs: 34_000 + 60_000 + 20_000 });
    expect(range!.steps.map(({ arithmetic }) => arithmetic)).toEqual([
      '2 x 10s to 3 x 10s + 4s timeout',
      '0s to 0s',
      'what is left of 1m',
      '2 to 6 tasks, 20s to start',
    ]);
  });

  it.each([
    ['PASS where even the worst is inside', 114, 'PASS'],
    ['uncertain where the claim lies within', 113, 'uncertain'],
    ['uncertain where only the best is inside', 40, 'uncertain'],
    ['FAIL where even the best is outside', 39, 'FAIL'],
  ] as const)('says %s', (_, claimed, verdict) => {
    expect(predict(outage(fault('region.kill')), TIMERS, [rto(claimed)]).verdict).toBe(verdict);
  });

  it('knows that slow checks and a long TTL miss two minutes before anything scales', () => {
    const slow = { ...TIMERS, healthCheck: { intervalMs: 30_000, threshold: 3, timeoutMs: 4000 } };
    const { rto: range, verdict } = predict(outage(fault('region.kill')), slow, [rto(120)]);
    expect(range!.highMs).toBe(94_000 + 60_000 + 20_000);
    expect(verdict).toBe('uncertain');
  });

  it('needs no time to scale where the standby is at full strength', () => {
    const { rto: range } = predict(outage(fault('region.kill')), { ...TIMERS, scale: null }, [rto(120)]);
    expect(range).toMatchObject({ lowMs: 20_000, highMs: 94_000 });
  });

  it.each([
    ['a health check that lies', fault('health.lie', 0, 200_000, { says: 'healthy' })],
    ['DNS that stays stale', fault('dns.stale')],
  ])('never recovers behind %s', (_, lie) => {
    const { rto: range, verdict } = predict(outage(lie, fault('region.kill')), TIMERS, [rto(120)]);
    expect(range).toMatchObject({ lowMs: null, highMs: null });
    expect(verdict).toBe('FAIL');
  });

  it('waits for a standby that is pinned', () => {
    const { rto: range } = predict(outage(fault('region.kill'), fault('standby.pin', 0, 38_000)), TIMERS, [
      rto(120),
    ]);
    // Freed 38 s after the loss, whether that was noticed after 20 s or after 34 s.
    expect(range).toMatchObject({ lowMs: 38_000 + 20_000, highMs: 38_000 + 60_000 + 20_000 });
  });

  it('expects the lag to be lost, and with it the time that replication had stalled before', () => {
    expect(predict(outage(fault('region.kill')), TIMERS, [RPO])).toMatchObject({
      rpo: { lowMs: 300, highMs: 1700 },
      verdict: 'PASS',
    });
    const stalled = outage(fault('replication.pause', 0), fault('region.kill', 3000));
    expect(predict(stalled, TIMERS, [RPO])).toMatchObject({
      rpo: { lowMs: 3000, highMs: 4700 },
      verdict: 'FAIL',
    });
  });

  it('takes a longer tail where the platform names no longest lag', () => {
    const unbounded = { ...TIMERS, replicationLagMs: { p50: 300, p99: 1200, max: null } };
    expect(predict(outage(fault('region.kill')), unbounded, [RPO]).rpo!.highMs).toBe(1800);
  });

  it('is uncertain where the platform does not tell its timers, and where nothing is to go away', () => {
    expect(predict(outage(fault('region.kill')), null, [rto(120)])).toMatchObject({
      rto: null,
      verdict: 'uncertain',
    });
    const slow = { bite: 'degradation' as const, faults: [fault('region.slow')] };
    expect(predict(slow, TIMERS, [rto(120)])).toMatchObject({ rto: null, verdict: 'uncertain' });
  });
});
