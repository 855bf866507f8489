/** The report in a real browser: what a reader sees, hovers, tabs through and prints. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { renderComparison } from '../../../reports/html/compare.ts';
import { PALETTES } from '../../../reports/html/palette.ts';
import { renderHtml } from '../../../reports/html/report.ts';
import { findPart, requirePart } from '../../require.ts';
import {
  abortedDrill,
  hostileDrill,
  noFailover,
  regionLoss,
  replicationStall,
  withoutBite,
} from '../drills.ts';
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
import { measurementOf } from '../story.ts';

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface Opened {
  page: Page;
  /** Console messages, page errors and requests beyond the file itself: all must stay empty. */
  complaints: string[];
}

describe.runIf(requirePart('chromium'))('the report in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  let browser: Browser;
  const pages: Page[] = [];

  beforeAll(async () => {
    // Playwright starts a program by its path, and gives it a new user data folder.
    const path = spawnSync('sh', ['-c', 'command -v "$0"', findPart('chromium') ?? ''], { encoding: 'utf8' });
    browser = await chromium.launch({ executablePath: path.stdout.trim(), args: ARGUMENTS });
  });

  afterEach(async () => {
    await Promise.all(pages.splice(0).map((page) => page.close()));
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(html: string, width = 1_280, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    pages.push(page);
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    const url = pathToFileURL(file).href;
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:'))
        complaints.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  }

  // What runs in the page is text: types of a browser's globals would be everyone's.
  /** Pixels of each canvas that are neither empty nor grey: lines and areas of data. */
  const colouredPixels = (page: Page): Promise<number[]> =>
    page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let coloured = 0;
      for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.subarray(i, i + 4);
        if (a > 0 && Math.max(r, g, b) - Math.min(r, g, b) > 40) coloured += 1;
      }
      return coloured;
    })`);

  const scrollsSideways = (page: Page): Promise<boolean> =>
    page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

  /** What the readouts of the charts over time say of the moment, each different answer once. */
  const moments = async (page: Page): Promise<string[]> => [
    ...new Set(await page.locator('#charts .readout .moment').allTextContents()),
  ];

  const drawn = async (html: string, width: number, scheme: 'light' | 'dark') => {
    const { page, complaints } = await open(html, width, scheme);
    const pixels = await colouredPixels(page);
    expect(pixels.length).toBeGreaterThanOrEqual(6);
    expect(Math.min(...pixels)).toBeGreaterThan(100);
    expect(await scrollsSideways(page)).toBe(false);
    expect(complaints).toEqual([]);
  };

  it.each([
    [1_280, 'light'],
    [1_280, 'dark'],
    [400, 'light'],
    [400, 'dark'],
  ] as const)(
    'at %d px, %s: draws every chart, asks for nothing, complains of nothing, fits',
    async (width, scheme) => {
      await drawn(renderHtml(failed()), width, scheme);
    },
  );

  it.each<[string, () => string]>([
    ['a PASS', () => renderHtml(passed())],
    ['an INCONCLUSIVE', () => renderHtml(lateGenerator())],
    ['an hour', () => renderHtml(hour())],
    ['a run without latency', () => renderHtml(withoutLatency())],
    ['a run that Grafana shows', () => renderHtml(passed(), 'http://127.0.0.1:1/d/x?var-run=r&from=1&to=2')],
    ['a drill that lost a region', () => renderHtml(regionLoss())],
    ['a drill without a failover', () => renderHtml(noFailover())],
    ['two runs', () => renderComparison(passed(), failed())],
  ])('draws %s, wide and narrow', async (_, render) => {
    const html = render();
    await drawn(html, 1_280, 'light');
    await drawn(html, 400, 'dark');
  });

  it.each<[string, () => string]>([
    ['aborted', () => renderHtml(aborted())],
    ['aborted at once', () => renderHtml(abortedAtOnce())],
    ['one second long', () => renderHtml(measurementOf({ seed: 3, cutAfterSeconds: 1, verdict: 'ABORTED' }))],
    ['full of hostile text', () => renderHtml(hostile())],
    ['a drill full of hostile text', () => renderHtml(hostileDrill())],
    ['a drill that was aborted', () => renderHtml(abortedDrill())],
    ['a drill whose fault did not bite', () => renderHtml(withoutBite())],
    ['compared with another full of hostile text', () => renderComparison(hostile(), hostile())],
  ])('renders a run that is %s without complaint', async (_, render) => {
    const { page, complaints } = await open(render(), 400);
    expect(await page.evaluate("'broken' in window")).toBe(false);
    expect(await scrollsSideways(page)).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('wears the reader’s theme, and changes it when the reader does', async () => {
    const { page } = await open(renderHtml(passed()), 1_280, 'dark');
    const swatch = () =>
      page
        .locator('#readout-throughput .swatch')
        .nth(1)
        .evaluate((element) => element.style.borderTopColor);
    const rgb = (hex: string) =>
      `rgb(${[1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(', ')})`;
    expect(await swatch()).toBe(rgb(PALETTES.dark.acknowledged));
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(swatch).toBe(rgb(PALETTES.light.acknowledged));
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    await expect.poll(swatch).toBe(rgb(PALETTES.light.acknowledged));
  });

  it('moves one cursor through all charts, with the moment on the run clock and in UTC', async () => {
    const { page } = await open(renderHtml(failed()));
    expect(await moments(page)).toEqual(['whole run']);
    const plot = page.locator('[data-chart="latency"] .u-over');
    const box = (await plot.boundingBox())!;
    await plot.hover({ position: { x: (box.width * 12.5) / 30, y: 80 } });
    await expect.poll(() => moments(page)).toEqual(['00:12.0, 2026-11-21 00:15:15.2 UTC']);
    const latency = await page.locator('#readout-latency').textContent();
    expect(latency).toContain('p95 ∞');
    await page.mouse.move(2, 2);
    await expect.poll(() => moments(page)).toEqual(['whole run']);
  });

  it('is reachable and readable by keyboard', async () => {
    const { page } = await open(renderHtml(failed()));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.dataset.chart')).toBe('throughput');
    const moved = async (key: string) => {
      await page.keyboard.press(key);
      return (await moments(page)).map((moment) => moment.slice(0, 7));
    };
    expect(await moved('ArrowRight')).toEqual(['00:00.0']);
    expect(await moved('ArrowRight')).toEqual(['00:01.0']);
    expect(await moved('Shift+ArrowRight')).toEqual(['00:11.0']);
    expect(await moved('End')).toEqual(['00:29.0']);
    expect(await moved('ArrowLeft')).toEqual(['00:28.0']);
    expect(await page.locator('#spoken').textContent()).toContain('planned');
    expect(await moved('Escape')).toEqual(['whole r']);
  });

  it('gives the distribution a cursor of its own', async () => {
    const { page } = await open(renderHtml(passed()));
    await page.locator('[data-chart="distribution"]').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    expect(await page.locator('#readout-distribution').textContent()).toMatch(
      /p99\.99? .*order [\d.]+ ms|order .*p99/,
    );
    expect(await moments(page)).toEqual(['whole run']);
  });

  it('zooms all charts together, and back', async () => {
    const { page } = await open(renderHtml(failed()));
    const plot = page.locator('[data-chart="throughput"] .u-over');
    const before = await page.locator('[data-chart="errors"] canvas').screenshot();
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width / 3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 40, { steps: 4 });
    await page.mouse.up();
    const shot = () => page.locator('[data-chart="errors"] canvas').screenshot();
    await expect.poll(async () => (await shot()).equals(before)).toBe(false);
    await plot.dblclick();
    await page.mouse.move(2, 2);
    await expect.poll(async () => (await shot()).equals(before)).toBe(true);
  });

  it('opens the charts as a table, and copies tables', async () => {
    const { page, complaints } = await open(renderHtml(failed()), 400);
    await page.locator('#seconds summary').click();
    await expect.poll(() => page.locator('#seconds-table tbody tr').count()).toBe(30);
    expect(await scrollsSideways(page)).toBe(false);
    const button = page.locator('.copyframe:has(> #claims) > .copy');
    await button.click();
    await expect.poll(() => button.textContent()).toBe('Copied');
    expect(complaints).toEqual([]);
  });

  it('draws anew when the window changes', async () => {
    const { page } = await open(renderHtml(passed()));
    const width = () => page.evaluate<number>("document.querySelector('canvas').clientWidth");
    const wide = await width();
    await page.setViewportSize({ width: 400, height: 900 });
    await expect.poll(width).toBeLessThan(wide);
    expect(await scrollsSideways(page)).toBe(false);
  });

  it.each([1_280, 400])('draws the phases of an outage one behind the other at %d px', async (width) => {
    const { page } = await open(renderHtml(regionLoss()), width);
    const bars = await page
      .locator('#waterfall .bar')
      .evaluateAll((all) =>
        all.map((bar) => bar.getBoundingClientRect()).map(({ left, right }) => [left, right]),
      );
    expect(bars).toHaveLength(4);
    bars.slice(1).forEach(([left], i) => {
      expect(left).toBeCloseTo(bars[i]![1]!, 0);
    });
    const claim = (await page.locator('#waterfall .claim').first().boundingBox())!;
    expect(claim.x).toBeGreaterThan(bars.at(-1)![1]!);
    expect(claim.height).toBeGreaterThan(20);
  });

  it('opens the lost orders by keyboard, and they fit a phone', async () => {
    const { page, complaints } = await open(renderHtml(replicationStall()), 400);
    await page.locator('#lost summary').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#lost tbody tr').first().isVisible()).toBe(true);
    expect(await page.locator('#lost tbody tr').count()).toBe(100);
    expect(await scrollsSideways(page)).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('prints on a few sheets of A4', async () => {
    const { page, complaints } = await open(renderHtml(failed()), 1_280, 'dark');
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(pdf.startsWith('%PDF')).toBe(true);
    const sheets = pdf.match(/\/Type \/Page\b/g) ?? [];
    expect(sheets.length).toBeGreaterThanOrEqual(2);
    expect(sheets.length).toBeLessThanOrEqual(6);
    expect(pdf).toMatch(/\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
    expect(complaints).toEqual([]);
  });
});
