import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../measure/measurement.ts';
import { renderComparison } from '../../../reports/html/compare.ts';
import { differenceOf } from '../../../reports/html/comparison-table.ts';
import { embedJson, html, render } from '../../../reports/html/escape.ts';
import { renderHtml } from '../../../reports/html/report.ts';
import {
  aborted,
  abortedAtOnce,
  failed,
  hostile,
  hour,
  lateGenerator,
  passed,
  withoutLatency,
} from '../fixture.ts';

/** The page without what is built (styles, script, hashes): golden files are for people to read. */
const readable = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '<style></style>')
    .replace(/<script>[\s\S]*?<\/script>/, '<script></script>')
    .replace(/(<script type="application\/json" id="model">)[\s\S]*?(<\/script>)/, '$1$2')
    .replace(/sha256-[^&]*&/, 'sha256-&');

describe('escaping', () => {
  it('escapes whatever is put into markup', () => {
    expect(render(html`<p title="${`"'`}">${'<b>&'}</p>`)).toBe('<p title="&quot;&#39;">&lt;b&gt;&amp;</p>');
  });

  it('joins arrays, keeps markup, and leaves out what is not there', () => {
    expect(render(html`${[html`<i></i>`, 'a', 1]}${null}${false}`)).toBe('<i></i>a1');
  });

  it('embeds data that cannot end its element', () => {
    const text = render(embedJson({ a: '</script><!--' }));
    expect(text).not.toContain('<');
    expect(JSON.parse(text)).toEqual({ a: '</script><!--' });
  });
});

describe('the report', () => {
  it.each([
    ['pass', passed],
    ['fail', failed],
    ['inconclusive', lateGenerator],
    ['aborted', aborted],
    ['aborted-at-once', abortedAtOnce],
    ['without-latency', withoutLatency],
  ])('renders %s as it did', async (name, build) => {
    await expect(readable(renderHtml(build()))).toMatchFileSnapshot(`golden/${name}.html`);
  });

  it('says on top that evidence is damaged', () => {
    const measurement = passed();
    measurement.evidence.malformed = 2;
    const top = renderHtml(measurement).split('</header>')[0] ?? '';
    expect(top.includes('Evidence: 2 lines torn and left out')).toBe(true);
  });

  it('tells to what the generator’s heap might grow, where the run noted it', () => {
    const measurement = passed();
    const withLimit = (heapLimitBytes: number | null) =>
      renderHtml({ ...measurement, run: { ...measurement.run, heapLimitBytes } });
    expect(withLimit(5 * 1024 ** 3)).toContain('<td>not collected before it holds 5 GiB');
    expect(withLimit(5 * 1024 ** 3)).toContain('&quot;heapLimitBytes&quot;: 5368709120');
    expect(withLimit(null)).toContain('<td>collected as usual');
    expect(renderHtml(measurement)).not.toMatch(/>Heap<|heapLimitBytes/);
  });

  it('says of the generator’s seconds that a verdict of PASS does not lean on them', () => {
    const late = lateGenerator();
    const passing = { ...late, verdict: { ...late.verdict, verdict: 'PASS' as const } };
    const note = (measurement: Measurement) =>
      /<p class="note"><span.*<\/p>/.exec(renderHtml(measurement))?.[0];
    const aside = 'The verdict does not lean on them';
    expect(note(passing)).toContain(`Hatched: seconds on the generator’s account. ${aside}`);
    expect(note(late)).toContain('Hatched: seconds on the generator’s account.');
    for (const other of [late, passed()]) expect(note(other)).not.toContain(aside);
  });

  it('is the same for the same measurement', () => {
    const [first, again] = [renderHtml(failed()), renderHtml(failed())];
    expect(first === again).toBe(true);
  });

  it.each([
    ['thirty seconds', passed],
    ['an hour', hour],
  ])('is smaller than 1 MB for %s', (_, build) => {
    expect(Buffer.byteLength(renderHtml(build()))).toBeLessThan(1_000_000);
  });

  it('lets nothing that it was given become markup', () => {
    const page = renderHtml(hostile());
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page.includes('<img')).toBe(false);
    expect(page.includes('<!--')).toBe(false);
  });

  it('names no other place than itself', () => {
    const page = renderHtml(passed()).replaceAll('http://127.0.0.1:8080', '');
    expect(page.includes('default-src &#39;none&#39;')).toBe(true);
    expect(page.match(/(src|href)="?https?:.*/g)).toBeNull();
    expect(page.match(/url\(.*/g)).toBeNull();
  });

  it('links to Grafana where it is known, in text that cannot end its attribute', () => {
    const url = `http://g/d/x?var-run="><script>'&from=1`;
    const plain = renderHtml(passed());
    const page = renderHtml(passed(), url);
    const link =
      '<a href="http://g/d/x?var-run=&quot;&gt;&lt;script&gt;&#39;&amp;from=1" rel="noreferrer">this run in Grafana</a>';
    expect(page.includes(link)).toBe(true);
    expect(page.replace(`<div><dt>Grafana</dt><dd>${link}</dd></div>\n`, '') === plain).toBe(true);
    expect(plain.includes('Grafana')).toBe(false);
  });

  it('links every claim to a place that exists', () => {
    for (const build of [passed, failed, abortedAtOnce, withoutLatency, hour]) {
      const page = renderHtml(build());
      const links = [...page.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
      expect(links.length).toBeGreaterThan(5);
      for (const link of links) expect([link, page.includes(`id="${link}"`)]).toEqual([link, true]);
    }
  });
});

describe('the comparison', () => {
  it('renders two runs as it did', async () => {
    await expect(readable(renderComparison(passed(), failed()))).toMatchFileSnapshot(
      'golden/comparison.html',
    );
  });

  it('renders runs of different lengths, or without a second', () => {
    for (const [a, b] of [
      [passed(), aborted()],
      [aborted(), passed()],
      [passed(), abortedAtOnce()],
      [abortedAtOnce(), abortedAtOnce()],
    ] as const) {
      expect(renderComparison(a, b).endsWith('</html>\n')).toBe(true);
    }
  });

  it('lets nothing that it was given become markup', () => {
    expect(renderComparison(hostile(), hostile()).match(/<script/g)).toHaveLength(2);
  });

  const claim = { ...passed().verdict.claims[1]!, measured: 6, low: 5.5, high: 6.5 };
  it.each([
    [{ measured: 6.2, low: 5.7, high: 6.7 }, '+0.2 ms (+3.33 %), within the error bars'],
    [{ measured: 12, low: 11, high: 13 }, '+6 ms (+100 %)'],
    [{ measured: 3, low: 2, high: 4 }, '−3 ms (−50 %)'],
    [{ measured: 6 }, 'the same'],
    [{ measured: null, low: null, high: null, verdict: 'FAIL' as const }, 'now ∞'],
    [{ measured: null, low: null, high: null, verdict: 'INCONCLUSIVE' as const }, '–'],
  ])('says of %o: %s', (over, difference) => {
    expect(differenceOf(claim, { ...claim, ...over })).toBe(difference);
  });

  it('gives the change of a ratio in points', () => {
    const ratio = { ...claim, unit: 'ratio' as const, measured: 0.9999, low: 0.9999, high: 0.9999 };
    const worse = { ...ratio, measured: 0.966, low: 0.966, high: 0.966 };
    expect(differenceOf(ratio, worse)).toBe('−3.39 points');
  });
});
