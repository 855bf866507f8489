/**
 * The words that every renderer shares: verdicts, headings, sentences about a run. Numbers, units and times are written
 * by `measure/format.ts`, because a claim's reason is written there too; renderers take them from here.
 */
import { formatCount, formatDuration } from '../measure/format.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { EvidenceHealth } from '../measure/run.ts';
import type { JudgedClaim, VerdictWord } from '../measure/verdict.ts';
import { drillEvidence, drillSentence } from './drill-words.ts';

export {
  formatBytes,
  formatClaimed,
  formatClaimValue,
  formatClock,
  formatClockSeconds,
  formatCount,
  formatDuration,
  formatInstant,
  formatMeasured,
  formatMs,
  formatNumber,
  formatRate,
  formatRatioAsPercent,
  NO_VALUE,
} from '../measure/format.ts';

/** Headings of the claims table, in the order of its columns. */
export const CLAIM_HEADINGS = ['Metric', 'Claimed', 'Measured', 'Verdict'] as const;

/** A sign beside the word, so that colour is never the only one. Plain text characters, not emoji. */
export const VERDICT_SIGNS: Record<VerdictWord, string> = {
  PASS: '✓',
  FAIL: '✗',
  INCONCLUSIVE: '?',
  ABORTED: '■',
};

/** What a verdict means, for someone who has never seen one. */
export const VERDICT_MEANINGS: Record<VerdictWord, string> = {
  PASS: 'The whole error bar lies within the claim.',
  FAIL: 'The whole error bar lies outside the claim.',
  INCONCLUSIVE:
    'The evidence cannot decide: the error bar straddles the claim, data is missing, or the generator was the limit.',
  ABORTED: 'The run was stopped before its plan was done.',
};

/** `2 of 202,000 arrivals unserved`, over the window; empty when every one was served or nothing was planned. */
export function formatUnserved({ window }: Measurement): string {
  if (window.unserved === 0) return '';
  return `${formatCount(window.unserved)} of ${formatCount(window.planned)} arrivals unserved`;
}

/** What is known of a claim beyond its numbers, where its reason does not say it. */
export function plainEvidence(claim: JudgedClaim, measurement: Measurement): string {
  if (claim.id === 'availability') return formatUnserved(measurement);
  return drillEvidence(claim, measurement.verdict.drill);
}

/** Kinds of errors that are named; the others are counted together. */
const MOST_KINDS = 4;

/** `999 × timeout`, `12 × 503`...: the most frequent first. */
export function formatErrorKinds(errors: Iterable<readonly [kind: string, count: number]>): string[] {
  const kinds = [...errors].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const named = kinds.slice(0, MOST_KINDS).map(([kind, count]) => `${formatCount(count)} × ${kind}`);
  const others = kinds.slice(MOST_KINDS).reduce((sum, [, count]) => sum + count, 0);
  return others > 0 ? [...named, `${formatCount(others)} of other kinds`] : named;
}

/** What attempts of the whole run failed of: `999 × timeout, 12 × 503`; empty when none did. */
export function errorsOfRun({ seconds }: Measurement): string {
  const errors = new Map<string, number>();
  for (const second of seconds) {
    for (const [kind, count] of Object.entries(second.errors))
      errors.set(kind, (errors.get(kind) ?? 0) + count);
  }
  return formatErrorKinds(errors).join(', ');
}

/** The sentence beside the verdict: its first reason, or that everything held. */
export function verdictSentence(measurement: Measurement): string {
  const { verdict, plan } = measurement;
  const reason = verdict.reasons[0];
  if (reason !== undefined) return reason;
  if (verdict.claims.length === 0) return 'nothing was claimed';
  if (verdict.drill) return drillSentence(measurement);
  const span = formatDuration(verdict.window.to_ms - verdict.window.from_ms);
  const ramped = plan.populations.some((population) => population.stages.some((stage) => !stage.hold));
  const held = verdict.claims.length === 1 ? 'the claim held' : 'every claim held';
  return `${held} over ${span}${ramped ? ' at the plateau (ramps left out)' : ''}`;
}

/** What is wrong with the evidence: `2 lines torn and left out, 1 arrival without a line`; empty when it is whole. */
export function evidenceDamage(evidence: EvidenceHealth): string {
  const said = (count: number, one: string, many: string) =>
    count === 0 ? [] : [`${formatCount(count)} ${count === 1 ? one : many}`];
  return [
    ...said(evidence.malformed, 'line torn and left out', 'lines torn and left out'),
    ...said(evidence.gaps, 'arrival without a line (unknown)', 'arrivals without a line (unknown)'),
    ...said(
      evidence.late,
      'line of an arrival that had been counted',
      'lines of arrivals that had been counted',
    ),
    ...said(evidence.exceptions, 'exception in the scenario', 'exceptions in the scenario'),
  ].join(', ');
}
