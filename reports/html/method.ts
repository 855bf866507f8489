/** How a run was measured: all that a sceptic needs to judge the numbers, and to get them again. */
import { claimKind, parseClaimId } from '../../measure/claims.ts';
import { latenessLimitMs } from '../../measure/generator.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { Stage } from '../../measure/plan.ts';
import {
  formatBytes,
  formatClaimed,
  formatClock,
  formatCount,
  formatDuration,
  formatMs,
  formatRate,
  formatRatioAsPercent,
  NO_VALUE,
  VERDICT_MEANINGS,
} from '../words.ts';
import { verdictBadge } from './claims-table.ts';
import { html, type Markup } from './escape.ts';
import { commitOf } from './header.ts';
import { METHOD, SECTIONS } from './phrases.ts';

type Row = [name: string, value: string];

function pairs(title: string, rows: readonly Row[]): Markup {
  return html`<h3>${title}</h3>
<table class="pairs"><tbody>
${rows.map(
  ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>
`,
)}</tbody></table>
`;
}

function stagesInWords(startRate: number, stages: readonly Stage[]): string {
  let rate = startRate;
  const words = stages.map(({ durationMs, targetPerSecond, hold }) => {
    const from = rate;
    rate = targetPerSecond;
    const span = formatDuration(durationMs);
    return hold
      ? `hold ${formatRate(rate)} for ${span}`
      : `${formatRate(from)} to ${formatRate(rate)} in ${span}`;
  });
  return words.join(', ');
}

function windowRows(measurement: Measurement): Row[] {
  const { plan, run } = measurement;
  const { fromMs, toMs } = plan.window;
  const rows: Row[] = [
    [
      'Measured window',
      toMs <= fromMs
        ? 'none: the run ended before it began'
        : `${formatClock(fromMs)} to ${formatClock(toMs)} (${formatDuration(toMs - fromMs)}) on the run’s clock; ramps and warm-up are left out`,
    ],
    ['Profile', run.profile],
    ...plan.populations.map(
      ({ kind, startRatePerSecond, stages, vus }): Row => [
        `Plan, ${kind} clients`,
        `${stagesInWords(startRatePerSecond, stages)}; up to ${formatCount(vus)} at once`,
      ],
    ),
    [
      'Scenario',
      `${plan.scenario}: ${Object.keys(plan.operations).join(', ')}; a request may take ${formatDuration(plan.timeoutMs)}`,
    ],
  ];
  if (run.timeScale !== 1) {
    rows.push(['Time scale', `${run.timeScale}: declared as ${stagesInWords(0, run.stagesAsDeclared)}`]);
  }
  return rows;
}

function definitionRows(measurement: Measurement): Row[] {
  const kinds = measurement.verdict.claims.flatMap((claim) => {
    const id = parseClaimId(claim.id);
    return id === null ? [] : [claimKind(id)];
  });
  return [...new Set(kinds)].map(({ title, definition }) => [
    title.charAt(0).toUpperCase() + title.slice(1),
    definition,
  ]);
}

/** A count, and what was done about it where there is something. */
const counted = (n: number, consequence: string) => (n === 0 ? 'none' : `${formatCount(n)}, ${consequence}`);

function evidenceRows({ evidence, events }: Measurement): Row[] {
  const holdUps = events.flatMap((event) => (event.kind === 'generator.sample' ? [event.loopDelayMs] : []));
  const worst = holdUps.length === 0 ? null : holdUps.reduce((a, b) => Math.max(a, b));
  return [
    ['Lines read', formatCount(evidence.lines)],
    ['Torn or out of range', counted(evidence.malformed, 'left out')],
    ['Of arrivals already counted', counted(evidence.late, 'left out')],
    ['Arrivals without a line', counted(evidence.gaps, 'counted as unknown')],
    ['Iterations that threw', counted(evidence.exceptions, 'see engine.log')],
    ['Collector held up', worst === null ? NO_VALUE : `${formatMs(worst)} at most`],
  ];
}

/** Nothing of runs whose version did not note it. */
function heapRows({ heapLimitBytes: limit }: Measurement['run']): Row[] {
  if (limit === undefined) return [];
  return [['Heap', limit === null ? METHOD.heapAsUsual : METHOD.heapUpTo(formatBytes(limit))]];
}

function generatorRows(measurement: Measurement): Row[] {
  const { generator } = measurement.verdict;
  const limit = latenessLimitMs(measurement.verdict.claims);
  const late = generator.late_p99_ms === null ? NO_VALUE : formatMs(generator.late_p99_ms);
  return [
    [
      'Processor, mean',
      generator.cpu === null
        ? 'not sampled'
        : `${formatRatioAsPercent(generator.cpu)} of the CPUs it may use`,
    ],
    ['Late at p99', limit === null ? late : `${late}, limit ${formatMs(limit)}`],
    ...heapRows(measurement.run),
    ['Was it the limit', generator.saturated ? 'yes: claims that lean on it are inconclusive' : 'no'],
  ];
}

function machineRows(measurement: Measurement): Row[] {
  const { machine, versions, seed, engine } = measurement.run;
  return [
    ['Stormproof', `${versions.stormproof}, commit ${commitOf(measurement)}`],
    ['Engine', `${engine} ${versions.k6}`],
    ['Node.js', versions.node],
    [
      'Machine',
      `${machine.cpuModel}, ${machine.cpus} CPUs (${machine.allowedCpus} for the generator), ${formatBytes(machine.memoryBytes)}, ${machine.os}`,
    ],
    ['Seed', String(seed)],
  ];
}

function eventsTable(
  measurement: Measurement,
  moments: readonly { seconds: number; label: string }[],
): Markup {
  if (moments.length === 0) return html``;
  return html`<h3>Events</h3>
