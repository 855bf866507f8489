/** The claims of a run as a table, each row linked to the chart that shows it. */
import type { Measurement } from '../../measure/measurement.ts';
import type { JudgedClaim, VerdictWord } from '../../measure/verdict.ts';
import { claimedWords, isOfDrill } from '../drill-words.ts';
import { CLAIM_HEADINGS, formatMeasured, plainEvidence, VERDICT_MEANINGS, VERDICT_SIGNS } from '../words.ts';
import { chartOfClaim } from './charts.ts';
import { html, type Markup } from './escape.ts';
import { SAME_REASON, SECTIONS } from './phrases.ts';

/** A verdict as a word, a sign and a colour. */
export function verdictBadge(verdict: VerdictWord): Markup {
  return html`<span class="verdict ${verdict.toLowerCase()}" title="${VERDICT_MEANINGS[verdict]}"><span aria-hidden="true">${VERDICT_SIGNS[verdict]}</span> ${verdict}</span>`;
}

/** `id` of the nearest place that exists: a chart that was not drawn has no figure to go to. */
function claimLink(id: string, anchors: ReadonlySet<string>): string {
  const places = [chartOfClaim(id), ...(isOfDrill(id) ? ['drill'] : [])];
  return `#${places.find((place) => anchors.has(place)) ?? 'method'}`;
}

/** Why the verdict is what it is; the sentence at the top of the page is not said again. */
function remarkOf(claim: JudgedClaim, measurement: Measurement): string {
  if (claim.reason === '') return plainEvidence(claim, measurement);
  return claim.reason === measurement.verdict.reasons[0] ? SAME_REASON : claim.reason;
}

/** @param anchors ids of the figures on the page */
export function claimsTable(measurement: Measurement, anchors: ReadonlySet<string>): Markup {
  const { claims } = measurement.verdict;
  if (claims.length === 0) return html``;
  const rows = claims.map((claim) => {
    const href = claimLink(claim.id, anchors);
    const remark = remarkOf(claim, measurement);
    return html`<tr>
<th scope="row"><a href="${href}">${claim.title}</a></th>
<td class="number" data-name="claimed"><a href="${href}">${claimedWords(claim, measurement.run)}</a></td>
<td class="number" data-name="measured"><a href="${href}">${formatMeasured(claim)}</a></td>
<td class="judged"><a href="${href}">${verdictBadge(claim.verdict)}</a></td>
<td class="remark">${remark}</td>
</tr>
`;
  });
  return html`<section aria-labelledby="claims-title">
<h2 id="claims-title">${SECTIONS.claims}</h2>
<table id="claims" class="wide copyable">
<thead><tr>${CLAIM_HEADINGS.map((heading, i) => html`<th scope="col"${i === 1 || i === 2 ? html` class="number"` : null}>${heading}</th>`)}<th scope="col">Remark</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
</section>`;
}
