/** One chart over time. */
import uPlot from 'uplot';
import { formatClock, formatClockSeconds, formatDuration, formatInstant } from '../../words.ts';
import type { ChartModel, SeriesModel, TimelineModel } from '../model.ts';
import { translucent } from '../palette.ts';
import { logTicks } from '../scale.ts';
import { axisEnds, formatValue, positionOf } from '../value.ts';
import {
  BRACKET_HEIGHT,
  drawBehind,
  drawMarkLabels,
  drawMarkLines,
  drawRules,
  marksHeight,
} from './backdrop.ts';
import { drawLineEnds, LABELS_WIDTH } from './line-ends.ts';
import { axisFont, type Paint } from './paint.ts';
import { type ReadoutItem, showReadout } from './readout.ts';

/** From this width on there is room for labels at the line ends. */
const WIDE = 720;
/** What frames the others is drawn thinner. */
const THIN = ['planned', 'machine', 'max'];
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];

/** Arrivals are whole: an axis has no half of one. */
const WHOLE_STEPS = [0, 1, 2, 3, 4, 5, 6]
  .flatMap((power) => [1, 2, 2.5, 5].map((step) => step * 10 ** power))
  .filter(Number.isInteger);

/** Positions of a series on its axis; those of a stack stand on one another. */
function positions(chart: ChartModel): (number | null)[][] {
  if (!chart.stacked) {
    return chart.series.map(({ values }) =>
      values.map((value) => (value === null ? null : positionOf(chart.scale, value))),
    );
  }
  const height: number[] = [];
  return chart.series.map(({ values }) =>
    values.map((value, i) => {
      height[i] = (height[i] ?? 0) + (value ?? 0);
      return height[i] ?? 0;
    }),
  );
}

function bandsOf(chart: ChartModel, { palette }: Paint): uPlot.Band[] {
  if (chart.shortfall) return [{ series: [1, 2], fill: translucent(palette.shortfall, 0.45) }];
  if (!chart.stacked) return [];
  return chart.series.slice(1).map((series, i) => ({
    series: [i + 2, i + 1] as [number, number],
    fill: translucent(palette[series.role], 0.6),
  }));
}

function seriesOf(chart: ChartModel, series: SeriesModel, i: number, { palette }: Paint): uPlot.Series {
  const colour = palette[series.role];
  return {
    scale: 'y',
    label: series.label,
    stroke: colour,
    width: THIN.includes(series.role) ? 1.25 : 1.75,
    ...(series.dashed ? { dash: [6, 4] } : {}),
    // The fill of a band stands for the upper series; the lowest has none below it and fills to zero itself.
    ...(chart.stacked ? { fill: translucent(colour, i === 0 ? 0.6 : 0) } : {}),
    points: { show: series.values.length <= 2, size: 6, fill: colour },
  };
}

function yAxis(chart: ChartModel, narrow: boolean, { palette }: Paint): uPlot.Axis {
  const { scale, format } = chart;
  const infinity = scale.kind === 'log' ? scale.infinityAt : null;
  const tickText = (position: number) => {
    const value = scale.kind === 'log' ? 10 ** position : position;
    if (infinity !== null && Math.abs(value - infinity) < infinity * 1e-6) return '∞';
    return formatTick(format, value);
  };
  return {
    scale: 'y',
    stroke: palette.muted,
    font: axisFont(11),
    label: chart.axis,
    labelFont: axisFont(11),
    labelSize: 18,
    labelGap: 0,
    size: narrow ? 46 : 54,
    gap: 4,
    grid: { stroke: palette.rule, width: 1 },
    ticks: { stroke: palette.rule, width: 1, size: 4 },
    space: 30,
    ...(format === 'rate' || format === 'count' ? { incrs: WHOLE_STEPS } : {}),
    values: (_, splits) => splits.map(tickText),
    ...(scale.kind === 'log' ? { splits: () => logTicks(scale).map((tick) => Math.log10(tick)) } : {}),
  };
}

/** An axis has its unit in its label, so ticks are bare numbers; shares keep their sign. */
function formatTick(format: ChartModel['format'], value: number): string {
  const text = formatValue(format, format === 'ms' ? Number(value.toPrecision(3)) : value);
  return format === 'ratio' ? text : text.replace(/( ms|\/s)$/, '');
}

function xAxis({ palette }: Paint, last: boolean): uPlot.Axis {
  return {
    scale: 'x',
    stroke: palette.muted,
    font: axisFont(11),
    size: 24,
    gap: 3,
    space: 56,
    incrs: STEPS,
    grid: { stroke: palette.rule, width: 1 },
    ticks: { stroke: palette.rule, width: 1, size: 4 },
    values: (_, splits) => splits.map((seconds) => formatClockSeconds(seconds * 1_000)),
    ...(last ? { label: 'the run’s clock, min:s', labelFont: axisFont(11), labelSize: 18, labelGap: 0 } : {}),
  };
}

