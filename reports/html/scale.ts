/** Where axes begin and end: zero for what is counted, decades for latency with a place above them for infinity. */
import { INFINITE_VALUE, type ScaleModel } from './model.ts';

type LogScale = Extract<ScaleModel, { kind: 'log' }>;

/** A linear scale from zero with a little air above the greatest value. */
export function linearScale(values: Iterable<number | null>): ScaleModel {
  let max = 0;
  for (const value of values) if (value !== null && value > max) max = value;
  return { kind: 'linear', max: max === 0 ? 1 : max * 1.08 };
}

/** 1, 2 or 5 times a power of ten, at or below (or above) the value. */
function roundTo125(value: number, up: boolean): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 5, 10].map((step) => step * decade);
  // A hair of tolerance: 0.5 is 5 x 0.1 only almost.
  const fits = up
    ? steps.find((step) => step >= value * 0.999_999)
    : steps.findLast((step) => step <= value * 1.000_001);
  return fits ?? value;
}

/**
 * A log scale that holds all values. Infinity, where there is one, gets a row of its own at the top.
 * @param values milliseconds; `INFINITE_VALUE` for infinity, zeros and nulls are left out
 */
export function logScale(values: Iterable<number | null>): LogScale {
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  let infinite = false;
  for (const value of values) {
    if (value === INFINITE_VALUE) infinite = true;
    else if (value !== null && value > 0) {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
  }
  if (greatest === 0) [least, greatest] = [1, 1_000];
  const min = roundTo125(least / 1.1, false);
  const ceiling = Math.max(roundTo125(greatest * 1.1, true), min * 10);
  if (!infinite) return { kind: 'log', min, ceiling, max: ceiling, infinityAt: null };
  const decades = Math.log10(ceiling / min);
  return {
    kind: 'log',
    min,
    ceiling,
    max: ceiling * 10 ** (decades * 0.16),
    infinityAt: ceiling * 10 ** (decades * 0.08),
  };
}

/** The labelled values of a log scale: every decade, and 2 and 5 between where there are few. */
export function logTicks(scale: LogScale): number[] {
  const decades = Math.log10(scale.ceiling / scale.min);
  const steps = decades <= 2.2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (
    let power = Math.floor(Math.log10(scale.min));
    power <= Math.ceil(Math.log10(scale.ceiling));
    power += 1
  ) {
    for (const step of steps) {
      // Division keeps 0.1 exactly 0.1, where 10 ** -1 need not.
      const tick = power < 0 ? step / 10 ** -power : step * 10 ** power;
      if (tick >= scale.min * 0.999 && tick <= scale.ceiling * 1.001) ticks.push(tick);
    }
  }
  if (scale.infinityAt !== null) ticks.push(scale.infinityAt);
  return ticks;
}
