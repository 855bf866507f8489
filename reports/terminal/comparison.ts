/** Two runs side by side in the terminal. */
import type { Measurement } from '../../measure/measurement.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import {
  formatClaimed,
  formatCount,
  formatInstant,
  formatMeasured,
  formatNumber,
  NO_VALUE,
} from '../words.ts';
import { type Palette, palette, type Span } from './paint.ts';
import { type Column, renderTable } from './table.ts';
import { displayWidth, plainLine, wrap } from './width.ts';

export interface ComparisonOptions {
  /** Cells of the terminal. */
  columns: number;
  colour: boolean;
}

const NOTE =
  'Two runs differ by chance too: a difference inside the error bars, or from one run to the next, is no verdict.';

const COUNTS = ['planned', 'acknowledged', 'refused', 'unsent', 'unknown', 'dropped'] as const;

/** What may go where it is narrow. The error bars stay: without them any difference looks like one. */
const COLUMNS: readonly Column[] = [
  { heading: 'Metric' },
  { heading: 'Claimed', expendable: 1 },
  { heading: 'A' },
  { heading: '', expendable: 2 },
  { heading: 'B' },
  { heading: '', expendable: 2 },
  { heading: 'B against A', expendable: 3 },
];

/** Below this a change is written as none. */
const LEAST_CHANGE = 0.0005;

function changeOf(a: JudgedClaim, b: JudgedClaim): string {
  if (a.measured === null || b.measured === null) return a.measured === b.measured ? '' : NO_VALUE;
  const overlaps =
    a.low !== null &&
    a.high !== null &&
    b.low !== null &&
    b.high !== null &&
    a.low <= b.high &&
    b.low <= a.high;
  const isExact = a.low === a.high && b.low === b.high;
  if (a.measured === b.measured) return 'the same';
  if (overlaps && !isExact) return 'within the error bars';
  if (a.unit === 'ratio') {
    const points = (b.measured - a.measured) * 100;
    return `${points > 0 ? '+' : '−'}${formatNumber(Math.abs(points), 2)} points`;
  }
  if (a.measured === 0) return NO_VALUE;
  const change = b.measured / a.measured - 1;
  if (Math.abs(change) < LEAST_CHANGE) return 'the same';
  return `${change > 0 ? '+' : '−'}${formatNumber(Math.abs(change) * 100, 2)} %`;
}

function claimedBy(a: JudgedClaim | undefined, b: JudgedClaim | undefined): string {
  const words = [a, b].flatMap((claim) =>
    claim ? [formatClaimed(claim.op, claim.claimed, claim.unit)] : [],
  );
  return [...new Set(words)].join(' / ');
}

function measuredIn(claim: JudgedClaim | undefined, paint: Palette): [Span, Span] {
  if (claim === undefined) return [{ text: NO_VALUE }, { text: '' }];
  return [{ text: formatMeasured(claim) }, { text: claim.verdict, paint: paint.verdict(claim.verdict) }];
}

function titleLines(name: string, measurement: Measurement, columns: number, paint: Palette): string[] {
  const { run, verdict } = measurement;
  const facts = [run.profile, run.target.url, formatInstant(Date.parse(run.startedAt))]
    .map(plainLine)
    .join(' · ');
  const first = `${paint.strong(name)}  ${paint.verdict(verdict.verdict)(verdict.verdict)}  ${plainLine(run.run)}`;
  return displayWidth(`${first} · ${facts}`) <= columns ? [`${first} · ${facts}`] : [first, `   ${facts}`];
}

/** What else differs between the runs, so that a change is not taken for the service's. */
function differences({ run: a }: Measurement, { run: b }: Measurement): string {
  const facts: [what: string, a: unknown, b: unknown][] = [
    ['profile', a.profile, b.profile],
    ['target', a.target.url, b.target.url],
    ['time scale', a.timeScale, b.timeScale],
    ['engine', `${a.engine} ${a.versions.k6}`, `${b.engine} ${b.versions.k6}`],
    ['CPU', a.machine.cpuModel, b.machine.cpuModel],
    ['CPUs allowed', a.machine.allowedCpus, b.machine.allowedCpus],
    ['commit', a.git?.commit.slice(0, 10) ?? 'none', b.git?.commit.slice(0, 10) ?? 'none'],
  ];
  const different = facts.filter(([, inA, inB]) => inA !== inB);
  return different.map(([what, inA, inB]) => `${what} (${inA} and ${inB})`).join(', ');
}

/** Claims of both runs, in the order of the first. */
function pairs(a: Measurement, b: Measurement): { title: string; a?: JudgedClaim; b?: JudgedClaim }[] {
  const find = (measurement: Measurement, id: string) =>
    measurement.verdict.claims.find((claim) => claim.id === id);
  const ids = new Set([...a.verdict.claims, ...b.verdict.claims].map((claim) => claim.id));
  return [...ids].map((id) => {
    const [inA, inB] = [find(a, id), find(b, id)];
    return { title: (inA ?? inB)!.title, ...(inA ? { a: inA } : {}), ...(inB ? { b: inB } : {}) };
  });
}

/**
 * Two runs as one table: what both claimed, what each measured, and the change where it is beyond the error bars.
 * @param a the run to compare with
 * @param b the run that is asked about
 */
export function renderComparisonTable(a: Measurement, b: Measurement, options: ComparisonOptions): string[] {
  const paint = palette(options.colour);
  const rows: Span[][] = [
    ...pairs(a, b).map((pair): Span[] => [
      { text: plainLine(pair.title) },
      { text: claimedBy(pair.a, pair.b) },
      ...measuredIn(pair.a, paint),
      ...measuredIn(pair.b, paint),
      { text: pair.a && pair.b ? changeOf(pair.a, pair.b) : `claimed in ${pair.a ? 'A' : 'B'} only` },
    ]),
    ...COUNTS.map((count): Span[] =>
      [count, '', formatCount(a.verdict.orders[count]), '', formatCount(b.verdict.orders[count]), '', ''].map(
        (text) => ({ text }),
      ),
    ),
  ];
  const table = renderTable(COLUMNS, rows, options.columns, paint) ?? stackedRows(rows);
  const differing = differences(a, b);
  const sentences = [...(differing === '' ? [] : [`The runs differ in ${plainLine(differing)}.`]), NOTE];
  return [
    ...titleLines('A', a, options.columns, paint),
    ...titleLines('B', b, options.columns, paint),
    '',
    ...table,
    '',
    ...sentences.flatMap((sentence) => wrap(sentence, Math.max(1, Math.min(options.columns, 110)))),
  ];
}

function stackedRows(rows: readonly (readonly Span[])[]): string[] {
  const widest = Math.max(...rows.map((row) => displayWidth(row[0]!.text)));
  return rows.flatMap(([title, , inA, , inB]) => [
    `${title!.text}${' '.repeat(widest - displayWidth(title!.text))}  A ${inA!.text}`,
    `${' '.repeat(widest)}  B ${inB!.text}`,
  ]);
}
