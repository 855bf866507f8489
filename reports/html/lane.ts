/** A strip of a time axis inside a table's cell: bars, marks and lines at their places, as plain elements. */
import { html, type Markup } from './escape.ts';

export interface LanePart {
  kind: 'bar' | 'whole' | 'predicted' | 'interval' | 'point' | 'allowed' | 'claim' | 'grid';
  /** In the axis's unit. */
  from: number;
  /** A line or a point where it is left out. */
  to?: number;
  /** It goes on beyond the axis. */
  open?: boolean;
}

const percent = (value: number, max: number): string =>
  `${Number(((Math.min(Math.max(value, 0), max) / max) * 100).toFixed(3))}%`;

/** @param max where the axis ends; it begins at 0 */
export function lane(max: number, parts: readonly LanePart[]): Markup {
  const drawn = parts.map(({ kind, from, to, open }) => {
    const width = to === undefined ? '' : `;width:${percent(to - Math.max(0, from), max)}`;
    return html`<span class="${kind}${open ? ' open' : ''}" style="left:${percent(from, max)}${width}"></span>`;
  });
  return html`<div class="lane" aria-hidden="true">${drawn}</div>`;
}

const STEPS = [1, 2, 5];
const MOST_TICKS = 6;

/** Round values from 0 up to `max`, a handful. @param whole of what is counted there is no half */
export function ticksOf(max: number, whole = false): number[] {
  for (let power = whole ? 0 : -3; power < 6; power += 1) {
    for (const step of STEPS) {
      const size = power < 0 ? step / 10 ** -power : step * 10 ** power;
      if (max / size > MOST_TICKS) continue;
      return Array.from({ length: Math.floor(max / size) + 1 }, (_, i) => Number((i * size).toPrecision(6)));
    }
  }
  return [0];
}

/** The axis: its ticks with their words. */
export function laneAxis(max: number, words: (tick: number) => string, whole = false): Markup {
  const ticks = ticksOf(max, whole).map(
    (tick) => html`<span class="tick" style="left:${percent(tick, max)}">${words(tick)}</span>`,
  );
  return html`<div class="lane axis">${ticks}</div>`;
}

export const gridOf = (max: number, whole = false): LanePart[] =>
  ticksOf(max, whole).map((from) => ({ kind: 'grid', from }));
