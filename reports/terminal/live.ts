/** The live view of a run as lines: a pure function of what is known. `view.ts` puts it on a terminal. */
import type { Second } from '../../measure/events.ts';
import { blameFor } from '../../measure/generator.ts';
import {
  formatCount,
  formatDuration,
  formatErrorKinds,
  formatMs,
  formatRate,
  formatRatioAsPercent,
} from '../words.ts';
import { drillRows } from './drill-rows.ts';
import { flow, type Row } from './flow.ts';
import { sparkline } from './graphics.ts';
import { type Palette, palette, type Span } from './paint.ts';
import { positionOf, renderStages } from './stages.ts';
import { HISTORY_SECONDS, type LiveState } from './state.ts';
import { clip, displayWidth, pad, plainLine } from './width.ts';

/** The view leaves the rest of the screen alone. */
export const MOST_LINES = 10;
/** Below this the labels' column would take too much: labels go, or stand in front of their fields. */
const NARROW_COLUMNS = 64;
/** A wider view is not easier to read. */
const WIDEST_COLUMNS = 110;
const LABEL_COLUMNS = 11;
const SPARK_COLUMNS = HISTORY_SECONDS;
/** A third digit changes every second and tells nothing. */
export const LIVE_DIGITS = 2;

export type Health =
  | { kind: 'unknown' }
  | { kind: 'ok' }
  /** Nothing that is claimed says how late it may send. */
  | { kind: 'unlimited' }
  | { kind: 'doubtful'; sentence: string };

/** Stands where the generator would be called well or late. */
export const NO_LIMIT = 'no limit: no latency claim';

/** Whether the generator keeps up, as far as one sample can tell. */
export function healthOf({ generator, recent, lateLimitMs }: LiveState): Health {
  if (recent === null) return { kind: 'unknown' };
  const stretch = {
    fromMs: recent.startMs,
    toMs: recent.startMs + 1000,
    lateP99Ms: recent.lateP99Ms,
    planned: recent.planned,
    dropped: recent.dropped,
    slowestMs: null,
  };
  // The latest sample speaks for the latest second, whichever of them is a little older.
  const samples = generator === null ? [] : [{ ...generator, t: stretch.toMs }];
  switch (blameFor(samples, lateLimitMs)(stretch)) {
    case 'late':
      return { kind: 'doubtful', sentence: `late (limit ${formatMs(lateLimitMs)})` };
    case 'starved':
      return { kind: 'doubtful', sentence: 'no CPU left for what was dropped' };
    case 'clients':
      return { kind: 'doubtful', sentence: 'too few clients for what was dropped' };
    case 'none':
      if (generator === null) return { kind: 'unknown' };
      return lateLimitMs === null ? { kind: 'unlimited' } : { kind: 'ok' };
  }
}

/** P95 by second: the closed ones, then those still open as they were last seen. */
function p95Trail({ p95History, open }: LiveState): (number | null)[] {
  const seen = open.filter((second) => second.planned > 0).map((second) => second.p95Ms);
  return [...p95History, ...seen].slice(-HISTORY_SECONDS);
}

/** Errors by kind, most frequent first, open seconds included. */
export function errorKinds(state: LiveState): string[] {
  const errors = new Map(Object.entries(state.errors));
  for (const second of state.open) {
    for (const [kind, count] of Object.entries(second.errors))
      errors.set(kind, (errors.get(kind) ?? 0) + count);
  }
  return formatErrorKinds(errors);
}

/** What the run is about to say instead of numbers, or empty when there are numbers. */
export function waitingFor(state: LiveState): string {
  if (state.zeroMs === null) {
    const sinceMs = Math.floor((state.nowMs - state.beganMs) / 1000) * 1000;
    return `starting ${formatCount(state.clients)} clients${sinceMs > 0 ? `, ${formatDuration(sinceMs)} so far` : ''}`;
  }
  return state.recent === null ? 'the first second is under way' : '';
}

/** What ctrl-c would do, or what is being done already. */
export function hintOf(state: LiveState): string {
  switch (state.ending.kind) {
    case 'signal':
      return `${state.ending.signal}: stopping, then judging what there is; ctrl-c again leaves at once`;
    case 'generator':
      return `the generator is gone${state.ending.cause === '' ? '' : `: ${state.ending.cause}`}`;
    case 'none': {
      const { elapsedMs, totalMs } = positionOf(state);
      const over = state.zeroMs !== null && elapsedMs >= totalMs;
      return over
        ? 'the plan is done: waiting for the last answers'
        : state.drill === null
          ? 'ctrl-c stops and judges what there is'
          : 'ctrl-c stops, undoes the faults and judges what there is';
    }
  }
}

function header(state: LiveState, columns: number, paint: Palette): string[] {
  const name = `stormproof ${state.kind}`;
  const [profile, target, run] = [state.profile, state.target, state.run].map(plainLine) as [
    string,
    string,
    string,
  ];
  for (const rest of [
    [profile, target, run],
    [profile, target],
  ]) {
    const line = [name, ...rest].join(' · ');
    if (displayWidth(line) <= columns) return [paint.strong(name) + line.slice(name.length)];
  }
  return [paint.strong(clip(`${name} · ${profile}`, columns)), clip(target, columns)];
}

const counted = (word: string, count: number, paint: Palette): Span => ({
  text: `${word} ${formatCount(count)}`,
  paint: count > 0 ? paint.bad : paint.quiet,
});

/** Fields keep their place while their numbers change, as far as there is room for that. */
const steady = (text: string, columns: number, narrow: boolean): string =>
  narrow ? text : pad(text, columns);

