/** Where every planned arrival went, as a small table whose rows add up. */
import type { Measurement } from '../../measure/measurement.ts';
import type { Orders } from '../../measure/verdict.ts';
import { formatCount, formatRatioAsPercent, NO_VALUE } from '../words.ts';
import { html, type Markup } from './escape.ts';
import { OUTCOME_MEANINGS, SECTIONS } from './phrases.ts';

const ROWS: { key: keyof Orders; depth: 0 | 1 | 2 }[] = [
  { key: 'planned', depth: 0 },
  { key: 'started', depth: 1 },
  { key: 'acknowledged', depth: 2 },
  { key: 'refused', depth: 2 },
  { key: 'unsent', depth: 2 },
  { key: 'unknown', depth: 2 },
  { key: 'dropped', depth: 1 },
];

/** Counts of the whole run, ramps included; a share is of all planned. */
export function arrivalsTable(measurement: Measurement): Markup {
  const { orders } = measurement.verdict;
  const rows = ROWS.map(
    ({ key, depth }) => html`<tr>
<th scope="row" class="depth${depth}">${key}</th>
<td class="number">${formatCount(orders[key])}</td>
<td class="number">${orders.planned === 0 ? NO_VALUE : formatRatioAsPercent(orders[key] / orders.planned)}</td>
<td class="remark">${OUTCOME_MEANINGS[key]}</td>
</tr>
`,
  );
  return html`<section aria-labelledby="arrivals-title">
<h2 id="arrivals-title">${SECTIONS.arrivals}</h2>
<table id="arrivals" class="wide copyable">
<thead><tr><th scope="col">Arrivals</th><th scope="col" class="number">Whole run</th><th scope="col" class="number">Of planned</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
</section>`;
}
