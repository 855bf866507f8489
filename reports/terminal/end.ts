/** How every run ends in the terminal: the claims with their verdicts, what stood in the way, where the report is. */
import type { Measurement } from '../../measure/measurement.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import { claimedWords, drillFacts, withNamedRegions } from '../drill-words.ts';
import {
  CLAIM_HEADINGS,
  errorsOfRun,
  evidenceDamage,
  formatMeasured,
  plainEvidence,
  verdictSentence,
} from '../words.ts';
import { type Palette, palette, type Span } from './paint.ts';
import { renderPhases } from './phase-bar.ts';
import { renderTable, TABLE_INDENT } from './table.ts';
import { displayWidth, plainLine, wrap } from './width.ts';

export interface EndOptions {
  /** Cells of the terminal. */
  columns: number;
  colour: boolean;
  /** Where `report.html` is, as a person would type it. */
  reportPath: string;
}

/** The end fits on a screen together with the command that was typed. */
export const MOST_END_LINES = 20;
/** Sentences are wrapped at this width even where the terminal is wider. */
const WIDEST_SENTENCE = 110;
const NARROW_COLUMNS = 60;
/** What is left for sentences below the claims, however many claims there are. */
const LEAST_SENTENCE_LINES = 7;

function evidenceOf(claim: JudgedClaim, measurement: Measurement): string {
  if (claim.reason !== '' && !measurement.verdict.reasons.includes(claim.reason))
    return plainLine(claim.reason);
  return plainEvidence(claim, measurement);
}

/** Evidence that does not stand beside its claim says whose it is, unless it is that of several. */
function apart(claim: JudgedClaim, evidence: string, claims: readonly JudgedClaim[]): string {
  const isShared = claims.some((other) => other !== claim && other.reason === claim.reason);
  return claim.reason === '' || evidence === '' || isShared || evidence.startsWith(claim.title)
    ? evidence
    : `${plainLine(claim.title)}: ${evidence}`;
}

/** `6.1 ms [5.9, 6.4]` where there is only room for `6.1 ms`. */
const withoutInterval = (measured: string): string => measured.replace(/ \[.*\]$/, '');

function claimSpans(
  claim: JudgedClaim,
  run: Measurement['run'],
  paint: Palette,
): { title: Span; claimed: Span; measured: Span; verdict: Span } {
  return {
    title: { text: plainLine(claim.title) },
    claimed: { text: claimedWords(claim, run) },
    measured: { text: formatMeasured(claim) },
    verdict: { text: claim.verdict, paint: paint.verdict(claim.verdict) },
  };
}

/** One claim a line, the verdict first: for terminals that have no room for columns. */
function stacked(
  claims: readonly JudgedClaim[],
  run: Measurement['run'],
  columns: number,
  paint: Palette,
): string[] {
  return claims.flatMap((claim) => {
    const { title, claimed, measured, verdict } = claimSpans(claim, run, paint);
    const value = `${title.text} ${withoutInterval(measured.text)}`;
    const words = claimed.text.endsWith(')')
      ? `${value}, claimed ${claimed.text}`
      : `${value} (${claimed.text})`;
    const [first = '', ...more] = wrap(words, Math.max(1, columns - verdict.text.length - 2));
    return [
      `${verdict.paint!(verdict.text)}  ${first}`,
      ...more.map((line) => ' '.repeat(verdict.text.length + 2) + line),
    ];
  });
}

interface ClaimsView {
  lines: string[];
  /** What could not be said beside its claim. */
  unsaid: string[];
}

/** The claims as a table, with what is known beyond the numbers beside each where there is room for it. */
function renderClaims(
  claims: readonly JudgedClaim[],
  measurement: Measurement,
  columns: number,
  paint: Palette,
): ClaimsView {
  const spans = claims.map((claim) => claimSpans(claim, measurement.run, paint));
  const all = claims
    .map((claim) => apart(claim, evidenceOf(claim, measurement), claims))
    .filter((evidence) => evidence !== '');
  const headings = CLAIM_HEADINGS.map((heading) => ({ heading }));
  for (const interval of [true, false]) {
    const rows = spans.map(({ title, claimed, measured, verdict }) => [
      title,
      claimed,
      interval ? measured : { text: withoutInterval(measured.text) },
      verdict,
    ]);
    const table = renderTable(headings, rows, columns, paint);
    if (table === null) continue;
    const begin = Math.max(...table.map(displayWidth)) + 3;
    const unsaid: string[] = [];
    const lines = table.map((line, i) => {
      const claim = claims[i - 1];
      const evidence = claim ? evidenceOf(claim, measurement) : '';
      if (begin + displayWidth(evidence) <= columns) {
        return evidence === '' ? line : line + ' '.repeat(begin - displayWidth(line)) + paint.quiet(evidence);
      }
      if (claim) unsaid.push(apart(claim, evidence, claims));
      return line;
    });
    return { lines, unsaid };
  }
  return { lines: stacked(claims, measurement.run, columns, paint), unsaid: all };
}

