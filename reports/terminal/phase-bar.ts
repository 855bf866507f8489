/** How an outage was spent, as a bar below the claims of a drill. */
import type { DrillVerdict } from '../../measure/drill.ts';
import { outagePhases, PHASE_WORDS, phaseDuration } from '../drill-words.ts';
import type { Palette } from './paint.ts';
import { displayWidth } from './width.ts';

/** A longer bar is not easier to compare. */
const WIDEST_BAR = 60;
const LEAST_BAR = 12;
const INDENT = 2;

/** Cells in proportion to durations, at least one each. */
function cellsOf(durations: readonly number[], columns: number): number[] {
  const total = durations.reduce((sum, each) => sum + each, 0);
  return durations.map((each) => Math.max(1, total > 0 ? Math.floor((each / total) * columns) : 1));
}

/**
 * The outage as a bar, each phase with its name and length; where there is no room for the bar, names and lengths.
 * @returns no lines where there was no outage
 */
export function renderPhases(drill: DrillVerdict, columns: number, paint: Palette): string[] {
  const phases = outagePhases(drill).map((phase) => ({
    ...phase,
    text: `${PHASE_WORDS[phase.name]} ${phaseDuration(phase)}`,
  }));
  if (phases.length === 0) return [];
  const gaps = phases.length * 2 - 1;
  const texts = phases.reduce((sum, { text }) => sum + displayWidth(text), 0);
  const room = Math.min(WIDEST_BAR, columns - INDENT - texts - gaps);
  const ends = phases.flatMap(({ toMs }) => (toMs === null ? [] : [toMs]));
  const endMs = Math.max(...ends, ...phases.map(({ fromMs }) => fromMs));
  const cells = cellsOf(
    phases.map(({ fromMs, toMs }) => Math.max(0, (toMs ?? endMs) - fromMs)),
    Math.max(0, room),
  );
  const drawn = room >= LEAST_BAR;
  const pieces = phases.map(({ text, toMs }, i) => {
    const bar = `${'━'.repeat(Math.max(0, cells[i]! - 1))}${toMs === null ? '→' : '╸'}`;
    return drawn
      ? { plain: `${text} ${bar}`, painted: `${text} ${paint.progress(bar)}` }
      : { plain: text, painted: text };
  });
  const lines: { plain: string; painted: string }[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    const gap = drawn ? ' ' : ' · ';
    if (last && displayWidth(last.plain + gap + piece.plain) + INDENT <= columns) {
      last.plain += gap + piece.plain;
      last.painted += gap + piece.painted;
    } else {
      lines.push({ ...piece });
    }
  }
  return lines.map(({ painted }) => ' '.repeat(INDENT) + painted);
}
