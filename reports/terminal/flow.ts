/** Labelled fields that flow into lines of a given width. */
import type { Span } from './paint.ts';
import { clip, displayWidth, pad, plainLine } from './width.ts';

export interface Row {
  label: string;
  fields: readonly Span[];
  /** The most lines that it may take; fields beyond them are left out. */
  maxLines: number;
}

export interface FlowOptions {
  columns: number;
  indent: number;
  /** Cells of the label's column; 0 puts the label in front of the first field. */
  labelColumns: number;
  gap: number;
  paintLabel: (text: string) => string;
}

function painted(span: Span, columns: number): string {
  const text = clip(plainLine(span.text), columns);
  return span.paint ? span.paint(text) : text;
}

/** @returns painted lines, none wider than `columns` */
export function flow(row: Row, options: FlowOptions): string[] {
  const { columns, indent, gap, paintLabel } = options;
  const labelled =
    options.labelColumns > 0 ? pad(row.label, options.labelColumns) : row.label && `${row.label} `;
  const lead = ' '.repeat(indent) + labelled;
  const hang = displayWidth(lead);
  if (hang >= columns) return [clip(lead + row.fields.map((field) => field.text).join(' '), columns)];
  const lines: { text: string; width: number }[] = [];
  for (const field of row.fields) {
    const width = Math.min(displayWidth(plainLine(field.text)), columns - hang);
    const line = lines.at(-1);
    if (line && line.width + gap + width <= columns) {
      line.text += ' '.repeat(gap) + painted(field, columns);
      line.width += gap + width;
    } else {
      const start = lines.length === 0 ? ' '.repeat(indent) + paintLabel(labelled) : ' '.repeat(hang);
      lines.push({ text: start + painted(field, columns - hang), width: hang + width });
    }
  }
  return lines.slice(0, row.maxLines).map((line) => line.text.trimEnd());
}
