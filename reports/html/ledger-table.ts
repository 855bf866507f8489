/** Planned orders against those that the survivor holds, and which of them were lost. */
import type { Measurement } from '../../measure/measurement.ts';
import { longestOutage, regionName } from '../drill-words.ts';
import { LEDGER_ROWS } from '../ledger-rows.ts';
import { formatClock, formatCount, formatDuration, NO_VALUE } from '../words.ts';
import { html, type Markup } from './escape.ts';
import { DRILL } from './phrases.ts';

/** More lost orders than this are for the file. */
const MOST_LOST = 100;

export function ledgerTable(measurement: Measurement): Markup | null {
  const { run, verdict } = measurement;
  const ledger = verdict.drill?.ledger;
  if (!ledger || !run.drill || (ledger.cutover === null && ledger.healed === null)) return null;
  const record = run.drill;
  const rows = LEDGER_ROWS.map(({ title, of, at, meaning }) => {
    const cell = (when: 'cutover' | 'healed', name: string): Markup => {
      const counts = ledger[when];
      const text = counts === null || !at.includes(when) ? NO_VALUE : formatCount(of(counts));
      return html`<td class="number" data-name="${name}">${text}</td>`;
    };
    return html`<tr><th scope="row">${title(record)}</th>${cell('cutover', 'at cut-over')}${cell('healed', 'after heal')}<td class="remark">${meaning}</td></tr>
`;
  });
  return html`<h3 id="ledger-title">${DRILL.ledger.title}</h3>
<p class="note">${DRILL.ledger.says}</p>
<table id="ledger" class="wide copyable" aria-labelledby="ledger-title">
<thead><tr><th scope="col">Orders</th><th scope="col" class="number">At cut-over</th><th scope="col" class="number">After heal</th><th scope="col">Meaning</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
${lostOrders(measurement)}`;
}

function lostOrders({ drill, verdict, zeroMs }: Measurement): Markup | null {
  const lost = drill?.lost ?? [];
  if (lost.length === 0) return null;
  const began = (verdict.drill && longestOutage(verdict.drill)?.from_ms) ?? null;
  const shown = lost.slice(0, MOST_LOST);
  const rows = shown.map(({ key, acknowledgedMs, region, recovered }) => {
    const before = began === null ? NO_VALUE : formatDuration(Math.max(0, began - acknowledgedMs));
    const iso = new Date(acknowledgedMs).toISOString();
    return html`<tr><th scope="row">${key}</th><td class="number" data-name="acknowledged"><time datetime="${iso}" title="${iso}">${formatClock(acknowledgedMs - zeroMs)}</time></td><td class="number" data-name="before the outage">${before}</td><td data-name="region">${regionName(region)}</td><td data-name="found after heal">${recovered ? 'yes' : 'no'}</td></tr>
`;
  });
  // A measurement holds the first of very many.
  const total = Math.max(lost.length, verdict.drill?.ledger.cutover?.lost_acked ?? 0);
  const count = formatCount(total);
  const all = shown.length < total ? `The first ${formatCount(shown.length)} of ${count}.` : '';
  return html`<details id="lost"><summary>${count} lost ${total === 1 ? 'order' : 'orders'}</summary>
<p class="note">${all} ${lost.length < total ? `The first ${formatCount(lost.length)}` : 'All of them'} are in <a href="lost-orders.csv">lost-orders.csv</a>.</p>
<div class="scroller"><table class="copyable">
<thead><tr><th scope="col">Key</th><th scope="col" class="number">Acknowledged</th><th scope="col" class="number">Before the outage</th><th scope="col">Region</th><th scope="col">Found after heal</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
</details>`;
}
