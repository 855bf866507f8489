/** Section 3 of the report: what a drill did, how long it took, and what it lost. */
import type { Measurement } from '../../measure/measurement.ts';
import { asSentence, drillFacts, withRegionNames } from '../drill-words.ts';
import { shortenings } from '../shortening.ts';
import { formatClock, formatRate } from '../words.ts';
import { html, type Markup } from './escape.ts';
import { intervals } from './intervals.ts';
import { ledgerTable } from './ledger-table.ts';
import { DRILL } from './phrases.ts';
import { waterfall } from './waterfall.ts';

/** Ids that a claim may link to. */
export function drillAnchors(measurement: Measurement): string[] {
  if (!measurement.verdict.drill) return [];
  return [
    ...(waterfall(measurement) === null ? [] : ['waterfall']),
    ...(ledgerTable(measurement) === null ? [] : ['ledger']),
    'drill',
  ];
}

/** Nothing for a load. */
export function drillSection(measurement: Measurement): Markup | null {
  const { run, verdict } = measurement;
  if (!verdict.drill || !run.drill) return null;
  const said = shortenings(measurement);
  const held = verdict.claims.every((claim) => claim.verdict === 'PASS');
  return html`<section id="drill" aria-labelledby="drill-title">
<h2 id="drill-title">${DRILL.title(run.drill.name)}</h2>
<p>${asSentence(run.drill.hypothesis)}</p>
${intervals(measurement)}
${waterfall(measurement) ?? html`<p class="note">${DRILL.noOutage}</p>`}
${
  said.length > 0 &&
  html`<h3>${held ? DRILL.spare : DRILL.shorter}</h3>
<ul class="reasons">${said.map((sentence) => html`<li>${sentence}</li>`)}</ul>`
}
${ledgerTable(measurement) ?? html`<p class="note">${DRILL.noLedger}</p>`}
<h3>${DRILL.facts}</h3>
<table class="pairs"><tbody>
${rowsOf(measurement).map(
  ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>
`,
)}</tbody></table>
</section>`;
}

function rowsOf(measurement: Measurement): [name: string, value: string][] {
  const { run, verdict } = measurement;
  const { drill } = verdict;
  if (!drill || !run.drill) return [];
  const record = run.drill;
  const facts = drillFacts(measurement).map(({ label, sentence }): [string, string] => [
    label.charAt(0).toUpperCase() + label.slice(1),
    sentence,
  ]);
  const injected = measurement.events.filter((event) => event.kind === 'fault.injected');
  const { before, after } = drill.capacity;
  const steps = (record.predicted.rto?.steps ?? [])
    .map(({ name, arithmetic }) => `${DRILL.steps[name]}: ${arithmetic}`)
    .join('; ');
  return [
    ...injected.map((event): [string, string] => [
      'Fault',
      `${formatClock(event.t - measurement.zeroMs)} ${withRegionNames(event.words, record)}`,
    ]),
    ['Meant to do', DRILL.bites[drill.bite]],
    ...facts,
    ...(record.predicted.reasons.length > 0
      ? [['Prediction', record.predicted.reasons.join('; ')] as [string, string]]
      : []),
    ...(steps === '' ? [] : [['Its arithmetic', steps] as [string, string]]),
    [
      'Served',
      `${formatRate(before)} before the fault${after === null ? '' : `, ${formatRate(after)} after the outage`}`,
    ],
    ['Platform', record.platform],
  ];
}