/** A word and a sentence that hangs beside it. */
function worded(word: Span, sentence: string, columns: number, gap = 2): string[] {
  const hang = displayWidth(word.text) + gap;
  const lines = wrap(sentence, Math.max(1, Math.min(columns, WIDEST_SENTENCE) - hang));
  const shown = word.paint ? word.paint(word.text) : word.text;
  return [
    `${shown}${' '.repeat(gap)}${lines[0] ?? ''}`.trimEnd(),
    ...lines.slice(1).map((line) => ' '.repeat(hang) + line),
  ];
}

/** Claims that did not hold stay; of those that held the last go first. */
function fitClaims(claims: readonly JudgedClaim[], most: number): JudgedClaim[] {
  const held = claims.filter((claim) => claim.verdict === 'PASS');
  const others = claims.length - held.length;
  const kept = new Set(held.slice(0, Math.max(0, most - others)));
  return claims.filter((claim) => claim.verdict !== 'PASS' || kept.has(claim)).slice(0, most);
}

const isBad = (label: string, { drill }: Measurement['verdict']): boolean =>
  label === 'restored' && drill?.restored === false;

/**
 * The end of a run, of every kind: at most `MOST_END_LINES` lines. The path of the report is never broken, so that it
 * can be copied: it alone may be wider than `columns`.
 */
export function renderEnd(given: Measurement, options: EndOptions): string[] {
  const measurement = withNamedRegions(given);
  const { verdict, run, evidence } = measurement;
  const paint = palette(options.colour);
  const columns = Math.max(TABLE_INDENT + 1, options.columns);
  const mostClaims = MOST_END_LINES - LEAST_SENTENCE_LINES;
  const claims = fitClaims(verdict.claims, verdict.claims.length > mostClaims ? mostClaims - 1 : mostClaims);
  const view = renderClaims(claims, measurement, columns, paint);
  const left = verdict.claims.length - claims.length;
  const table = left > 0 ? [...view.lines, `  and ${left} more in the report`] : view.lines;

  const word = { text: verdict.verdict, paint: paint.verdict(verdict.verdict) };
  const sentence = verdictSentence(measurement);
  const others = [...new Set([...verdict.reasons, ...view.unsaid])].filter((reason) => reason !== sentence);
  // Lists hang under the sentence where that leaves room for them.
  const bullet = columns < NARROW_COLUMNS ? '-' : `${' '.repeat(verdict.verdict.length + 2)}-`;
  const errors = errorsOfRun(measurement);
  const damage = evidenceDamage(evidence);
  const labels = drillFacts(measurement).map(({ label }) => label.length);
  const facts = drillFacts(measurement).flatMap(({ label, sentence: fact }) => {
    const text = columns < NARROW_COLUMNS ? label : label.padEnd(Math.max(...labels));
    return worded({ text, paint: isBad(label, verdict) ? paint.bad : paint.strong }, fact, columns);
  });
  const sentences = [
    ...worded(word, sentence, columns),
    ...others.flatMap((reason) => worded({ text: bullet }, reason, columns, 1)),
    ...facts,
    ...(errors === '' ? [] : worded({ text: 'errors', paint: paint.strong }, errors, columns)),
    ...run.notes.flatMap((note) => worded({ text: 'note', paint: paint.strong }, note, columns)),
    ...(damage === '' ? [] : worded({ text: 'evidence', paint: paint.strong }, damage, columns)),
  ];
  const report = `${paint.strong('report')}  ${plainLine(options.reportPath)}`;
  const phases = verdict.drill ? renderPhases(verdict.drill, Math.min(columns, WIDEST_SENTENCE), paint) : [];
  const above = table.length > 0 ? [...table, ...(phases.length > 0 ? ['', ...phases] : []), ''] : [];
  const room = Math.max(1, MOST_END_LINES - above.length - 1);
  const fitting =
    sentences.length <= room ? sentences : [...sentences.slice(0, room - 1), '  and more in the report'];
  return [...above.slice(0, MOST_END_LINES - 2), ...fitting, report];
}
