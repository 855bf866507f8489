/** The runs in a folder as a table, for `npm run report -- --list`. */
import type { VerdictWord } from '../../measure/verdict.ts';
import {
  formatBytes,
  formatCount,
  formatInstant,
  formatMs,
  formatNumber,
  formatRate,
  NO_VALUE,
} from '../words.ts';
import { type Palette, palette, type Span } from './paint.ts';
import { type Column, renderTable } from './table.ts';
import { plainLine } from './width.ts';

export interface RunRow {
  run: string;
  /** ISO 8601; null where `run.json` cannot be read. */
  startedAt: string | null;
  /** The profile's name, or the drill's. */
  profile: string;
  /** Null: there is no `verdict.json`, the run is under way or was cut off. */
  verdict: VerdictWord | null;
  /** Acknowledged arrivals a second in the window; null where it was not measured. */
  throughputPerSecond: number | null;
  /** P95 of the order over the window. */
  p95: { kind: 'measured'; ms: number } | { kind: 'infinite' } | { kind: 'none' };
  /** What a drill found; null for a load. */
  drill: { rtoSeconds: number | null; lostOrders: number | null } | null;
  /** On disk. */
  bytes: number;
}

const COLUMNS: readonly Column[] = [
  { heading: 'Run' },
  { heading: 'Started', expendable: 1 },
  { heading: 'Profile', expendable: 2 },
  { heading: 'Verdict' },
  { heading: 'Throughput', align: 'right', expendable: 5 },
  { heading: 'P95', align: 'right', expendable: 4 },
  { heading: 'RTO', align: 'right', expendable: 6 },
  { heading: 'Lost', align: 'right', expendable: 7 },
  { heading: 'Size', align: 'right', expendable: 3 },
];

const OF_DRILLS: readonly string[] = ['RTO', 'Lost'];

function p95Words(p95: RunRow['p95']): string {
  if (p95.kind === 'none') return NO_VALUE;
  return formatMs(p95.kind === 'infinite' ? null : p95.ms);
}

function spansOf(row: RunRow, paint: Palette): Span[] {
  const started = row.startedAt === null ? Number.NaN : Date.parse(row.startedAt);
  return [
    { text: plainLine(row.run) },
    { text: Number.isNaN(started) ? NO_VALUE : formatInstant(started).replace(/:\d\d\.\d UTC$/, ' UTC') },
    { text: plainLine(row.profile) },
    row.verdict === null ? { text: 'no verdict' } : { text: row.verdict, paint: paint.verdict(row.verdict) },
    { text: row.throughputPerSecond === null ? NO_VALUE : formatRate(row.throughputPerSecond) },
    { text: p95Words(row.p95) },
    { text: row.drill?.rtoSeconds == null ? NO_VALUE : `${formatNumber(row.drill.rtoSeconds)} s` },
    { text: row.drill?.lostOrders == null ? NO_VALUE : formatCount(row.drill.lostOrders) },
    { text: formatBytes(row.bytes) },
  ];
}

/** @param rows in the order in which they are shown */
export function renderRunList(
  rows: readonly RunRow[],
  options: { columns: number; colour: boolean },
): string[] {
  if (rows.length === 0) return ['no runs yet: npm run load makes one'];
  const paint = palette(options.colour);
  // Where no run is a drill, the columns of drills would be empty.
  const isShown = COLUMNS.map(
    ({ heading }) => rows.some(({ drill }) => drill !== null) || !OF_DRILLS.includes(heading),
  );
  const shown = <T>(list: readonly T[]): T[] => list.filter((_, i) => isShown[i]);
  const spans = rows.map((row) => shown(spansOf(row, paint)));
  const table =
    renderTable(shown(COLUMNS), spans, options.columns, paint) ??
    spans.map(([run, , , verdict]) => narrow(run!, verdict!));
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  return [...table, '', `${rows.length} ${rows.length === 1 ? 'run' : 'runs'}, ${formatBytes(bytes)}`];
}

/** A run's name is what is copied: it stays whole, last on its line, where nothing pushes it about. */
function narrow(run: Span, verdict: Span): string {
  return `${verdict.paint ? verdict.paint(verdict.text) : verdict.text}  ${run.text}`;
}
