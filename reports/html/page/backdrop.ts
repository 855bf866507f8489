/** Behind and over the lines of a chart over time: the window, the generator's seconds, claims, events. */
import type uPlot from 'uplot';
import type { ChartModel, MarkModel, Span, TimelineModel } from '../model.ts';
import { translucent } from '../palette.ts';
import { LEGEND } from '../phrases.ts';
import { positionOf } from '../value.ts';
import { canvasFont, draw, fitText, type Paint, writeText } from './paint.ts';

/** One row of labels above the first chart, CSS pixels. */
const ROW = 15;
const ROWS_OF_MARKS = 3;
/** A failover has half a dozen moments within seconds. */
const ROWS_OF_DRILL = 6;
/** Room above the plotting area where only the window is named. */
export const BRACKET_HEIGHT = ROW + 4;
const markRows = ({ faultSpans }: TimelineModel): number =>
  faultSpans.length > 0 ? ROWS_OF_DRILL : ROWS_OF_MARKS;

/** Room above the plotting area of the chart that names the events. */
export const marksHeight = (timeline: TimelineModel): number => ROW * (markRows(timeline) + 1) + 6;

function hatch(
  context: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
): void {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.beginPath();
  const step = 8 * devicePixelRatio;
  for (let x = left - height; x < left + width; x += step) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

/** Shades what is not judged and where a fault is in place, hatches the generator's seconds, sets infinity's row apart. */
export function drawBehind(u: uPlot, timeline: TimelineModel, chart: ChartModel, paint: Paint): void {
  const { palette } = paint;
  draw(u, true, (context) => {
    const { left, top, width, height } = u.bbox;
    const at = (seconds: number) => u.valToPos(seconds, 'x', true);
    const { window } = timeline;
    if (window !== null) {
      context.fillStyle = palette.veil;
      context.fillRect(left, top, at(window.fromSeconds) - left, height);
      context.fillRect(at(window.toSeconds), top, left + width - at(window.toSeconds), height);
    }
    context.fillStyle = translucent(palette.shortfall, 0.12);
    for (const { fromSeconds, toSeconds } of timeline.faultSpans) {
      context.fillRect(at(fromSeconds), top, at(toSeconds) - at(fromSeconds), height);
    }
    context.strokeStyle = translucent(palette.ink, 0.3);
    context.lineWidth = devicePixelRatio;
    for (const { fromSeconds, toSeconds } of timeline.generatorSpans) {
      hatch(context, at(fromSeconds), top, at(toSeconds) - at(fromSeconds), height);
    }
    if (chart.scale.kind === 'log' && chart.scale.infinityAt !== null) {
      const ceiling = u.valToPos(Math.log10(chart.scale.ceiling), 'y', true);
      context.fillStyle = translucent(palette.shortfall, 0.14);
      context.fillRect(left, top, width, ceiling - top);
      context.font = canvasFont(11);
      context.textBaseline = 'top';
      context.fillStyle = palette.ink;
      context.fillText(LEGEND.never, left + 6 * devicePixelRatio, top + 2 * devicePixelRatio);
    }
  });
}

/** Claims and limits as dashed lines with their words; words that would touch others stand beside them. */
export function drawRules(u: uPlot, chart: ChartModel, { palette }: Paint): void {
  draw(u, true, (context) => {
    const unit = devicePixelRatio;
    const { left, top, width } = u.bbox;
    const height = 14 * unit;
    context.font = canvasFont(11, 600);
    context.textBaseline = 'middle';
    const taken: { right: number; y: number }[] = [];
    for (const rule of chart.rules) {
      const lineY = Math.round(u.valToPos(positionOf(chart.scale, rule.value), 'y', true)) + 0.5;
      context.strokeStyle = palette.ink;
      context.lineWidth = 1.25 * unit;
      context.setLineDash([2 * unit, 4 * unit]);
      context.beginPath();
      context.moveTo(left, lineY);
      context.lineTo(left + width, lineY);
      context.stroke();
      const text = fitText(context, rule.label, width - 12 * unit);
      const y = lineY + (lineY - height > top ? -8 : 9) * unit;
      const beside = taken.filter((box) => Math.abs(box.y - y) < height).map((box) => box.right + 14 * unit);
      const start = Math.max(left + 6 * unit, ...beside);
      const length = context.measureText(text).width;
      if (start > left + 6 * unit && start + length > left + width) continue;
      taken.push({ right: start + length, y });
      writeText(context, text, start, y, { ink: palette.ink, rim: palette.paper });
    }
  });
}

/** Events as thin upright lines. */
export function drawMarkLines(
  u: uPlot,
  marks: readonly MarkModel[],
  lengthSeconds: number,
  { palette }: Paint,
): void {
  draw(u, true, (context) => {
    context.strokeStyle = palette.muted;
    context.lineWidth = devicePixelRatio;
    context.setLineDash([devicePixelRatio, 3 * devicePixelRatio]);
    context.beginPath();
    for (const { seconds } of marks) {
      const x = Math.round(u.valToPos(Math.min(Math.max(seconds, 0), lengthSeconds), 'x', true)) + 0.5;
      context.moveTo(x, u.bbox.top);
      context.lineTo(x, u.bbox.top + u.bbox.height);
    }
    context.stroke();
  });
}

function drawWindowBracket(u: uPlot, window: Span, { palette }: Paint): void {
  draw(u, false, (context) => {
    const { left, top, width } = u.bbox;
    const within = (x: number) => Math.min(Math.max(x, left), left + width);
    const from = within(u.valToPos(window.fromSeconds, 'x', true));
    const to = within(u.valToPos(window.toSeconds, 'x', true));
    if (to - from < 4) return;
    const y = top - (ROW / 2) * devicePixelRatio;
    const end = 4 * devicePixelRatio;
    context.strokeStyle = palette.ink;
    context.lineWidth = 1.25 * devicePixelRatio;
    context.beginPath();
    context.moveTo(from, y + end);
    context.lineTo(from, y);
    context.lineTo(to, y);
    context.lineTo(to, y + end);
    context.stroke();
    context.font = canvasFont(11, 600);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const text = fitText(context, ` ${LEGEND.window} `, to - from);
    if (text.length < 6) return;
    const half = context.measureText(text).width / 2;
    context.fillStyle = palette.paper;
    context.fillRect((from + to) / 2 - half, y - 6 * devicePixelRatio, half * 2, 12 * devicePixelRatio);
    context.fillStyle = palette.ink;
    context.fillText(text, (from + to) / 2, y);
  });
}

/** The names of the events in rows above the plotting area. One without room keeps its line; the table has its words. */
export function drawMarkLabels(u: uPlot, timeline: TimelineModel, paint: Paint): void {
  if (timeline.window !== null) drawWindowBracket(u, timeline.window, paint);
  const { palette } = paint;
  draw(u, false, (context) => {
    const { left, top, width } = u.bbox;
    context.font = canvasFont(11);
    context.textBaseline = 'middle';
    const taken = new Array<number>(markRows(timeline)).fill(Number.NEGATIVE_INFINITY);
    const gap = 8 * devicePixelRatio;
    for (const { seconds, label } of timeline.marks) {
      const x = u.valToPos(Math.min(Math.max(seconds, 0), timeline.lengthSeconds), 'x', true);
      if (x < left - 1 || x > left + width + 1) continue;
      const text = fitText(context, label, width - gap);
      const length = context.measureText(text).width;
      const start = Math.min(x + 4 * devicePixelRatio, left + width - length);
      const row = taken.findIndex((end) => end + gap <= start);
      if (row === -1) continue;
      taken[row] = start + length;
      const y = top - (ROW * (row + 1.5) + 4) * devicePixelRatio;
      context.beginPath();
      context.moveTo(Math.round(x) + 0.5, top);
      context.lineTo(Math.round(x) + 0.5, y + 5 * devicePixelRatio);
      context.strokeStyle = palette.muted;
      context.lineWidth = devicePixelRatio;
      context.stroke();
      writeText(context, text, start, y, { ink: palette.ink, rim: palette.paper });
    }
  });
}