<table class="pairs"><tbody>
${moments.map(
  ({
    seconds,
    label,
  }) => html`<tr><th scope="row"><time datetime="${new Date(measurement.zeroMs + seconds * 1_000).toISOString()}" title="${new Date(measurement.zeroMs + seconds * 1_000).toISOString()}">${formatClock(seconds * 1_000)}</time></th><td>${label}</td></tr>
`,
)}</tbody></table>
`;
}

/** What was asked for, as it was resolved: header values arrive here redacted. */
function configurationOf({ run, plan }: Measurement): string {
  const claims = Object.fromEntries(
    run.claims.map((claim) => [claim.id, formatClaimed(claim.op, claim.claimed, claim.unit)]),
  );
  const { service, target, profile, stagesAsDeclared, heapLimitBytes } = run;
  const { populations, operations, timeoutMs, iterationMaxMs, linesPerArrival } = plan;
  return JSON.stringify(
    {
      target,
      service,
      profile,
      stagesAsDeclared,
      claims,
      operations,
      populations,
      timeoutMs,
      iterationMaxMs,
      linesPerArrival,
      heapLimitBytes,
    },
    null,
    2,
  );
}

/** @param moments the events that are worth a line, on the run's clock */
export function methodSection(
  measurement: Measurement,
  moments: readonly { seconds: number; label: string }[],
): Markup {
  const { run } = measurement;
  const definitions = definitionRows(measurement);
  return html`<section id="method" aria-labelledby="method-title">
<h2 id="method-title">${SECTIONS.method}</h2>
${run.notes.length > 0 && html`<ul class="reasons">${run.notes.map((note) => html`<li>${note}</li>`)}</ul>`}
${pairs('Window and plan', windowRows(measurement))}
${eventsTable(measurement, moments)}
${definitions.length > 0 && pairs('Definitions', definitions)}
<p>${METHOD.openModel}</p>
<h3>Verdicts and error bars</h3>
<table class="pairs"><tbody>
${(['PASS', 'FAIL', 'INCONCLUSIVE', 'ABORTED'] as const).map(
  (word) => html`<tr><th scope="row">${verdictBadge(word)}</th><td>${VERDICT_MEANINGS[word]}</td></tr>
`,
)}</tbody></table>
<p>${METHOD.verdicts} ${METHOD.errorBars}</p>
${pairs('Generator', generatorRows(measurement))}
<p>${METHOD.generator}</p>
${pairs('Evidence', evidenceRows(measurement))}
${pairs('Versions and machine', machineRows(measurement))}
<h3>Again</h3>
<pre class="copyable"><code>${run.command}</code></pre>
<p>${METHOD.again}</p>
<pre class="copyable"><code>npm run report -- --run ${run.run}</code></pre>
<details><summary>Configuration</summary><pre class="copyable"><code>${configurationOf(measurement)}</code></pre></details>
</section>`;
}
