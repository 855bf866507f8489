/** The claims of two runs in one table, with what changed between them. */

import { isUnmeasured } from '../../measure/format.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import { formatClaimed, formatClaimValue, formatMeasured, formatRatioAsPercent, NO_VALUE } from '../words.ts';
import { verdictBadge } from './claims-table.ts';
import { html, type Markup } from './escape.ts';
import { COMPARISON, SECTIONS } from './phrases.ts';

/** Bounds as numbers: null is infinite, save where nothing was measured at all. */
function bounds(claim: JudgedClaim): { low: number; high: number } | null {
  if (isUnmeasured(claim)) return null;
  return { low: claim.low ?? Number.POSITIVE_INFINITY, high: claim.high ?? Number.POSITIVE_INFINITY };
}

/** True where neither value is outside the other's error bar. */
function overlap(a: JudgedClaim, b: JudgedClaim): boolean {
  const [first, second] = [bounds(a), bounds(b)];
  return first !== null && second !== null && first.low <= second.high && second.low <= first.high;
}

/**
 * The change from the first run to the second: `+3.1 ms (+51 %)`, and whether it lies within the error bars.
 * A percentage is left out for ratios, where it would be a percentage of percents.
 */
export function differenceOf(a: JudgedClaim, b: JudgedClaim): string {
  if (bounds(a) === null || bounds(b) === null) return NO_VALUE;
  if (a.measured === b.measured) return COMPARISON.same;
  if (a.measured === null || b.measured === null) return a.measured === null ? 'no longer ∞' : 'now ∞';
  const change = b.measured - a.measured;
  const sign = change > 0 ? '+' : '−';
  // Points of percent: a ratio's change is small, and is not "what is missing to 100".
  const size =
    a.unit === 'ratio'
      ? `${formatClaimValue('count', Math.abs(change) * 100)} points`
      : formatClaimValue(a.unit, Math.abs(change));
  const share =
    a.unit === 'ratio' || a.measured === 0
      ? ''
      : ` (${sign}${formatClaimValue('count', Math.abs(change / a.measured) * 100)} %)`;
  const certain = a.low === a.high && b.low === b.high;
  const within = !certain && overlap(a, b) ? `, ${COMPARISON.withinBars}` : '';
  return `${sign}${size}${share}${within}`;
}

function cellOf(claim: JudgedClaim | undefined, name: string): Markup {
  if (claim === undefined) return html`<td class="number" data-name="${name}">${NO_VALUE}</td>`;
  return html`<td class="number" data-name="${name}">${formatMeasured(claim)} ${verdictBadge(claim.verdict)}</td>`;
}

function claimedOf(a: JudgedClaim | undefined, b: JudgedClaim | undefined): string {
  const texts = [a, b].flatMap((claim) =>
    claim === undefined ? [] : [formatClaimed(claim.op, claim.claimed, claim.unit)],
  );
  return [...new Set(texts)].join(' / ');
}

function remarkOf(a: JudgedClaim | undefined, b: JudgedClaim | undefined): string {
  if (a === undefined) return COMPARISON.onlyIn(COMPARISON.second);
  if (b === undefined) return COMPARISON.onlyIn(COMPARISON.first);
  return differenceOf(a, b);
}

/** Every claim of either run, those of the first first. */
export function comparisonTable(a: Measurement, b: Measurement): Markup {
  const ids = [...new Set([...a.verdict.claims, ...b.verdict.claims].map(({ id }) => id))];
  const rows = ids.map((id) => {
    const first = a.verdict.claims.find((claim) => claim.id === id);
    const second = b.verdict.claims.find((claim) => claim.id === id);
    return html`<tr>
<th scope="row">${first?.title ?? second?.title ?? id}</th>
<td class="number" data-name="claimed">${claimedOf(first, second)}</td>
${cellOf(first, COMPARISON.first)}
${cellOf(second, COMPARISON.second)}
<td class="number" data-name="change">${remarkOf(first, second)}</td>
</tr>
`;
  });
  const served = (m: Measurement) => {
    const { acknowledged, planned } = m.verdict.orders;
    return planned === 0
      ? NO_VALUE
      : `${formatClaimValue('count', acknowledged)} of ${formatClaimValue('count', planned)}, ${formatRatioAsPercent(acknowledged / planned)}`;
  };
  return html`<section aria-labelledby="differences-title">
<h2 id="differences-title">${SECTIONS.differences}</h2>
<table id="differences" class="wide copyable">
<thead><tr><th scope="col">Metric</th><th scope="col" class="number">Claimed</th><th scope="col" class="number">${COMPARISON.first}</th><th scope="col" class="number">${COMPARISON.second}</th><th scope="col" class="number">From ${COMPARISON.first} to ${COMPARISON.second}</th></tr></thead>
<tbody>
${rows}<tr>
<th scope="row">Acknowledged, whole run</th>
<td class="number">${NO_VALUE}</td>
<td class="number" data-name="${COMPARISON.first}">${served(a)}</td>
<td class="number" data-name="${COMPARISON.second}">${served(b)}</td>
<td class="number"></td>
</tr>
</tbody>
</table>
</section>`;
}
