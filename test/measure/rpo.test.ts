import { describe, expect, it } from 'vitest';
import { parseClaim } from '../../measure/claims.ts';
import type { Audit, DrillFacts } from '../../measure/drill-facts.ts';
import { judgeRpoOrders, judgeRpoSeconds, measureRpo } from '../../measure/rpo.ts';
import type { Claim } from '../../measure/verdict.ts';
import { listingRead, recordOf } from './drill-simulation.ts';
import { ZERO_MS } from './simulation.ts';

interface Cost {
  lost: number;
  /** The earliest lost acknowledgement, before the cut-over. */
  seconds: number;
  unknown?: number;
}

/** A loss of each region in turn, and what it cost. */
function factsOf(costs: readonly Cost[]): DrillFacts {
  const audits = costs.map(({ lost, seconds, unknown = 0 }, i): Audit => {
    const cutoverMs = Math.round(ZERO_MS) + 10_000 * (i + 1);
    const held = { fromMs: cutoverMs - 2000, untilMs: cutoverMs + 10_000, expired: false };
    const counts = { acknowledged: 5000, found: 5000 - lost, lost_acked: lost, unknown_absent: unknown };
    const none = { unknown_present: 0, duplicated: 0, unexpected: 0, recovered: 0 };
    return {
      held: { region: i % 2 === 0 ? 'seoul' : 'tokyo', survivor: i % 2 === 0 ? 'tokyo' : 'seoul', ...held },
      cutoverMs,
      ledger: {
        cutover: { ...counts, ...none },
        healed: null,
        lost: [],
        earliestLostMs: cutoverMs - seconds * 1000,
        earliestUnwrittenMs: null,
        torn: 0,
      },
    };
  });
  return {
    record: recordOf({}, { bite: 'none' }),
    events: ['seoul', 'tokyo'].map((region) => listingRead(region, 'cutover')),
    zeroMs: Math.round(ZERO_MS),
    endMs: ZERO_MS + 60_000,
    held: audits.map(({ held }) => held),
    outages: [],
    baselines: [],
    degraded: false,
    audits,
    listed: () => null,
    blamed: [],
    unwritten: { startsMs: [], torn: 0 },
    gapMs: 2.5,
    capacity: { before: 400, after: 400 },
  };
}

function claimOf(id: string, text: string): Claim {
  const claim = parseClaim(id, text, null, id, 'drill');
  if (claim instanceof Error) throw claim;
  return claim;
}

describe('what several losses cost', () => {
  const many = { lost: 400, seconds: 0.4 };
  const long = { lost: 30, seconds: 5 };

  it.each([[[many, long]], [[long, many]]])('is that of the worst, seconds and orders each', (costs) => {
    const facts = factsOf(costs);
    expect(measureRpo(facts)).toEqual({ seconds: 5, low: 5, high: 5, orders_low: 400, orders_high: 400 });
    const seconds = judgeRpoSeconds(claimOf('rpo.seconds', '<= 2s'), facts);
    expect(seconds).toMatchObject({ verdict: 'FAIL', measured: 5 });
    expect(seconds.reason).toMatch(/^30 acknowledged orders lost/);
    const orders = judgeRpoOrders(claimOf('rpo.orders', '<= 100'), facts);
    expect(orders).toMatchObject({ verdict: 'FAIL', measured: 400 });
    expect(orders.reason).toMatch(/^400 acknowledged orders lost/);
  });

  it('is not known where one of them may have cost more than is claimed', () => {
    const facts = factsOf([
      { lost: 1, seconds: 0.4 },
      { lost: 0, seconds: 0, unknown: 500 },
    ]);
    const claim = claimOf('rpo.orders', '<= 100');
    expect(judgeRpoOrders(claim, facts)).toMatchObject({ verdict: 'INCONCLUSIVE', low: 1, high: 500 });
    expect(judgeRpoOrders(claim, facts).reason).toMatch(/500 unknown/);
  });
});
