/** The charts' values as one table, built when it is opened: an hour has thousands of rows. */
import { formatClock } from '../../words.ts';
import type { TimelineModel } from '../model.ts';
import { formatValue } from '../value.ts';
import { addCopyButton } from './copy.ts';

function cell(tag: 'td' | 'th', text: string, className = ''): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className !== '') element.className = className;
  return element;
}

function rowOf(cells: readonly HTMLElement[]): HTMLElement {
  const row = document.createElement('tr');
  row.append(...cells);
  return row;
}

function buildTable({ charts, x, secondsPerBin }: TimelineModel): HTMLTableElement {
  const table = document.createElement('table');
  table.id = 'seconds-table';
  const columns = charts.flatMap((chart) => chart.series.map((series) => ({ chart, series })));
  const head = document.createElement('thead');
  head.append(
    rowOf([
      cell('th', 'Clock'),
      ...columns.map(({ chart, series }) => cell('th', `${chart.title}: ${series.label}`, 'number')),
    ]),
  );
  const body = document.createElement('tbody');
  x.forEach((middle, i) => {
    const from = secondsPerBin === 1 ? Math.floor(middle) : Math.floor(i / 2) * secondsPerBin;
    body.append(
      rowOf([
        cell('th', formatClock(from * 1_000)),
        ...columns.map(({ chart, series }) => {
          const value = series.values[i] ?? null;
          return cell('td', value === null ? '–' : formatValue(chart.format, value), 'number');
        }),
      ]),
    );
  });
  table.append(head, body);
  return table;
}

/** Fills the `<details>` the first time it is opened. */
export function fillWhenOpened(details: HTMLDetailsElement, timeline: TimelineModel): void {
  details.addEventListener(
    'toggle',
    () => {
      const scroller = document.createElement('div');
      scroller.className = 'scroller';
      const table = buildTable(timeline);
      scroller.append(table);
      details.append(scroller);
      addCopyButton(table);
    },
    { once: true },
  );
}
