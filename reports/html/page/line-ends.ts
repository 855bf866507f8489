/** Labels where the lines end, instead of a legend that the eye must travel to. */
import type uPlot from 'uplot';
import type { ChartModel } from '../model.ts';
import { canvasFont, draw, fitText, type Paint } from './paint.ts';
import { spread } from './spread.ts';

/** Room at the right for the labels, CSS pixels. */
export const LABELS_WIDTH = 118;

/** The last point of a line that there is, with its place on the canvas. */
function endOf(u: uPlot, series: number): number | null {
  const values = u.data[series];
  if (values === undefined) return null;
  for (let i = values.length - 1; i >= 0; i -= 1) {
    const value = values[i];
    if (value !== null && value !== undefined) return u.valToPos(value, 'y', true);
  }
  return null;
}

/**
 * @param colourOf the colour of a series, by its place in the chart
 */
export function drawLineEnds(
  u: uPlot,
  chart: ChartModel,
  colourOf: (series: number) => string,
  paint: Paint,
): void {
  const ends = chart.series.flatMap((series, i) => {
    const y = endOf(u, i + 1);
    return y === null ? [] : [{ label: series.label, dashed: series.dashed, colour: colourOf(i), y }];
  });
  if (ends.length === 0) return;
  draw(u, false, (context) => {
    const { left, top, width, height } = u.bbox;
    const unit = devicePixelRatio;
    const places = spread(
      ends.map(({ y }) => y),
      14 * unit,
      top + 6 * unit,
      top + height - 6 * unit,
    );
    context.font = canvasFont(12);
    context.textBaseline = 'middle';
    ends.forEach(({ label, dashed, colour }, i) => {
      const x = left + width + 6 * unit;
      const y = places[i] ?? top;
      context.strokeStyle = colour;
      context.lineWidth = 3 * unit;
      context.setLineDash(dashed ? [4 * unit, 2 * unit] : []);
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + 10 * unit, y);
      context.stroke();
      context.fillStyle = paint.palette.ink;
      context.fillText(fitText(context, label, (LABELS_WIDTH - 22) * unit), x + 14 * unit, y);
    });
  });
}
