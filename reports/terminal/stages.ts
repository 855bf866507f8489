/** The load curve as a line of the live view: what the run is doing now and how far it is. */
import { formatClockSeconds, formatDuration } from '../words.ts';
import { bar } from './graphics.ts';
import type { Palette, Span } from './paint.ts';
import type { LiveStage, LiveState } from './state.ts';
import { clip, displayWidth } from './width.ts';

/** A stage whose bar is shorter than this shows no progress. */
const LEAST_BAR_COLUMNS = 3;

/** What a stage does, in one word. */
export function stageWord(stage: LiveStage): string {
  if (stage.hold || stage.fromPerSecond === stage.toPerSecond) return 'hold';
  return stage.toPerSecond > stage.fromPerSecond ? 'ramp' : 'down';
}

export interface Position {
  elapsedMs: number;
  totalMs: number;
  /** Index of the stage under way; the number of stages once the plan is over. */
  stage: number;
}

/** Where the run is on its plan; before its first arrival it is at the beginning. */
export function positionOf(state: LiveState): Position {
  const totalMs = state.stages.reduce((sum, stage) => sum + stage.durationMs, 0);
  const elapsedMs = state.zeroMs === null ? 0 : Math.max(0, state.nowMs - state.zeroMs);
  let endMs = 0;
  const stage = state.stages.findIndex((one) => {
    endMs += one.durationMs;
    return elapsedMs < endMs;
  });
  return { elapsedMs, totalMs, stage: stage < 0 ? state.stages.length : stage };
}

/** `00:17 / 00:30`: the run's clock stands still at its end, whatever is still being waited for. */
export function clockOf({ elapsedMs, totalMs }: Position): string {
  return `${formatClockSeconds(Math.min(elapsedMs, totalMs))} / ${formatClockSeconds(totalMs)}`;
}

const label = (stage: LiveStage): string => `${stageWord(stage)} ${formatDuration(stage.durationMs)}`;

/** Shares `columns` cells out in proportion to durations, the remainder to the longest stage. */
function barColumns(stages: readonly LiveStage[], totalMs: number, columns: number): number[] {
  const cells = stages.map((stage) =>
    Math.max(LEAST_BAR_COLUMNS, Math.floor((stage.durationMs / totalMs) * columns)),
  );
  const longest = stages.reduce(
    (best, stage, i) => (stage.durationMs > stages[best]!.durationMs ? i : best),
    0,
  );
  cells[longest]! += columns - cells.reduce((sum, cell) => sum + cell, 0);
  return cells;
}

function join(spans: readonly Span[]): string {
  return spans.map(({ text, paint }) => (paint ? paint(text) : text)).join('');
}

function wholeCurve(state: LiveState, at: Position, columns: number, paint: Palette): string | null {
  const { stages } = state;
  const labels = stages.map((stage) => displayWidth(label(stage)) + 1).reduce((sum, width) => sum + width, 0);
  const forBars = columns - labels - (stages.length - 1);
  const cells = stages.length === 0 ? [] : barColumns(stages, at.totalMs, forBars);
  if (cells.length === 0 || cells.some((cell) => cell < LEAST_BAR_COLUMNS)) return null;
  let beganMs = 0;
  const spans = stages.flatMap((stage, i): Span[] => {
    const drawn = bar((at.elapsedMs - beganMs) / stage.durationMs, cells[i]!);
    beganMs += stage.durationMs;
    return [
      { text: i === 0 ? '' : ' ' },
      { text: label(stage), paint: i === at.stage ? paint.strong : paint.quiet },
      { text: ' ' },
      { text: drawn.done, paint: paint.progress },
      { text: drawn.left, paint: paint.quiet },
    ];
  });
  return join(spans);
}

function oneBar(state: LiveState, at: Position, columns: number, paint: Palette): string {
  const stage = state.stages[at.stage];
  const few = state.stages.length > 1 ? ` (${at.stage + 1} of ${state.stages.length})` : '';
  const text = stage === undefined ? 'over' : `${label(stage)}${few}`;
  const cells = columns - displayWidth(text) - 1;
  if (cells < LEAST_BAR_COLUMNS) return paint.strong(clip(text, columns));
  const drawn = bar(at.totalMs > 0 ? at.elapsedMs / at.totalMs : 1, cells);
  return `${paint.strong(text)} ${paint.progress(drawn.done)}${paint.quiet(drawn.left)}`;
}

/**
 * One line of exactly `columns` cells: every stage with its own bar where there is room, else the stage under way and
 * one bar over them all; the clock at its right.
 */
export function renderStages(state: LiveState, columns: number, indent: number, paint: Palette): string {
  const at = positionOf(state);
  const clock = clockOf(at);
  const room = columns - indent - 2 - clock.length;
  if (room < LEAST_BAR_COLUMNS) return clip(clock, columns);
  const curve = wholeCurve(state, at, room, paint) ?? oneBar(state, at, room, paint);
  return `${' '.repeat(indent)}${curve}${' '.repeat(room - displayWidth(curve))}  ${clock}`;
}
