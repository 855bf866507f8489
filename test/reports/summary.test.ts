import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../measure/measurement.ts';
import { renderSummary } from '../../reports/summary.ts';
import { aborted, failed, hostile, lateGenerator, passed } from './fixture.ts';

const RUNS = {
  pass: passed(),
  fail: failed(),
  inconclusive: lateGenerator(),
  aborted: aborted(),
  hostile: hostile(),
};

function saying(text: string, copies = 1): Measurement {
  const measurement = failed();
  const claims = Array.from({ length: copies }, () => ({
    ...measurement.verdict.claims[0]!,
    title: text,
    reason: text,
  }));
  const reasons = Array.from({ length: copies }, () => text);
  return {
    ...measurement,
    run: { ...measurement.run, notes: reasons },
    verdict: { ...measurement.verdict, claims, reasons },
  };
}

/** Columns of a row of a Markdown table: bars that are not escaped. */
const columnsOf = (row: string): number => row.match(/(?<!\\)\|/g)!.length - 1;

describe('summary.md', () => {
  for (const [name, measurement] of Object.entries(RUNS)) {
    it(`tells ${name}`, async () => {
      await expect(renderSummary(measurement)).toMatchFileSnapshot(`golden/summary-${name}.md`);
    });
  }

  it('keeps its tables whole when a text holds bars, backticks, line breaks and backslashes', () => {
    const text = 'a | b `code` \\| c\n| d | *e* _f_ [g](http://h) <b>i</b>';
    const lines = renderSummary(saying(text)).split('\n');
    const rows = lines.filter((line) => line.startsWith('|') && line.includes('code'));
    expect(rows.map(columnsOf)).toEqual([5]);
    expect(rows[0]).toContain('\\`code\\`');
    expect(rows[0]).toContain('\\[g\\]');
    expect(rows[0]).not.toContain('<b>');
    expect(lines.filter((line) => line.startsWith('- '))).toHaveLength(1);
  });

  it.each(['# heading', '- item', '1. item', '> quote', '+ item'])(
    'does not let %j begin something',
    (text) => {
      const measurement = saying(text);
      expect(renderSummary(measurement).split('\n')).toContain(`${text.replace(/([#\->+.])/, '\\$1')}`);
    },
  );

  it('stays below 64 KB, says that there is more, and keeps its links', () => {
    const markdown = renderSummary(saying('주문 '.repeat(2000), 500));
    expect(Buffer.byteLength(markdown)).toBeLessThan(64 * 1024);
    expect(markdown).toContain('There is more in the report.');
    expect(markdown).toContain('[report](report.html)');
  });
});
