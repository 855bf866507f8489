/** A section of the bench: what it measured, as Markdown, with the command that measures it again. */
export interface BenchSection {
  title: string;
  /** What was done, with the flags. */
  how: string;
  command: string;
  headings: string[];
  rows: string[][];
  /** What follows from it, a sentence each. */
  findings: string[];
}

export function renderSection({ title, how, command, headings, rows, findings }: BenchSection): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${title}`,
    how,
    '',
    `\`${command}\``,
    '',
    line(headings),
    line(headings.map((_, i) => (i === 0 ? '---' : '--:'))),
    ...rows.map(line),
    '',
    ...findings.map((finding) => `- ${finding}`),
  ].join('\n');
}

/** Least, median and greatest. */
export interface Spread {
  least: number;
  median: number;
  most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { least: sorted[0]!, median: sorted[Math.floor((sorted.length - 1) / 2)]!, most: sorted.at(-1)! };
}

export const showSpread = ({ least, median, most }: Spread, digits = 2): string =>
  `${least.toFixed(digits)} (${median.toFixed(digits)}, ${most.toFixed(digits)})`;
