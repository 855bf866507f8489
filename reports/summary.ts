/** `summary.md`: a run on a CI job page or in a chat. Markdown as GitHub and GitLab read it. */
import type { Measurement } from '../measure/measurement.ts';
import type { JudgedClaim } from '../measure/verdict.ts';
import {
  CLAIM_HEADINGS,
  evidenceDamage,
  formatClaimed,
  formatCount,
  formatDuration,
  formatInstant,
  formatMeasured,
  formatUnserved,
  VERDICT_SIGNS,
  verdictSentence,
} from './words.ts';

/** A pull-request comment on GitHub holds 64 KiB; some is left for what others put around it. */
const MOST_BYTES = 60_000;
/** A sentence that is longer than this is not read on a job page. */
const MOST_CHARACTERS = 500;

/**
 * Text that stays text: what Markdown would read as markup is escaped, a line break becomes a space, and a long text
 * is cut.
 */
function escaped(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}|\p{Cs}/gu, '\ufffd')
    .trim();
  const short =
    line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS).replace(/\p{Cs}$/u, '')}…` : line;
  return short
    .replace(/[\\`*_[\]~|]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/<(?=[A-Za-z/!?])/g, '&lt;')
    .replace(/^(?:[#>+-]|\d+[.)](?=\s|$))/, (start) => start.replace(/[#>+\-.)]$/, '\\$&'));
}

function claimRow(claim: JudgedClaim, measurement: Measurement): string {
  const evidence = claim.reason || (claim.id === 'availability' ? formatUnserved(measurement) : '');
  const cells = [
    escaped(claim.title),
    formatClaimed(claim.op, claim.claimed, claim.unit),
    formatMeasured(claim),
    `${VERDICT_SIGNS[claim.verdict]} ${claim.verdict}`,
    escaped(evidence),
  ];
  return `| ${cells.join(' | ')} |`;
}

function claimsTable(measurement: Measurement): string[] {
  const { claims } = measurement.verdict;
  if (claims.length === 0) return [];
  return [
    `| ${[...CLAIM_HEADINGS, 'Evidence'].join(' | ')} |`,
    `|${' --- |'.repeat(CLAIM_HEADINGS.length + 1)}`,
    ...claims.map((claim) => claimRow(claim, measurement)),
    '',
  ];
}

function bulleted(title: string, sentences: readonly string[]): string[] {
  return sentences.length === 0
    ? []
    : [`**${title}**`, '', ...sentences.map((sentence) => `- ${escaped(sentence)}`), ''];
}

function ordersTable({ verdict: { orders } }: Measurement): string[] {
  const counts = Object.entries(orders);
  return [
    `| ${['Orders', ...counts.map(([name]) => name)].join(' | ')} |`,
    `| --- |${' ---: |'.repeat(counts.length)}`,
    `| whole run | ${counts.map(([, count]) => formatCount(count)).join(' | ')} |`,
    '',
  ];
}

/** What is left of some lines within a number of bytes; says so when that is not all. */
function within(lines: readonly string[], mostBytes: number): string[] {
  let bytes = 0;
  const fits = lines.findIndex((line) => {
    bytes += Buffer.byteLength(line) + 1;
    return bytes > mostBytes;
  });
  return fits < 0 ? [...lines] : [...lines.slice(0, fits), '', 'There is more in the report.', ''];
}

/** The whole of `summary.md`, less than 64 KB. Links are relative to the run's folder. */
export function renderSummary(measurement: Measurement): string {
  const { run, verdict } = measurement;
  const doubts = verdict.reasons.slice(1);
  const damage = evidenceDamage(measurement.evidence);
  const commit =
    run.git === null ? [] : [`commit ${run.git.commit.slice(0, 10)}${run.git.dirty ? ' (dirty)' : ''}`];
  const facts = [
    `run ${escaped(run.run)}`,
    `target ${escaped(run.target.url)}`,
    formatInstant(Date.parse(run.startedAt)),
    formatDuration(measurement.seconds.length * 1000),
    ...commit,
  ];
  const body = [
    `### ${VERDICT_SIGNS[verdict.verdict]} ${verdict.verdict} · stormproof ${run.kind} · ${escaped(run.profile)}`,
    '',
    `${escaped(verdictSentence(measurement))}`,
    '',
    ...claimsTable(measurement),
    ...bulleted('Also', doubts),
    ...ordersTable(measurement),
    ...bulleted('Notes', run.notes),
    ...bulleted('Evidence', damage === '' ? [] : [damage]),
  ];
  const end = [
    facts.join(' · '),
    '',
    '[report](report.html) · [verdict](verdict.json) · [evidence](evidence.csv) · [generator’s log](engine.log)',
    '',
  ];
  return [...within(body, MOST_BYTES - Buffer.byteLength(end.join('\n'))), ...end].join('\n');
}