/** Which second (or stretch, where points were thinned) a point stands for. */
function momentOf(timeline: TimelineModel, point: number): ReadoutItem {
  const { secondsPerBin: step, zeroMs } = timeline;
  const from = (step > 1 ? Math.floor(point / 2) : point) * step;
  const absolute = zeroMs === null ? '' : `, ${formatInstant(zeroMs + from * 1_000)}`;
  const span = step > 1 ? ` + ${formatDuration(step * 1_000)}` : '';
  return { label: '', value: `${formatClock(from * 1_000)}${span}${absolute}`, colour: null, dashed: false };
}

function readoutItems(
  timeline: TimelineModel,
  chart: ChartModel,
  point: number | null,
  { palette }: Paint,
): ReadoutItem[] {
  const moment =
    point === null
      ? { label: '', value: 'whole run', colour: null, dashed: false }
      : momentOf(timeline, point);
  const items = chart.series.map(({ label, role, dashed, values, rest }): ReadoutItem => {
    const value = point === null ? null : (values[point] ?? null);
    const shown = point === null ? rest : value === null ? '–' : formatValue(chart.format, value);
    return { label, value: shown, colour: palette[role], dashed };
  });
  return [moment, ...items];
}

/** Room for names above the plotting area: the first chart has them for all. */
function marksHeightOf(timeline: TimelineModel, first: boolean): number {
  if (!first) return 0;
  if (timeline.marks.length > 0) return marksHeight(timeline);
  return timeline.window === null ? 0 : BRACKET_HEIGHT;
}

/** Draws a chart into its place; the caller keeps the plot to move its cursor and to destroy it. */
export function drawTimeChart(
  timeline: TimelineModel,
  chart: ChartModel,
  place: HTMLElement,
  readout: HTMLElement,
  width: number,
  paint: Paint,
): uPlot {
  const narrow = width < WIDE;
  const first = timeline.charts[0]?.id === chart.id;
  const last = timeline.charts.at(-1)?.id === chart.id;
  const fullX: [number, number] = [0, timeline.lengthSeconds];
  const dataX: [number, number] = [timeline.x[0] ?? 0, timeline.x.at(-1) ?? 0];
  const above = marksHeightOf(timeline, first);
  const colourOf = (series: number) => paint.palette[chart.series[series]?.role ?? 'planned'];
  const height = (chart.format === 'ms' && chart.scale.kind === 'log' ? 270 : 190) + above;
  const plot = new uPlot(
    {
      width,
      height: height + (last ? 18 : 0),
      padding: [Math.max(10, above), narrow ? 20 : LABELS_WIDTH, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        sync: { key: 'run', setSeries: false, scales: ['x', null] },
        drag: { x: true, y: false, setScale: true },
        points: { size: 7, width: 1 },
        move: (u, left, top) => {
          if (left < 0) return [left, top];
          return [u.valToPos(u.data[0][u.posToIdx(left)] ?? 0, 'x'), top];
        },
      },
      scales: {
        x: {
          time: false,
          // uPlot asks with the data's ends for everything, with other ends for a zoom.
          range: (_, min, max) => (min === dataX[0] && max === dataX[1] ? fullX : [min, max]),
        },
        y: { auto: false, range: () => axisEnds(chart.scale) },
      },
      axes: [xAxis(paint, last), yAxis(chart, narrow, paint)],
      series: [{}, ...chart.series.map((series, i) => seriesOf(chart, series, i, paint))],
      bands: bandsOf(chart, paint),
      hooks: {
        drawClear: [(u) => drawBehind(u, timeline, chart, paint)],
        draw: [
          (u) => {
            drawMarkLines(u, timeline.marks, timeline.lengthSeconds, paint);
            drawRules(u, chart, paint);
            if (!narrow) drawLineEnds(u, chart, colourOf, paint);
            if (first) drawMarkLabels(u, timeline, paint);
          },
        ],
        setCursor: [
          (u) => {
            const left = u.cursor.left ?? -1;
            showReadout(
              readout,
              readoutItems(timeline, chart, left < 0 ? null : (u.cursor.idx ?? null), paint),
            );
          },
        ],
      },
    },
    [timeline.x, ...positions(chart)],
    place,
  );
  showReadout(readout, readoutItems(timeline, chart, null, paint));
  return plot;
}
