/** The places in which the page's script draws, with their titles and what the charts say in words. */
import { formatDuration } from '../words.ts';
import { html, type Markup } from './escape.ts';
import type { ChartModel, DistributionModel, TimelineModel } from './model.ts';
import { CHARTS, EMPTY, LEGEND, SECTIONS } from './phrases.ts';

function plot(id: string, label: string): Markup {
  return html`<div class="plot" data-chart="${id}" tabindex="0" role="application" aria-label="${label}" aria-describedby="readout-${id}"></div>`;
}

function figure(chart: ChartModel): Markup {
  const label = `${chart.title} over time. Arrow keys move the cursor, Home and End jump, Escape leaves.`;
  return html`<figure id="chart-${chart.id}" class="chart">
<figcaption><h3>${chart.title}</h3> <span class="says">${chart.says}</span></figcaption>
<p class="readout" id="readout-${chart.id}">${chart.series.map(({ label, rest }) => html`${label} ${rest} `)}</p>
${plot(chart.id, label)}
</figure>
`;
}

/** The ids that a claim may link to. */
export function anchorsOf(
  timeline: TimelineModel | null,
  distribution: DistributionModel | null,
): Set<string> {
  const anchors = new Set((timeline?.charts ?? []).map(({ id }) => `chart-${id}`));
  if (timeline !== null) anchors.add('chart-errors');
  if (distribution !== null) anchors.add('distribution');
  return anchors;
}

/**
 * All charts over time. A run without errors says so in the chart's place.
 * @param passed every claim holds, so that none leans on the seconds that are the generator's
 */
export function chartsSection(timeline: TimelineModel | null, remark = '', passed = false): Markup {
  if (timeline === null) {
    return html`<section id="charts" tabindex="-1"><h2>${SECTIONS.charts}</h2><p class="note">${EMPTY.charts}</p></section>`;
  }
  const notes = [
    remark,
    timeline.window === null ? '' : LEGEND.outside,
    timeline.faultSpans.length > 0 ? LEGEND.faults : '',
    timeline.generatorSpans.length > 0 ? LEGEND[passed ? 'generatorAside' : 'generator'] : '',
    timeline.secondsPerBin > 1 ? LEGEND.thinned(formatDuration(timeline.secondsPerBin * 1_000)) : '',
  ].filter((note) => note !== '');
  const errors = timeline.charts.some(({ id }) => id === 'errors')
    ? null
    : html`<figure id="chart-errors" class="chart"><figcaption><h3>${CHARTS.errors.title}</h3> <span class="says">${EMPTY.errors}</span></figcaption></figure>
`;
  const before = timeline.charts.filter(({ id }) =>
    ['throughput', 'latency', 'p50', 'p95', 'p99', 'regions', 'errors'].includes(id),
  );
  const after = timeline.charts.filter((chart) => !before.includes(chart));
  return html`<section id="charts" tabindex="-1" aria-labelledby="charts-title">
<h2 id="charts-title">${SECTIONS.charts}</h2>
<p class="note"><span class="screen">${LEGEND.pointer}</span> ${notes.join(' ')}</p>
${before.map(figure)}${errors}${after.map(figure)}<details id="seconds"><summary>The same as a table</summary></details>
</section>`;
}

/** The distribution, or why there is none. */
export function distributionSection(distribution: DistributionModel | null): Markup {
  const label = 'Latency over percentile. Arrow keys move the cursor, Home and End jump, Escape leaves.';
  const body =
    distribution === null
      ? html`<p class="note">${EMPTY.distribution}</p>`
      : html`<p class="note">Each step to the right is one nine more: p90, p99, p99.9. Over the arrivals planned in the measured window. A claim is the ring; the line must pass below it.</p>
<p class="readout" id="readout-distribution"></p>
${plot('distribution', label)}`;
  return html`<section id="distribution" class="chart" aria-labelledby="distribution-title">
<h2 id="distribution-title">${SECTIONS.distribution}</h2>
${body}
</section>`;
}
