/** Two runs side by side: claims with their differences, charts and distributions over one another. */
import type { Measurement } from '../../measure/measurement.ts';
import { verdictSentence } from '../words.ts';
import { verdictBadge } from './claims-table.ts';
import { comparedTimeline } from './compared-charts.ts';
import { comparisonTable } from './comparison-table.ts';
import { comparedDistribution } from './distribution.ts';
import { renderDocument } from './document.ts';
import { html, type Markup } from './escape.ts';
import { chartsSection, distributionSection } from './figures.ts';
import { identityOf } from './header.ts';
import { COMPARISON } from './phrases.ts';

function runCard(name: string, measurement: Measurement): Markup {
  return html`<div class="runcard">
<h2><span class="runname">${name}</span> ${verdictBadge(measurement.verdict.verdict)} <span class="sentence">${verdictSentence(measurement)}</span></h2>
<dl class="identity">
${identityOf(measurement).map(
  ([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>
`,
)}</dl>
<pre><code>${measurement.run.command}</code></pre>
</div>`;
}

/** What differs beside the service, and so may be why the numbers do. */
function settingsThatDiffer(a: Measurement, b: Measurement): [string, string, string][] {
  const settings = (m: Measurement): Record<string, string> => ({
    Profile: m.run.profile,
    Scenario: m.plan.scenario,
    Target: m.run.target.url,
    Seed: String(m.run.seed),
    Engine: `${m.run.engine} ${m.run.versions.k6}`,
    Stormproof: m.run.versions.stormproof,
    'Node.js': m.run.versions.node,
    Machine: `${m.run.machine.cpuModel}, ${m.run.machine.allowedCpus} of ${m.run.machine.cpus} CPUs`,
    Commit: `${m.run.git?.commit.slice(0, 12) ?? 'none'}${m.run.git?.dirty ? ' with local changes' : ''}`,
  });
  const [ofA, ofB] = [settings(a), settings(b)];
  return Object.keys(ofA).flatMap((key): [string, string, string][] => {
    const [first, second] = [ofA[key] ?? '', ofB[key] ?? ''];
    return first === second ? [] : [[key, first, second]];
  });
}

function settingsTable(a: Measurement, b: Measurement): Markup {
  const rows = settingsThatDiffer(a, b);
  if (rows.length === 0) return html`<p class="note">${COMPARISON.sameSettings}</p>`;
  return html`<h2>${COMPARISON.settings}</h2>
<table class="pairs"><tbody>
${rows.map(
  ([
    name,
    first,
    second,
  ]) => html`<tr><th scope="row">${name}</th><td>${COMPARISON.first}: ${first}<br>${COMPARISON.second}: ${second}</td></tr>
`,
)}</tbody></table>`;
}

/** Renders two runs as one file. The differences are those of the second run against the first. */
export function renderComparison(a: Measurement, b: Measurement): string {
  const timeline = comparedTimeline(a, b);
  const distribution = comparedDistribution(a, b);
  return renderDocument(
    `${a.run.run} and ${b.run.run}`,
    [
      html`<header><h1>${COMPARISON.title}</h1>
<div class="runcards">${runCard(COMPARISON.first, a)}${runCard(COMPARISON.second, b)}</div></header>`,
      comparisonTable(a, b),
      settingsTable(a, b),
      chartsSection(timeline, COMPARISON.clock),
      distributionSection(distribution),
    ],
    { timeline, distribution },
  );
}