function rateRow({ counts }: LiveState, second: Second, narrow: boolean, paint: Palette): Row {
  const served = steady(`served ${formatRate(second.acknowledged)}`, 15, narrow);
  return {
    label: narrow ? '' : 'now',
    maxLines: 1,
    fields: [
      { text: steady(`planned ${formatRate(second.planned)}`, 16, narrow) },
      { text: served, paint: second.acknowledged < second.planned ? paint.doubtful : paint.good },
      { text: `in flight ${formatCount(counts.inFlight)}` },
    ],
  };
}

function unservedRow({ counts }: LiveState, narrow: boolean, paint: Palette): Row {
  return {
    label: narrow ? '' : 'unserved',
    maxLines: 2,
    fields: [
      counted('dropped', counts.dropped, paint),
      counted('refused', counts.refused, paint),
      counted('unsent', counts.unsent, paint),
      counted('unknown', counts.unknown, paint),
      ...(narrow ? [] : [{ text: `of ${formatCount(counts.planned)}`, paint: paint.quiet }]),
    ],
  };
}

/** What is happening now, and what became of the arrivals so far. */
function mainRows(state: LiveState, second: Second | null, narrow: boolean, paint: Palette): Row[] {
  const drill = drillRows(state, second, narrow, paint);
  if (second === null) return drill;
  const rate = state.drill === null ? [rateRow(state, second, narrow, paint)] : [];
  return [...drill, ...rate, unservedRow(state, narrow, paint), latencyRow(second, narrow)];
}

function latencyRow(second: Second, narrow: boolean): Row {
  const fields = (['p50', 'p95', 'p99'] as const).map((name) => ({
    text: steady(`${name} ${formatMs(second[`${name}Ms`], LIVE_DIGITS)}`, 11, narrow),
  }));
  return { label: narrow ? '' : 'latency', maxLines: 2, fields };
}

function trendRow(state: LiveState, narrow: boolean, paint: Palette): Row {
  const trail = p95Trail(state);
  const peak = trail.includes(null) ? null : Math.max(...trail.filter((ms) => ms !== null));
  const fields = [
    { text: sparkline(trail, narrow ? SPARK_COLUMNS / 2 : SPARK_COLUMNS), paint: paint.progress },
    { text: `peak ${formatMs(peak, LIVE_DIGITS)}`, paint: paint.quiet },
  ];
  return { label: narrow ? 'p95' : 'p95 trend', maxLines: 1, fields: trail.length > 0 ? fields : [] };
}

function generatorRow(state: LiveState, narrow: boolean, paint: Palette): Row {
  const health = healthOf(state);
  const { generator, recent } = state;
  const fields: Span[] = [];
  if (health.kind === 'ok') fields.push({ text: 'ok', paint: paint.good });
  if (health.kind === 'doubtful') fields.push({ text: health.sentence, paint: paint.doubtful });
  if (generator) fields.push({ text: `cpu ${formatRatioAsPercent(Math.round(generator.cpu * 100) / 100)}` });
  if (recent)
    fields.push({ text: `${narrow ? 'late' : 'late p99'} ${formatMs(recent.lateP99Ms, LIVE_DIGITS)}` });
  if (health.kind === 'unlimited') fields.push({ text: narrow ? 'no limit' : NO_LIMIT, paint: paint.quiet });
  if (generator && !narrow)
    fields.push({ text: `machine ${formatRatioAsPercent(Math.round(generator.machine * 100) / 100)}` });
  return { label: 'generator', maxLines: 1, fields };
}

/**
 * The live view: at most `MOST_LINES` lines, none of them wider than `columns`.
 * Rates and percentiles are those of the most recent second, counts those of the run so far.
 * @param columns cells of the terminal
 */
export function renderLive(state: LiveState, columns: number, colour: boolean): string[] {
  const paint = palette(colour);
  const width = Math.max(1, Math.min(columns, WIDEST_COLUMNS));
  const narrow = width < NARROW_COLUMNS;
  const indent = narrow ? 0 : 2;
  const options = { columns: width, indent, labelColumns: narrow ? 0 : LABEL_COLUMNS, gap: narrow ? 2 : 3 };
  const draw = (row: Row): string[] =>
    row.fields.length === 0 ? [] : flow(row, { ...options, paintLabel: paint.quiet });
  const sentence = (text: string, how: (text: string) => string): string[] =>
    text === ''
      ? []
      : [' '.repeat(Math.min(indent, width - 1)) + how(clip(plainLine(text), Math.max(1, width - indent)))];
  const second = state.zeroMs === null ? null : state.recent;
  const errors: Row = {
    label: 'errors',
    maxLines: 1,
    fields: errorKinds(state).map((text) => ({ text, paint: paint.bad })),
  };
  const above = [...header(state, columns, paint), renderStages(state, width, indent, paint)];
  const below = sentence(hintOf(state), paint.quiet);
  const between = (trend: Row[]): string[] => [
    ...sentence(waitingFor(state), (text) => text),
    ...[
      ...mainRows(state, second, narrow, paint),
      ...trend,
      errors,
      generatorRow(state, narrow, paint),
    ].flatMap(draw),
  ];
  const room = MOST_LINES - above.length - below.length;
  const all = between(second === null ? [] : [trendRow(state, narrow, paint)]);
  // The trend is the first to go: everything else is said nowhere else.
  return [...above, ...(all.length <= room ? all : between([]).slice(0, room)), ...below];
}
