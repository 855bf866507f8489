/** Drawings made of characters: the bar over the stages and the sparkline. Every character takes one cell. */

const EIGHTHS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** What a sparkline shows where a value is infinite: the arrivals that it describes were not served. */
const INFINITE_MARK = '╳';

/**
 * A sparkline of the last values, one cell each, scaled between zero and the largest of them.
 * @param values in any unit; null is an infinity
 * @param columns the most cells that it may take
 */
export function sparkline(values: readonly (number | null)[], columns: number): string {
  const shown = values.slice(-Math.max(0, columns)).slice(0, Math.max(0, columns));
  const largest = Math.max(0, ...shown.filter((value) => value !== null));
  return shown
    .map((value) => {
      if (value === null) return INFINITE_MARK;
      if (!(largest > 0)) return EIGHTHS[0];
      return EIGHTHS[Math.min(7, Math.max(0, Math.ceil((value / largest) * 8) - 1))]!;
    })
    .join('');
}

/**
 * A bar that is done up to a share; done and to come differ by shape, so that colour may be missing.
 * @param share 0 to 1
 */
export function bar(share: number, columns: number): { done: string; left: string } {
  const cells = Math.max(0, columns);
  const done = Math.min(cells, Math.max(0, Math.round(share * cells)));
  const unfinished = done > 0 && done < cells;
  return { done: unfinished ? `${'━'.repeat(done - 1)}╸` : '━'.repeat(done), left: '─'.repeat(cells - done) };
}
