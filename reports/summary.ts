/** `summary.md`: a run on a CI job page or in a chat. Markdown as GitHub and GitLab read it. */
import type { DrillRecord } from '../measure/drill.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { JudgedClaim } from '../measure/verdict.ts';
import { claimedWords, drillFacts, nameOf, withNamedRegions } from './drill-words.ts';
import { LEDGER_ROWS } from './ledger-rows.ts';
import { momentsOf } from './moments.ts';
import {
  CLAIM_HEADINGS,
  evidenceDamage,
  formatClock,
  formatCount,
  formatDuration,
  formatInstant,
  formatMeasured,
  NO_VALUE,
  plainEvidence,
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
  const evidence = claim.reason || plainEvidence(claim, measurement);
  const cells = [
    escaped(claim.title),
    claimedWords(claim, measurement.run),
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

/** For the post-mortem: what happened when, who says so, and where every order went. */
function drillParts(measurement: Measurement): string[] {
  const { run, verdict, zeroMs } = measurement;
  const { drill } = verdict;
  if (!drill || !run.drill) return [];
  const facts = drillFacts(measurement).map(({ label, sentence }) => `- **${label}** ${escaped(sentence)}`);
  return [
    `**Hypothesis** ${escaped(run.drill.hypothesis)}`,
    '',
    ...facts,
    '',
    ...timelineTable(momentsOf(measurement), zeroMs),
    ...ledgerTable(drill.ledger, run.drill),
  ];
}

function timelineTable(moments: ReturnType<typeof momentsOf>, zeroMs: number): string[] {
  if (moments.length === 0) return [];
  const rows = moments.map(({ t, what, evidence }) => {
    const utc = new Date(t).toISOString().slice(11, 23);
    return `| ${formatClock(t - zeroMs)} | ${utc} | ${escaped(what)} | ${escaped(evidence)} |`;
  });
  return ['| Clock | UTC | What | Evidence |', '| --- | --- | --- | --- |', ...rows, ''];
}

function ledgerTable(
  ledger: NonNullable<Measurement['verdict']['drill']>['ledger'],
  drill: DrillRecord,
): string[] {
  if (ledger.cutover === null && ledger.healed === null) return [];
  const rows = LEDGER_ROWS.map(({ title, of, at }) => {
    const cells = (['cutover', 'healed'] as const).map((when) => {
      const counts = ledger[when];
      return counts === null || !at.includes(when) ? NO_VALUE : formatCount(of(counts));
    });
    return `| ${escaped(title(drill))} | ${cells.join(' | ')} |`;
  });
  return ['| Ledger | at cut-over | after heal |', '| --- | ---: | ---: |', ...rows, ''];
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
export function renderSummary(given: Measurement): string {
  const measurement = withNamedRegions(given);
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
    `### ${VERDICT_SIGNS[verdict.verdict]} ${verdict.verdict} · stormproof ${run.kind} · ${escaped(nameOf(run))}`,
    '',
    `${escaped(verdictSentence(measurement))}`,
    '',
    ...claimsTable(measurement),
    ...bulleted('Also', doubts),
    ...drillParts(measurement),
    ...ordersTable(measurement),
    ...bulleted('Notes', run.notes),
    ...bulleted('Evidence', damage === '' ? [] : [damage]),
  ];
  const end = [
    facts.join(' · '),
    '',
    '[report](report.html) · [verdict](verdict.json) · [evidence](evidence.csv) · [generator’s log](engine.log)' +
      (measurement.drill !== null && measurement.drill.lost.length > 0
        ? ' · [lost orders](lost-orders.csv)'
        : ''),
    '',
  ];
  return [...within(body, MOST_BYTES - Buffer.byteLength(end.join('\n'))), ...end].join('\n');
}
