/** Values of a chart in words, for the renderer and for the script in the page. */
import { formatCount, formatMs, formatRate, formatRatioAsPercent } from '../words.ts';
import { INFINITE_VALUE, type ScaleModel, type ValueFormat } from './model.ts';

/** Writes a value of a chart, infinity included. */
export function formatValue(format: ValueFormat, value: number): string {
  if (value === INFINITE_VALUE) return formatMs(null);
  switch (format) {
    case 'rate':
      return formatRate(value);
    case 'ms':
      return formatMs(value);
    case 'ratio':
      return formatRatioAsPercent(value);
    case 'count':
      return formatCount(value);
  }
}

/** Where a value lies on its axis: itself, or its logarithm, with infinity in its row at the top. */
export function positionOf(scale: ScaleModel, value: number): number {
  if (scale.kind === 'linear') return value;
  if (value === INFINITE_VALUE) return Math.log10(scale.infinityAt ?? scale.max);
  return Math.log10(Math.max(value, scale.min));
}

/** The ends of an axis, as positions. */
export function axisEnds(scale: ScaleModel): [number, number] {
  return scale.kind === 'linear' ? [0, scale.max] : [Math.log10(scale.min), Math.log10(scale.max)];
}
