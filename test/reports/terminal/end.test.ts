import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../measure/measurement.ts';
import { VERDICTS } from '../../../measure/verdict.ts';
import { MOST_END_LINES, renderEnd } from '../../../reports/terminal/end.ts';
import { displayWidth } from '../../../reports/terminal/width.ts';
import {
  aborted,
  abortedAtOnce,
  failed,
  hostile,
  lateGenerator,
  passed,
  withoutLatency,
} from '../fixture.ts';

const end = (measurement: Measurement, columns: number, colour = false): string[] =>
  renderEnd(measurement, { columns, colour, reportPath: `runs/${measurement.run.run}/report.html` });

/** PASS with everything that must be said besides. */
function noted(): Measurement {
  const measurement = passed();
  return {
    ...measurement,
    run: { ...measurement.run, notes: ['throughput scaled from 10,000/s to 1,980/s by --rate 2,000'] },
    evidence: { ...measurement.evidence, malformed: 2, gaps: 1 },
  };
}

const RUNS = {
  pass: noted(),
  fail: failed(),
  inconclusive: lateGenerator(),
  aborted: aborted(),
  nothing: abortedAtOnce(),
};

describe('the end of a run', () => {
  for (const [name, measurement] of Object.entries(RUNS)) {
    for (const columns of [40, 80, 120]) {
      it(`shows ${name} at ${columns} columns`, async () => {
        await expect(`${end(measurement, columns).join('\n')}\n`).toMatchFileSnapshot(
          `golden/end-${name}-${columns}.txt`,
        );
      });
    }
  }

  it('says the same in colour', async () => {
    const coloured = end(RUNS.fail, 120, true).join('\n');
    expect(stripVTControlCharacters(coloured)).toBe(end(RUNS.fail, 120).join('\n'));
    await expect(`${coloured}\n`).toMatchFileSnapshot('golden/end-fail-120-colour.txt');
  });

  it('says what was not served, beside the claim or below it', () => {
    for (const columns of [60, 80, 120]) {
      expect(end(withoutLatency(), columns).join('\n')).toContain('202,000 of 202,000 arrivals unserved');
    }
  });

  it('says each claim’s reason once', () => {
    for (const columns of [40, 80, 120]) {
      const text = end(RUNS.inconclusive, columns).join(' ').replace(/\s+/g, ' ');
      expect(text.split('the generator was late').length).toBe(2);
    }
  });

  it('keeps every claim that did not hold when there are too many for the screen', () => {
    const measurement = passed();
    const [claim] = measurement.verdict.claims;
    const claims = Array.from({ length: 40 }, (_, i) => ({
      ...claim!,
      id: `c${i}`,
      title: `Claim ${i}`,
      verdict: i >= 36 ? ('FAIL' as const) : ('PASS' as const),
    }));
    const text = end(
      { ...measurement, verdict: { ...measurement.verdict, verdict: 'FAIL', claims } },
      120,
    ).join('\n');
    for (const i of [36, 37, 38, 39]) expect(text).toContain(`Claim ${i} `);
    expect(text).toContain('and 28 more in the report');
  });

  it('never takes more than twenty lines, ends with the report, and only its path may be wider than the terminal', () => {
    const runs = [...Object.values(RUNS), withoutLatency(), hostile()];
    const sentence = fc.array(fc.constantFrom('late', '≥ 99.99 %', '주문이', 'x'.repeat(12)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...runs),
        fc.array(sentence, { maxLength: 12 }),
        fc.constantFrom(...VERDICTS),
        fc.integer({ min: 34, max: 200 }),
        (measurement, sentences, verdict, columns) => {
          const reasons = sentences.map((words) => words.join(' '));
          const lines = end(
            { ...measurement, verdict: { ...measurement.verdict, verdict, reasons } },
            columns,
          );
          expect(lines.length).toBeLessThanOrEqual(MOST_END_LINES);
          expect(lines.at(-1)).toMatch(/^report {2}runs\//);
          if (measurement.run.run.includes('<')) return;
          for (const line of lines.slice(0, -1)) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        },
      ),
      { numRuns: 300, seed: 20261121 },
    );
  });
});
