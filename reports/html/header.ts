/** The first thing that is read: the verdict, its sentence, and which run this was. */
import type { Measurement } from '../../measure/measurement.ts';
import { evidenceDamage, formatDuration, formatInstant, verdictSentence } from '../words.ts';
import { verdictBadge } from './claims-table.ts';
import { html, type Markup } from './escape.ts';
import { LINKS } from './phrases.ts';

/** The commit in short, with a word where the checkout had changes of its own. */
export function commitOf(measurement: Measurement): string {
  const { git } = measurement.run;
  if (git === null) return 'not a git checkout';
  return `${git.commit.slice(0, 12)}${git.dirty ? ' with local changes' : ''}`;
}

/** How long it ran: from the clock's zero to its last second. */
function lengthOf(measurement: Measurement): string {
  return formatDuration(((measurement.seconds.at(-1)?.index ?? -1) + 1) * 1_000);
}

/** Name and value pairs that say which run this was. */
export function identityOf(measurement: Measurement): [string, string][] {
  const { run } = measurement;
  const startedMs = Date.parse(run.startedAt);
  return [
    ['Run', run.run],
    ['Target', `${run.target.url}${run.target.testbed ? ' (built-in order service)' : ''}`],
    ['Date', Number.isNaN(startedMs) ? run.startedAt : formatInstant(startedMs)],
    ['Duration', lengthOf(measurement)],
    ['Commit', commitOf(measurement)],
  ];
}

/** @param grafana where Grafana shows the run; empty where it is not known */
export function reportHeader(measurement: Measurement, grafana: string): Markup {
  const { verdict } = measurement;
  const damage = evidenceDamage(measurement.evidence);
  const others = [...verdict.reasons.slice(1), ...(damage === '' ? [] : [`Evidence: ${damage}`])];
  return html`<header>
<h1>${verdictBadge(verdict.verdict)} <span class="sentence">${verdictSentence(measurement)}</span></h1>
${others.length > 0 && html`<ul class="reasons">${others.map((reason) => html`<li>${reason}</li>`)}</ul>`}
<dl class="identity">
${identityOf(measurement).map(
  ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>
`,
)}${
  grafana !== '' &&
  html`<div><dt>Grafana</dt><dd><a href="${grafana}" rel="noreferrer">${LINKS.grafana}</a></dd></div>
`
}</dl>
</header>`;
}
