/** Moving the cursor by keyboard: every chart of a group follows. */
import type uPlot from 'uplot';
import { moveBy } from './moves.ts';

function place(plot: uPlot, point: number | null): void {
  if (point === null) {
    plot.setCursor({ left: -10, top: -10 });
    return;
  }
  plot.setCursor({ left: plot.valToPos(plot.data[0][point] ?? 0, 'x'), top: plot.over.clientHeight / 2 });
}

/**
 * Listens on a focusable element.
 * @param plots every plot that shares the cursor, the element's own first
 * @param spoken called with the element after a move, to say what is there
 */
export function listenToKeys(element: HTMLElement, plots: () => readonly uPlot[], spoken: () => void): void {
  element.addEventListener('keydown', (event) => {
    const own = plots()[0];
    if (own === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const at = (own.cursor.left ?? -1) < 0 ? null : (own.cursor.idx ?? null);
    const next = moveBy(event.key, event.shiftKey, at, own.data[0].length);
    if (next === undefined) return;
    event.preventDefault();
    for (const plot of plots()) place(plot, next);
    spoken();
  });
}
