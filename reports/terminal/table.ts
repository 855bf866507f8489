/** Tables of plain text: columns as wide as their widest cell, the least important ones left out where it is narrow. */
import type { Palette, Span } from './paint.ts';
import { displayWidth, pad } from './width.ts';

export interface Column {
  heading: string;
  align?: 'left' | 'right';
  /** Columns are left out in this order, those with the lowest number first; one without a number always stays. */
  expendable?: number;
}

const GAP = 3;
export const TABLE_INDENT = 2;

function widthsOf(columns: readonly Column[], rows: readonly (readonly Span[])[]): number[] {
  return columns.map((column, i) =>
    Math.max(displayWidth(column.heading), ...rows.map((row) => displayWidth(row[i]?.text ?? ''))),
  );
}

function line(spans: readonly Span[], columns: readonly Column[], widths: readonly number[]): string {
  const cells = spans.map((span, i) => {
    const isLast = i === spans.length - 1 && columns[i]?.align !== 'right';
    const text = isLast ? span.text : pad(span.text, widths[i] ?? 0, columns[i]?.align);
    return span.paint && span.text !== '' ? span.paint(text) : text;
  });
  return `${' '.repeat(TABLE_INDENT)}${cells.join(' '.repeat(GAP))}`.trimEnd();
}

/**
 * @param rows one span for each column
 * @param width cells of the terminal
 * @returns the heading and a line a row; null where even the columns that must stay do not fit
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Span[])[],
  width: number,
  paint: Palette,
): string[] | null {
  const widths = widthsOf(columns, rows);
  const total = TABLE_INDENT + widths.reduce((sum, each) => sum + each, 0) + GAP * (columns.length - 1);
  if (total > width) {
    const least = Math.min(...columns.map((column) => column.expendable ?? Number.POSITIVE_INFINITY));
    if (!Number.isFinite(least)) return null;
    const stays = columns.map((column) => column.expendable !== least);
    const keep = <T>(list: readonly T[]): T[] => list.filter((_, i) => stays[i]);
    return renderTable(keep(columns), rows.map(keep), width, paint);
  }
  const heading = columns.map((column) => ({ text: column.heading, paint: paint.quiet }));
  return [heading, ...rows].map((spans) => line(spans, columns, widths));
}
