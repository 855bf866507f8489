/** `summary.md`, `junit.xml` and `lost-orders.csv` of drills. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderJunit } from '../../reports/junit.ts';
import { renderLostOrders } from '../../reports/lost-orders.ts';
import { renderSummary } from '../../reports/summary.ts';
import { DRILLS, hostileDrill, noFailover, regionLoss, replicationStall } from './drills.ts';

const cases = (xml: string): string[] =>
  [...xml.matchAll(/<testcase [^>]*name="([^"]*)"/g)].map((match) => match[1]!);

describe('summary.md of a drill', () => {
  for (const [name, of] of Object.entries(DRILLS)) {
    it(`tells ${name}`, async () => {
      await expect(renderSummary(of())).toMatchFileSnapshot(`golden/summary-${name}.md`);
    });
  }

  it('orders its timeline by time, each row with its evidence', () => {
    const rows = renderSummary(replicationStall())
      .split('\n')
      .filter((line) => /^\| \d\d:\d\d\.\d \|/.test(line));
    const clocks = rows.map((row) => row.slice(2, 9));
    expect(clocks).toEqual([...clocks].sort());
    expect(rows.length).toBeGreaterThan(12);
    for (const row of rows) expect(row).toMatch(/\| (events\.jsonl|evidence\.csv|keys-)[^|]* \|$/);
  });

  it('keeps its tables whole whatever the texts hold', () => {
    const table = renderSummary(hostileDrill())
      .split('\n')
      .filter((line) => /^\| \d\d:/.test(line));
    expect(table.length).toBeGreaterThan(10);
    for (const row of table) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
  });

  it('points to the lost orders only where there are some', () => {
    expect(renderSummary(regionLoss())).toContain('(lost-orders.csv)');
    expect(renderSummary(noFailover())).not.toContain('lost-orders.csv');
  });
});

describe('junit.xml of a drill', () => {
  for (const [name, of] of Object.entries(DRILLS)) {
    it(`of ${name} has RTO and RPO as test cases`, async () => {
      const xml = renderJunit(of());
      await expect(xml).toMatchFileSnapshot(`golden/junit-${name}.xml`);
      expect(cases(xml).slice(0, 2)).toEqual(['RTO', 'RPO']);
    });
  }

  it('has a test case that fails where a fault is not known to be undone, and none where all are', () => {
    expect(cases(renderJunit(noFailover()))).toContain('restored');
    expect(renderJunit(noFailover())).toContain('npm run restore undoes the rest');
    const forgotten = regionLoss();
    forgotten.verdict.drill!.restored = null;
    expect(cases(renderJunit(forgotten))).toContain('restored');
    expect(cases(renderJunit(regionLoss()))).not.toContain('restored');
  });
});

describe('lost-orders.csv', () => {
  it('has a line an order under its header', () => {
    const lines = renderLostOrders(regionLoss().drill!.lost).split('\n');
    expect(lines[0]).toBe('key,acknowledged_ms,region,recovered');
    expect(lines).toHaveLength(39);
    expect(lines[1]).toMatch(/^20261121T001503Z-drill-region-loss-7f3a-f15000,\d{13},seoul,true$/);
    expect(lines.at(-1)).toBe('');
  });

  it('gives back every order, whatever its key holds', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '주', ' ') });
    const order = fc.record({ key: text, acknowledgedMs: fc.nat(), region: text, recovered: fc.boolean() });
    fc.assert(
      fc.property(fc.array(order, { maxLength: 20 }), (lost) => {
        expect(readCsv(renderLostOrders(lost)).slice(1)).toEqual(
          lost.map((one) => [one.key, String(one.acknowledgedMs), one.region, String(one.recovered)]),
        );
      }),
      { seed: 20261121 },
    );
  });
});

/** RFC 4180, lines ended by a line feed. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n\r]*))([,\n])/g)) {
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
