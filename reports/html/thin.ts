/**
 * Fewer points for long runs, never hiding the worst: of each stretch the least and the greatest value of every column
 * stay, in the order in which they came (min-max decimation).
 */
import { INFINITE_VALUE } from './model.ts';

/** Twice the pixels of a wide screen; up to this length a run is drawn second by second. */
const MOST_POINTS = 2_400;

export type Column = readonly (number | null)[];

export interface Thinned {
  /** Seconds on the run's clock: the middle of each second or half-stretch. */
  x: number[];
  /** As they were given: by group, by column. */
  groups: (number | null)[][][];
  secondsPerBin: number;
}

const rank = (value: number) => (value === INFINITE_VALUE ? Number.POSITIVE_INFINITY : value);

/** The least and the greatest of a stretch, in the order of time. */
function extremes(column: Column, from: number, to: number): [number | null, number | null] {
  let least: number | null = null;
  let leastAt = -1;
  let greatest: number | null = null;
  let greatestAt = -1;
  for (let i = from; i < to; i += 1) {
    const value = column[i] ?? null;
    if (value === null) continue;
    if (least === null || rank(value) < rank(least)) {
      least = value;
      leastAt = i;
    }
    if (greatest === null || rank(value) > rank(greatest)) {
      greatest = value;
      greatestAt = i;
    }
  }
  return leastAt <= greatestAt ? [least, greatest] : [greatest, least];
}

/** The stretch's rows of least and greatest sum, in the order of time: parts of a stack must be of one second. */
function extremeRows(columns: readonly Column[], from: number, to: number): [number, number] {
  let least = from;
  let greatest = from;
  const sum = (i: number) => columns.reduce((total, column) => total + (column[i] ?? 0), 0);
  for (let i = from + 1; i < to; i += 1) {
    if (sum(i) < sum(least)) least = i;
    if (sum(i) > sum(greatest)) greatest = i;
  }
  return least <= greatest ? [least, greatest] : [greatest, least];
}

/** Columns of one chart. Those of a stack are thinned by their sum, others each by itself. */
export interface ColumnGroup {
  columns: readonly Column[];
  stacked: boolean;
}

function thinStretch(
  { columns, stacked }: ColumnGroup,
  from: number,
  to: number,
): [number | null, number | null][] {
  if (!stacked) return columns.map((column) => extremes(column, from, to));
  const [first, second] = extremeRows(columns, from, to);
  return columns.map((column) => [column[first] ?? null, column[second] ?? null]);
}

/**
 * Thins groups of columns to at most `mostPoints` rows on one axis.
 * @param groups columns all of the same length, one value a second from the clock's zero
 */
export function thin(groups: readonly ColumnGroup[], mostPoints = MOST_POINTS): Thinned {
  const length = Math.max(0, ...groups.flatMap(({ columns }) => columns.map((column) => column.length)));
  if (length <= mostPoints) {
    return {
      x: Array.from({ length }, (_, i) => i + 0.5),
      groups: groups.map(({ columns }) => columns.map((column) => [...column])),
      secondsPerBin: 1,
    };
  }
  const secondsPerBin = Math.ceil(length / Math.floor(mostPoints / 2));
  const x: number[] = [];
  const thinned: (number | null)[][][] = groups.map(({ columns }) => columns.map(() => []));
  for (let from = 0; from < length; from += secondsPerBin) {
    const to = Math.min(length, from + secondsPerBin);
    x.push(from + (to - from) / 4, from + ((to - from) * 3) / 4);
    groups.forEach((group, g) => {
      thinStretch(group, from, to).forEach((pair, c) => {
        thinned[g]?.[c]?.push(...pair);
      });
    });
  }
  return { x, groups: thinned, secondsPerBin };
}
