/** Latency over percentile. */
import uPlot from 'uplot';
import { formatNumber } from '../../words.ts';
import type { DistributionModel } from '../model.ts';
import { translucent } from '../palette.ts';
import { logTicks } from '../scale.ts';
import { axisEnds, formatValue, positionOf } from '../value.ts';
import { axisFont, canvasFont, draw, type Paint, writeText } from './paint.ts';
import { type ReadoutItem, showReadout } from './readout.ts';

const TICKS = [50, 90, 99, 99.9, 99.99, 99.999];

const tailOf = (percentile: number) => -Math.log10(1 - percentile / 100);
const percentileOf = (x: number) => `p${formatNumber(100 - 100 / 10 ** x, Math.max(3, Math.ceil(x) + 2))}`;

/** All lines on one set of points; where a line has none of its own it is spanned. */
function aligned(model: DistributionModel): { x: number[]; values: (number | null)[][] } {
  const x = [...new Set(model.lines.flatMap(({ points }) => points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const values = model.lines.map(({ points }) => {
    const at = new Map(points.map((point) => [point.x, point.y]));
    return x.map((each) => at.get(each) ?? null);
  });
  return { x, values };
}

function drawClaims(u: uPlot, model: DistributionModel, { palette }: Paint): void {
  draw(u, true, (context) => {
    const unit = devicePixelRatio;
    const { left, top, width, height } = u.bbox;
    context.font = canvasFont(11, 600);
    const taken: { left: number; right: number; y: number }[] = [];
    for (const { label, x, claimed } of model.claims) {
      const atX = u.valToPos(Math.min(x, model.maxX), 'x', true);
      const atY = u.valToPos(positionOf(model.scale, claimed), 'y', true);
      context.strokeStyle = palette.ink;
      context.lineWidth = unit;
      context.setLineDash([2 * unit, 4 * unit]);
      context.beginPath();
      context.moveTo(atX, atY);
      context.lineTo(atX, top + height);
      context.stroke();
      context.setLineDash([]);
      context.lineWidth = 2 * unit;
      context.beginPath();
      context.arc(atX, atY, 5 * unit, 0, Math.PI * 2);
      context.fillStyle = palette.paper;
      context.fill();
      context.stroke();
      const length = context.measureText(label).width;
      const toLeft = atX + 10 * unit + length > left + width;
      const start = Math.max(left + 2 * unit, toLeft ? atX - 10 * unit - length : atX + 10 * unit);
      const clashes = (y: number) =>
        taken.some(
          (box) => Math.abs(box.y - y) < 14 * unit && box.left < start + length && box.right > start,
        );
      const y =
        [atY, atY - 15 * unit, atY + 15 * unit, atY - 30 * unit].find((place) => !clashes(place)) ?? atY;
      taken.push({ left: start, right: start + length, y });
      context.textBaseline = 'middle';
      writeText(context, label, start, y, { ink: palette.ink, rim: palette.paper });
    }
  });
}

function drawInfinity(u: uPlot, model: DistributionModel, { palette }: Paint): void {
  if (model.scale.infinityAt === null) return;
  draw(u, true, (context) => {
    const ceiling = u.valToPos(Math.log10(model.scale.ceiling), 'y', true);
    context.fillStyle = translucent(palette.shortfall, 0.14);
    context.fillRect(u.bbox.left, u.bbox.top, u.bbox.width, ceiling - u.bbox.top);
  });
}

/** The points worth saying while nothing is pointed at. */
function restOf(model: DistributionModel, line: number): string {
  const points = model.lines[line]?.points ?? [];
  const said = [50, 95, 99, 99.9].flatMap((percentile) => {
    const point = points.find(({ x }) => Math.abs(x - tailOf(percentile)) < 1e-6);
    return point === undefined ? [] : [`p${percentile} ${formatValue('ms', point.y)}`];
  });
  return said.join(', ');
}

/** Draws the distribution; its x axis gives every further nine the same room. */
export function drawDistribution(
  model: DistributionModel,
  place: HTMLElement,
  readout: HTMLElement,
  width: number,
  paint: Paint,
): uPlot {
  const { palette } = paint;
  const { x, values } = aligned(model);
  const narrow = width < 720;
  const show = (point: number | null) => {
    const items = model.lines.map(({ label, role, dashed }, i): ReadoutItem => {
      const value = point === null ? null : (values[i]?.[point] ?? null);
      const text = point === null ? restOf(model, i) : value === null ? '–' : formatValue('ms', value);
      return { label, value: text, colour: palette[role], dashed };
    });
    const moment = point === null ? 'percentiles' : percentileOf(x[point] ?? 0);
    showReadout(readout, [{ label: '', value: moment, colour: null, dashed: false }, ...items]);
  };
  const ticks = TICKS.map(tailOf).filter((tick) => tick <= model.maxX + 1e-6);
  const plot = new uPlot(
    {
      width,
      height: 320,
      padding: [10, narrow ? 24 : 48, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 7, width: 1 },
        move: (u, left, top) => {
          if (left < 0) return [left, top];
          return [u.valToPos(u.data[0][u.posToIdx(left)] ?? 0, 'x'), top];
        },
      },
      scales: {
        x: { time: false, auto: false, range: () => [0, model.maxX] },
        y: { auto: false, range: () => axisEnds(model.scale) },
      },
      axes: [
        {
          scale: 'x',
          stroke: palette.muted,
          font: axisFont(11),
          size: 24,
          gap: 3,
          space: 20,
          label: 'percentile of planned arrivals (log tail)',
          labelFont: axisFont(11),
          labelSize: 18,
          labelGap: 0,
          grid: { stroke: palette.rule, width: 1 },
          ticks: { stroke: palette.rule, width: 1, size: 4 },
          splits: () => ticks,
          values: (_, splits) => splits.map(percentileOf),
        },
        {
          scale: 'y',
          stroke: palette.muted,
          font: axisFont(11),
          size: narrow ? 46 : 54,
          gap: 4,
          label: 'latency, ms (log scale)',
          labelFont: axisFont(11),
          labelSize: 18,
          labelGap: 0,
          grid: { stroke: palette.rule, width: 1 },
          ticks: { stroke: palette.rule, width: 1, size: 4 },
          splits: () => logTicks(model.scale).map((tick) => Math.log10(tick)),
          values: () =>
            logTicks(model.scale).map((tick) => (tick === model.scale.infinityAt ? '∞' : formatNumber(tick))),
        },
      ],
      series: [
        {},
        ...model.lines.map(({ label, role, dashed }) => ({
          scale: 'y',
          label,
          stroke: palette[role],
          width: 2,
          spanGaps: true,
          ...(dashed ? { dash: [6, 4] } : {}),
          points: { show: true, size: 5, fill: palette[role] },
        })),
      ],
      hooks: {
        drawClear: [(u) => drawInfinity(u, model, paint)],
        draw: [(u) => drawClaims(u, model, paint)],
        setCursor: [(u) => show((u.cursor.left ?? -1) < 0 ? null : (u.cursor.idx ?? null))],
      },
    },
    [x, ...values.map((column) => column.map((y) => (y === null ? null : positionOf(model.scale, y))))],
    place,
  );
  show(null);
  return plot;
}
