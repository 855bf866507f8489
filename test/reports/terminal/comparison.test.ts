import { describe, expect, it } from 'vitest';
import { renderComparisonTable } from '../../../reports/terminal/comparison.ts';
import { type RunRow, renderRunList } from '../../../reports/terminal/run-list.ts';
import { failed, hour, passed } from '../fixture.ts';

describe('two runs side by side', () => {
  for (const columns of [40, 80, 120]) {
    it(`fit ${columns} columns`, async () => {
      const lines = renderComparisonTable(passed(), failed(), { columns, colour: false });
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/comparison-${columns}.txt`);
    });
  }

  it('show their error bars at any width', () => {
    for (const columns of [30, 40, 56, 80, 100, 120]) {
      const text = renderComparisonTable(passed(), failed(), { columns, colour: false }).join('\n');
      for (const bar of ['6.04 ms [5.8, 6.28]', '473 ms [454, 492]']) expect(text).toContain(bar);
    }
  });

  it('show no change where the error bars overlap', () => {
    const lines = renderComparisonTable(passed(7), passed(8), { columns: 120, colour: false });
    expect(lines.find((line) => line.includes('P95'))).toContain('within the error bars');
    expect(lines.find((line) => line.includes('Throughput'))).toContain('the same');
  });

  it('say what else differs and what only one of them claimed', () => {
    const other = hour();
    const a = { ...passed(), verdict: { ...passed().verdict, claims: passed().verdict.claims.slice(0, 4) } };
    const text = renderComparisonTable(a, other, { columns: 140, colour: false }).join('\n');
    expect(text).toContain('The runs differ in profile (quick and soak).');
    expect(text).toContain('claimed in B only');
  });
});

describe('the list of runs', () => {
  const row: RunRow = {
    run: '20261121T001503Z-load-quick-7f3a',
    startedAt: '2026-11-21T00:15:03.200Z',
    profile: 'quick',
    verdict: 'PASS',
    throughputPerSecond: 10_099.4,
    p95: { kind: 'measured', ms: 6.12 },
    drill: null,
    bytes: 13_900_000,
  };
  const rows: RunRow[] = [
    row,
    {
      ...row,
      run: '20261120T230000Z-load-soak-01ab',
      profile: 'soak',
      verdict: 'FAIL',
      p95: { kind: 'infinite' },
    },
    {
      run: '20261120T220000Z-load-smoke-9c0d',
      startedAt: null,
      profile: 'smoke',
      verdict: null,
      throughputPerSecond: null,
      p95: { kind: 'none' },
      drill: null,
      bytes: 800,
    },
  ];

  for (const columns of [40, 80, 120]) {
    it(`fits ${columns} columns`, async () => {
      const lines = renderRunList(rows, { columns, colour: false });
      await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/runs-${columns}.txt`);
    });
  }

  it('shows what drills found, in columns of their own', async () => {
    const drills: RunRow[] = [
      {
        ...row,
        run: '20261121T001503Z-drill-region-loss-7f3a',
        profile: 'region-loss',
        throughputPerSecond: null,
        p95: { kind: 'none' },
        drill: { rtoSeconds: 4.31, lostOrders: 37 },
      },
      {
        ...row,
        run: '20261121T011503Z-drill-no-failover-8e2b',
        profile: 'no-failover',
        verdict: 'FAIL',
        throughputPerSecond: null,
        p95: { kind: 'none' },
        drill: { rtoSeconds: null, lostOrders: null },
      },
      ...rows,
    ];
    const lines = renderRunList(drills, { columns: 140, colour: false });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/runs-drills-140.txt');
  });

  it('keeps names whole at any width, so that they can be copied', () => {
    for (const columns of [1, 30, 50, 90]) {
      const text = renderRunList(rows, { columns, colour: true }).join('\n');
      for (const { run } of rows) expect(text).toContain(run);
    }
  });

  it('says how to make a first run', () => {
    expect(renderRunList([], { columns: 80, colour: false })).toEqual([
      'no runs yet: npm run load makes one',
    ]);
  });
});
