/** What a drill says before it breaks anything: its hypothesis, its timeline, and what it will come to by arithmetic. */
import type { DrillRecord } from '../../measure/drill.ts';
import { formatClock, formatDuration } from '../../measure/format.ts';
import { asSentence, regionName } from '../drill-words.ts';
import { type Palette, palette } from './paint.ts';
import { displayWidth, pad, wrap } from './width.ts';

export interface BriefingOptions {
  columns: number;
  colour: boolean;
}

const WIDEST = 110;

/** As many lines as it takes: it is read once. */
export function renderBriefing(
  drill: DrillRecord,
  notes: readonly string[],
  options: BriefingOptions,
): string[] {
  const paint = palette(options.colour);
  const columns = Math.min(options.columns, WIDEST);
  const { predicted } = drill;
  const hang = (text: string, indent: number): string[] =>
    wrap(text, Math.max(20, columns - indent)).map((line) => ' '.repeat(indent) + line);
  return [
    `${paint.strong(`stormproof drill · ${drill.name}`)} · ${drill.platform} · ${regionName(drill.primary)} and ${regionName(drill.standby)}`,
    ...hang(asSentence(drill.hypothesis), 2),
    '',
    ...drill.faults.map(
      ({ fault, region, injectAtMs, undoAtMs }) =>
        `  ${formatClock(injectAtMs)} to ${formatClock(undoAtMs)}  ${fault}${region === null ? '' : ` ${region}`}`,
    ),
    '',
    `${paint.strong('predicted')}  ${predicted.verdict === 'uncertain' ? 'uncertain: it can go either way' : paint.verdict(predicted.verdict)(predicted.verdict)}${drill.expected === 'FAIL' ? ', and a FAIL is what this drill is to show' : ''}`,
    ...predicted.reasons.flatMap((reason) => hang(reason, 2)),
    ...steps(drill, paint),
    ...notes.flatMap((note) => hang(`note  ${note}`, 2)),
  ];
}

function steps({ predicted: { rto, rpo } }: DrillRecord, paint: Palette): string[] {
  const rows = [
    ...(rto?.steps ?? []).map(({ name, lowMs, highMs, arithmetic }) => [
      name,
      rangeOf(lowMs, highMs),
      arithmetic,
    ]),
    ...(rpo === null ? [] : [['lost', rangeOf(rpo.lowMs, rpo.highMs), rpo.arithmetic]]),
  ];
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => displayWidth(row[column]!))));
  return rows.map(
    ([name, range, arithmetic]) =>
      `    ${pad(name!, widths[0]!)}  ${pad(range!, widths[1]!)}  ${paint.quiet(arithmetic!)}`,
  );
}

const rangeOf = (lowMs: number | null, highMs: number | null): string => {
  if (lowMs === null || highMs === null) return 'never';
  return lowMs === highMs ? formatDuration(lowMs) : `${formatDuration(lowMs)} to ${formatDuration(highMs)}`;
};
