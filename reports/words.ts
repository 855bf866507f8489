/**
 * The words that every renderer shares: verdicts, headings, sentences about a run. Numbers, units and times are written
 * by `measure/format.ts`, because a claim's reason is written there too; renderers take them from here.
 */
import { formatCount, formatDuration } from '../measure/format.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { EvidenceHealth } from '../measure/run.ts';
import type { VerdictWord } from '../measure/verdict.ts';

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

/** The sentence beside the verdict: its first reason, or that everything held. */
export function verdictSentence(measurement: Measurement): string {
  const { verdict, plan } = measurement;
  const reason = verdict.reasons[0];
  if (reason !== undefined) return reason;
  if (verdict.claims.length === 0) return 'nothing was claimed';
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
