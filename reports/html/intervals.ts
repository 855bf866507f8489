/** RTO and RPO as intervals against what was claimed and what was predicted. */
import type { Measurement } from '../../measure/measurement.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import { claimedWords, isOfDrill } from '../drill-words.ts';
import { formatClaimValue, formatMeasured, formatNumber } from '../words.ts';
import { verdictBadge } from './claims-table.ts';
import { html, type Markup } from './escape.ts';
import { gridOf, type LanePart, lane, laneAxis } from './lane.ts';
import { DRILL } from './phrases.ts';

const AIR = 1.15;

interface Range {
  low: number;
  high: number;
}

function predictedOf(claim: JudgedClaim, { run, verdict }: Measurement): Range | null {
  const predicted = run.drill?.predicted;
  if (claim.id === 'rpo.seconds' && predicted?.rpo) {
    return { low: predicted.rpo.lowMs / 1_000, high: predicted.rpo.highMs / 1_000 };
  }
  const { rto_low_s: low = null, rto_high_s: high = null } = verdict.drill?.predicted ?? {};
  return claim.id !== 'rto' || low === null || high === null ? null : { low, high };
}

function row(claim: JudgedClaim, measurement: Measurement): Markup {
  const predicted = predictedOf(claim, measurement);
  const values = [claim.claimed, claim.measured, claim.low, claim.high, predicted?.high ?? null];
  const max = AIR * Math.max(claim.unit === 'count' ? 1 : 0.1, ...values.filter((value) => value !== null));
  const { measured, low, high } = claim;
  const whole = claim.unit === 'count';
  const parts: LanePart[] = [
    { kind: 'allowed', from: 0, to: claim.claimed },
    ...gridOf(max, whole),
    ...(predicted === null ? [] : [{ kind: 'predicted' as const, from: predicted.low, to: predicted.high }]),
    { kind: 'claim', from: claim.claimed },
    ...(low === null ? [] : [{ kind: 'interval' as const, from: low, to: high ?? max, open: high === null }]),
    ...(measured === null ? [] : [{ kind: 'point' as const, from: measured }]),
  ];
  const range =
    predicted && `${formatNumber(predicted.low)} to ${formatClaimValue(claim.unit, predicted.high)}`;
  return html`<tr><th scope="row">${claim.title} ${verdictBadge(claim.verdict)}</th><td class="number" data-name="measured">${formatMeasured(claim)}</td><td class="number" data-name="claimed">${claimedWords(claim, measurement.run)}</td><td class="number" data-name="predicted">${range ?? '–'}</td><td class="strip">${lane(max, parts)}${laneAxis(max, (tick) => formatClaimValue(claim.unit, tick), whole)}</td></tr>
`;
}

/** Null where neither was claimed. */
export function intervals(measurement: Measurement): Markup | null {
  const claims = measurement.verdict.claims.filter(({ id }) => isOfDrill(id));
  if (claims.length === 0) return null;
  return html`<figure id="intervals" class="chart">
<figcaption><h3>${DRILL.intervals.title}</h3> <span class="says">${DRILL.intervals.says}</span></figcaption>
<table class="lanes intervals">
<thead><tr><th scope="col">Claim</th><th scope="col" class="number">Measured</th><th scope="col" class="number">Claimed</th><th scope="col" class="number">Predicted</th><th scope="col" class="strip"></th></tr></thead>
<tbody>
${claims.map((claim) => row(claim, measurement))}</tbody>
</table>
</figure>`;
}
