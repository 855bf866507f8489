/** The drill's section of the report. */
import { describe, expect, it } from 'vitest';
import { timelineModel } from '../../../reports/html/charts.ts';
import { render } from '../../../reports/html/escape.ts';
import { lane, ticksOf } from '../../../reports/html/lane.ts';
import { happeningsOf, marksOf } from '../../../reports/html/marks.ts';
import { renderHtml } from '../../../reports/html/report.ts';
import { DRILLS, hostileDrill, noFailover, regionLoss, replicationStall } from '../drills.ts';
import { passed } from '../fixture.ts';

const sectionOf = (page: string): string => page.match(/<section id="drill"[\s\S]*?<\/section>/)?.[0] ?? '';

describe('the section of a drill', () => {
  it.each(Object.entries(DRILLS))('renders %s as it did', async (name, of) => {
    const page = renderHtml(of());
    await expect(`${sectionOf(page)}\n`).toMatchFileSnapshot(`golden/drill-${name}.html`);
    expect(Buffer.byteLength(page)).toBeLessThan(1_000_000);
  });

  it('stands behind the claims, and in no report of a load', () => {
    const page = renderHtml(regionLoss());
    const places = ['id="claims"', 'id="drill"', 'id="arrivals"', 'id="charts"'].map((text) =>
      page.indexOf(text),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(sectionOf(renderHtml(passed()))).toBe('');
  });

  it('is where RTO and RPO lead, and every link has its place', () => {
    const page = renderHtml(regionLoss());
    expect(page).toContain('<a href="#waterfall">RTO</a>');
    expect(page).toContain('<a href="#ledger">RPO</a>');
    expect(renderHtml(noFailover())).toContain('<a href="#drill">RPO</a>');
    for (const of of Object.values(DRILLS)) {
      const html = renderHtml(of());
      for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${id}"`);
    }
  });

  it('divides the longest outage of each population, and names the others', () => {
    const measurement = regionLoss();
    const drill = measurement.verdict.drill!;
    const [fresh] = drill.outages;
    const early = { ...fresh!, from_ms: fresh!.from_ms - 9_000, sustained_ms: fresh!.from_ms - 8_000 };
    drill.outages.unshift(early);
    const section = sectionOf(renderHtml(measurement));
    expect(section).toContain('Other outages: fresh clients from 00:08.1, 1 s.');
    expect(section).toContain('at 00:17.1.');
    expect(section.match(/class="whole"/g)).toHaveLength(2);
  });

  it('counts in whole orders', () => {
    const measurement = regionLoss();
    const claim = { ...measurement.verdict.claims[1]!, id: 'rpo.orders', unit: 'count' as const, claimed: 0 };
    measurement.verdict.claims = [{ ...claim, title: 'Lost orders', measured: 1, low: 1, high: 1 }];
    expect(sectionOf(renderHtml(measurement))).toMatch(/>0<\/span><span[^>]*>1<\/span>/);
    expect(sectionOf(renderHtml(measurement))).not.toContain('>0.2<');
  });

  it('shows a hundred lost orders and leads to the others', () => {
    const section = sectionOf(renderHtml(replicationStall()));
    expect(section.match(/drill-region-loss-7f3a-[fs]\d+</g)).toHaveLength(100);
    expect(section).toContain('The first 100 of 16,120. All of them are in <a href="lost-orders.csv">');
  });

  it('says where the file of lost orders has not all of them either', () => {
    const measurement = replicationStall();
    measurement.verdict.drill!.ledger.cutover!.lost_acked = 250_000;
    expect(sectionOf(renderHtml(measurement))).toContain(
      'The first 100 of 250,000. The first 16,120 are in <a',
    );
  });

  it('lets nothing that it was given become markup', () => {
    const page = renderHtml(hostileDrill());
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<!--');
  });
});

describe('a lane', () => {
  it('puts its parts in proportion, and nothing beyond its ends', () => {
    const strip = render(
      lane(4, [
        { kind: 'bar', from: 1, to: 3 },
        { kind: 'claim', from: 9 },
        { kind: 'point', from: -1 },
      ]),
    );
    expect(strip).toContain('class="bar" style="left:25%;width:50%"');
    expect(strip).toContain('class="claim" style="left:100%"');
    expect(strip).toContain('class="point" style="left:0%"');
  });

  it.each([
    [6.36, [0, 2, 4, 6]],
    [0.1, [0, 0.02, 0.04, 0.06, 0.08, 0.1]],
    [30, [0, 5, 10, 15, 20, 25, 30]],
    [18_540, [0, 5_000, 10_000, 15_000]],
  ])('up to %d has ticks at round values', (max, ticks) => {
    expect(ticksOf(max)).toEqual(ticks);
  });
});

describe('the charts of a drill', () => {
  it('shade the time in which a fault was in place', () => {
    expect(timelineModel(regionLoss())?.faultSpans).toEqual([{ fromSeconds: 17.1, toSeconds: 40 }]);
    expect(timelineModel(replicationStall())?.faultSpans).toEqual([
      { fromSeconds: 9, toSeconds: 40.1 },
      { fromSeconds: 17.1, toSeconds: 40 },
    ]);
    const open = {
      ...regionLoss(),
      events: regionLoss().events.filter(({ kind }) => kind !== 'fault.undone'),
    };
    expect(timelineModel(open)?.faultSpans).toEqual([{ fromSeconds: 17.1, toSeconds: 64 }]);
    expect(timelineModel(passed())?.faultSpans).toEqual([]);
  });

  it('name the moments of the failover, and the table tells all of them in sentences', () => {
    const labels = marksOf(regionLoss()).map(({ label }) => label);
    for (const label of [
      'fault: kill Seoul',
      'Seoul unhealthy',
      'DNS: Tokyo',
      'Tokyo: 6 tasks',
      'fault undone',
    ])
      expect(labels).toContain(label);
    expect(labels).not.toContain('');
    const told = happeningsOf(regionLoss()).map(({ label }) => label);
    expect(told).toContain('Tokyo is told to run 6 tasks, runs 2');
    expect(told.length).toBeGreaterThan(labels.length);
  });

  it('show who answered with the regions’ names', () => {
    const regions = timelineModel(regionLoss())?.charts.find(({ id }) => id === 'regions');
    expect(regions?.series.map(({ label }) => label)).toEqual(['Seoul', 'Tokyo']);
    expect(regions?.stacked).toBe(true);
  });
});
