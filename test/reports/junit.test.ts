import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../measure/measurement.ts';
import { renderJunit } from '../../reports/junit.ts';
import { aborted, failed, hostile, lateGenerator, passed } from './fixture.ts';

const RUNS = { pass: passed(), fail: failed(), inconclusive: lateGenerator(), aborted: aborted() };

/** Parsers that read XML strictly; a machine has one of them or none. */
const PARSERS: [string, string[]][] = [
  ['xmllint', ['--noout', '-']],
  ['python3', ['-c', 'import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())']],
];
const parser = PARSERS.find(([command]) => spawnSync(command, ['--version']).status === 0);

/** The document's elements in order, by a reader that accepts exactly what this renderer may write. */
function elements(xml: string): { name: string; attributes: Record<string, string> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  const token = /<\?xml [^<>]*\?>|<\/([\w-]+)>|<([\w-]+)((?: [\w.]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  let at = 0;
  for (const match of xml.matchAll(token)) {
    expect(match.index).toBe(at);
    at += match[0].length;
    const [whole, closes, opens, attributes = '', empty, text] = match;
    if (text !== undefined || attributes !== '') {
      expect((text ?? attributes).replaceAll(/&(?:amp|lt|gt|quot|apos|#9|#10|#13);/g, '')).not.toContain('&');
    }
    if (closes) expect(open.pop()).toBe(closes);
    if (opens && !empty) open.push(opens);
    if (opens)
      found.push({
        name: opens,
        attributes: Object.fromEntries([...whole.matchAll(/([\w.]+)="([^"]*)"/g)].map((m) => [m[1]!, m[2]!])),
      });
  }
  expect(at).toBe(xml.length);
  expect(open).toEqual([]);
  return found;
}

const named = (xml: string, name: string) => elements(xml).filter((element) => element.name === name);

describe('junit.xml', () => {
  for (const [name, measurement] of Object.entries(RUNS)) {
    it(`of ${name} is a test case a claim`, async () => {
      const xml = renderJunit(measurement);
      await expect(xml).toMatchFileSnapshot(`golden/junit-${name}.xml`);
      const cases = named(xml, 'testcase').filter((one) => one.attributes.name !== 'run');
      expect(cases.map((one) => one.attributes.name)).toEqual(
        measurement.verdict.claims.map((claim) => claim.title),
      );
    });
  }

  it('counts FAIL as failures, INCONCLUSIVE and ABORTED as errors, and skips nothing', () => {
    const totals = (measurement: Measurement) => named(renderJunit(measurement), 'testsuites')[0]!.attributes;
    expect(totals(RUNS.pass)).toMatchObject({ tests: '5', failures: '0', errors: '0' });
    expect(totals(RUNS.fail)).toMatchObject({ failures: '5', errors: '0' });
    expect(totals(RUNS.inconclusive)).toMatchObject({ failures: '0', errors: '2' });
    for (const run of Object.values(RUNS)) expect(named(renderJunit(run), 'skipped')).toEqual([]);
  });

  it.each(['ABORTED', 'INCONCLUSIVE', 'FAIL'] as const)(
    'carries a run’s %s where every claim holds',
    (verdict) => {
      const measurement = passed();
      const xml = renderJunit({ ...measurement, verdict: { ...measurement.verdict, verdict } });
      expect(named(xml, verdict === 'FAIL' ? 'failure' : 'error')).toHaveLength(1);
      expect(named(xml, 'testcase').at(-1)!.attributes.name).toBe('run');
    },
  );

  it('has a test case even where nothing was claimed', () => {
    const measurement = passed();
    const xml = renderJunit({ ...measurement, verdict: { ...measurement.verdict, claims: [] } });
    expect(named(xml, 'testcase')).toHaveLength(1);
  });

  it('names every test case differently', () => {
    const measurement = hostile();
    const names = named(renderJunit(measurement), 'testcase').map((one) => one.attributes.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(measurement.verdict.claims.length + 1);
  });

  const said = (text: string): Measurement => {
    const measurement = hostile();
    const claims = measurement.verdict.claims.map((claim) => ({
      ...claim,
      title: text,
      reason: text,
      verdict: 'FAIL' as const,
    }));
    return {
      ...measurement,
      run: { ...measurement.run, profile: text, notes: [text] },
      verdict: { ...measurement.verdict, reasons: [text, text], claims },
    };
  };

  it('is well-formed whatever the texts hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const xml = renderJunit(said(`${text}\u0000\ud800]]>&"'<`));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids them
        expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u);
        elements(xml);
      }),
      { numRuns: 200, seed: 20261121 },
    );
  });

  it.skipIf(parser === undefined)('is read by a strict parser', () => {
    const [command, args] = parser!;
    const texts = [
      '\u0000\u0008\u000b\u001f\ufffe\uffff\ud800',
      ']]><![CDATA[&#0;',
      'tab\tline\r\nend',
      '주문 😀',
    ];
    for (const measurement of [...Object.values(RUNS), hostile(), ...texts.map(said)]) {
      const { status, stderr } = spawnSync(command, args, {
        input: renderJunit(measurement),
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    }
  });
});
