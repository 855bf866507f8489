/** Where in a profile claims are judged: its held stages. */
import type { Stage } from '../measure/plan.ts';
import { Problem } from '../measure/problem.ts';
import { formatDuration } from './duration.ts';

/** The least stretch that is judged: the timeline's smallest piece is a second. */
const LEAST_WINDOW_MS = 1000;

/**
 * Finds the judged stages: those marked `hold`, or the longest flat one where none is marked.
 * @param where path of the stages, for the mistake
 * @returns the stages with exactly those marked
 */
export function findWindow(
  startRatePerSecond: number,
  stages: readonly Stage[],
  where: string,
): { stages: Stage[]; notes: string[] } | Problem {
  const problem = (sentences: string): Problem => new Problem('E_PROFILE_WINDOW', sentences, where);
  const notes: string[] = [];
  const marked = stages.map((stage) => ({ ...stage }));
  if (!marked.some((stage) => stage.hold)) {
    const longest = longestFlat(startRatePerSecond, marked);
    if (longest === null) {
      return problem(
        'nothing is held, so there is nothing to judge. Expected a stage at one rate. Mark it: ["20s", 500, "hold"].',
      );
    }
    longest.hold = true;
    const what = `${formatDuration(longest.durationMs)} at ${longest.targetPerSecond.toLocaleString('en')}/s`;
    notes.push(`no stage is marked "hold": judged over the longest flat one, ${what}`);
  }
  const first = marked.findIndex((stage) => stage.hold);
  const last = marked.findLastIndex((stage) => stage.hold);
  const held = marked.slice(first, last + 1);
  if (held.some((stage) => !stage.hold)) {
    return problem(
      'the held stages lie apart. Expected one stretch. Mark those between as "hold" too, or keep one.',
    );
  }
  if (held.every((stage) => stage.targetPerSecond === 0)) {
    return problem(
      'nothing is sent while it holds. Expected a rate above 0. Raise the target of the held stage.',
    );
  }
  const heldMs = sumDurations(held);
  if (heldMs < LEAST_WINDOW_MS) {
    return problem(
      `it holds for ${formatDuration(heldMs)}. Expected at least ${formatDuration(LEAST_WINDOW_MS)}. Hold longer.`,
    );
  }
  return { stages: marked, notes };
}

/**
 * Multiplies durations, to whole milliseconds. What is held keeps at least a second in all.
 * @param stages with their window marked
 */
export function scaleStages(
  stages: readonly Stage[],
  timeScale: number,
): { stages: Stage[]; notes: string[] } {
  if (timeScale === 1) return { stages: [...stages], notes: [] };
  // A stage that is there stays there; one of 0 s is a jump and stays one.
  const scale = (durationMs: number, by: number): number =>
    durationMs === 0 ? 0 : Math.max(1, Math.round(durationMs * by));
  const heldMs = sumDurations(stages.filter((stage) => stage.hold));
  const holdScale = Math.max(timeScale, LEAST_WINDOW_MS / heldMs);
  const scaled = stages.map((stage) => ({
    ...stage,
    durationMs: scale(stage.durationMs, stage.hold ? holdScale : timeScale),
  }));
  const missingMs = LEAST_WINDOW_MS - sumDurations(scaled.filter((stage) => stage.hold));
  // Several short stages may each have been rounded down.
  if (missingMs > 0) scaled.findLast((stage) => stage.hold)!.durationMs += missingMs;
  const notes = [
    `durations scaled from ${formatDuration(sumDurations(stages))} to ${formatDuration(sumDurations(scaled))} by --time-scale ${timeScale}`,
  ];
  if (holdScale > timeScale) {
    const proportion = formatDuration(Math.round(heldMs * timeScale));
    notes.push(
      `held for ${formatDuration(LEAST_WINDOW_MS)}, the least that is judged, where the scale gives ${proportion}`,
    );
  }
  return { stages: scaled, notes };
}

function longestFlat(startRatePerSecond: number, stages: Stage[]): Stage | null {
  let longest: Stage | null = null;
  let before = startRatePerSecond;
  for (const stage of stages) {
    const flat = stage.targetPerSecond === before && stage.targetPerSecond > 0;
    if (flat && stage.durationMs > (longest?.durationMs ?? 0)) longest = stage;
    before = stage.targetPerSecond;
  }
  return longest;
}

const sumDurations = (stages: readonly Stage[]): number =>
  stages.reduce((sum, stage) => sum + stage.durationMs, 0);
