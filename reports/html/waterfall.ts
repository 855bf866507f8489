/** How an outage was spent: its phases one below the other on one time axis, with the claim as a line. */
import type { DrillPhase, PredictedStep } from '../../measure/drill.ts';
import type { Measurement } from '../../measure/measurement.ts';
import {
  claimedWords,
  longestOutages,
  outagePhases,
  PHASE_WORDS,
  phaseDuration,
  regionName,
} from '../drill-words.ts';
import { formatClock, formatDuration, NO_VALUE } from '../words.ts';
import { html, type Markup } from './escape.ts';
import { gridOf, type LanePart, lane, laneAxis } from './lane.ts';
import { DRILL } from './phrases.ts';

/** The step of a prediction that a phase is the measured side of. */
const STEP_OF: Partial<Record<DrillPhase['name'], PredictedStep['name']>> = {
  detect: 'detect',
  dns: 'propagate',
  ttl: 'ttl',
  scale: 'scale',
};
/** Air at the end of the axis. */
const AIR = 1.06;

interface Row {
  title: string;
  says: string;
  took: string;
  predicted: string;
  parts: LanePart[];
}

/** Null where there was no outage. */
export function waterfall(measurement: Measurement): Markup | null {
  const { run, verdict } = measurement;
  const { drill } = verdict;
  if (!drill || !run.drill || drill.rto === null) return null;
  const phases = outagePhases(drill);
  const outages = longestOutages(drill);
  const others = drill.outages.filter((outage) => !outages.includes(outage));
  const begin = outages[0]?.from_ms ?? phases[0]?.fromMs;
  if (begin === undefined) return null;
  const claim = verdict.claims.find(({ id }) => id === 'rto');
  const seconds = (ms: number) => (ms - begin) / 1_000;
  const ends = [...phases.map(({ toMs }) => toMs), ...outages.map((outage) => outage.sustained_ms)];
  const known = ends.flatMap((ms) => (ms === null ? [] : [seconds(ms)]));
  const max = AIR * Math.max(0.1, claim?.claimed ?? 0, drill.rto.low, ...known);
  const behind: LanePart[] = [
    ...gridOf(max),
    ...(claim ? [{ kind: 'claim' as const, from: claim.claimed }] : []),
  ];
  const rows = [
    ...phases.map((phase): Row => {
      const step = run.drill?.predicted.rto?.steps.find(({ name }) => name === STEP_OF[phase.name]);
      const to = phase.toMs === null ? max : seconds(phase.toMs);
      return {
        title: PHASE_WORDS[phase.name],
        says: DRILL.phases[phase.name],
        took: phaseDuration(phase),
        predicted: step === undefined ? NO_VALUE : rangeOf(step),
        parts: [...behind, { kind: 'bar', from: seconds(phase.fromMs), to, open: phase.toMs === null }],
      };
    }),
    ...outages.map((outage): Row => {
      const { population, sustained_ms: sustained, first_success_ms: first } = outage;
      const total = run.drill?.predicted.rto ?? null;
      const from = seconds(outage.from_ms);
      const who = outage.region === '' ? '' : ` by ${regionName(outage.region)}`;
      const success =
        first === null
          ? 'no order was served again'
          : `first success after ${formatDuration(first - outage.from_ms)}`;
      return {
        title: population === 'fresh' ? 'RTO' : 'RTO of sticky clients',
        says: `${success}${sustained === null ? '' : `, sustained${who}`}`,
        took: sustained === null ? 'did not end' : formatDuration(sustained - outage.from_ms),
        predicted: total === null || population !== 'fresh' ? NO_VALUE : rangeOf(total),
        parts: [
          ...behind,
          {
            kind: 'whole',
            from,
            to: sustained === null ? max : seconds(sustained),
            open: sustained === null,
          },
          ...(first === null ? [] : [{ kind: 'point' as const, from: seconds(first) }]),
        ],
      };
    }),
  ];
  const clock = formatClock(begin - measurement.zeroMs);
  return html`<figure id="waterfall" class="chart">
<figcaption><h3>${DRILL.waterfall.title}</h3> <span class="says">${DRILL.waterfall.says(clock)}${claim !== undefined && html` The dotted line is the claim, ${claimedWords(claim, run)}.`}</span></figcaption>
<table class="lanes copyable">
<thead><tr><th scope="col">Phase</th><th scope="col" class="number">Took</th><th scope="col" class="number">Predicted</th><th scope="col" class="strip">${laneAxis(max, (tick) => `${tick} s`)}</th></tr></thead>
<tbody>
${rows.map(
  ({
    title,
    says,
    took,
    predicted,
    parts,
  }) => html`<tr><th scope="row">${title} <span class="says">${says}</span></th><td class="number" data-name="took">${took}</td><td class="number" data-name="predicted">${predicted}</td><td class="strip">${lane(max, parts)}</td></tr>
`,
)}</tbody>
</table>
${later(measurement)}${
  others.length > 0 &&
  html`<p class="note">Other outages: ${others.map(({ population, from_ms: from, sustained_ms: to }) => `${population} clients from ${formatClock(from - measurement.zeroMs)}, ${phaseDuration({ fromMs: from, toMs: to })}`).join('; ')}.</p>`
}
</figure>`;
}

/** A bound of null: never. */
function rangeOf({ lowMs, highMs }: Pick<PredictedStep, 'lowMs' | 'highMs'>): string {
  if (lowMs === null) return 'never';
  if (highMs === null) return `${formatDuration(lowMs)} or more`;
  return lowMs === highMs ? formatDuration(lowMs) : `${formatDuration(lowMs)} to ${formatDuration(highMs)}`;
}

/** What came after the outage, in words: on its axis it would be too far away. */
function later({ verdict, zeroMs, run }: Measurement): Markup | null {
  const names = ['heal', 'catch-up', 'failback'] as const;
  const phases = (verdict.drill?.phases ?? []).filter(({ name }) => names.some((each) => each === name));
  if (phases.length === 0) return null;
  const words = phases.map(
    ({ name, from_ms, to_ms }) =>
      `${DRILL.later(name, regionName(run.drill?.primary ?? ''))} from ${formatClock(from_ms - zeroMs)}, ${phaseDuration({ fromMs: from_ms, toMs: to_ms })}`,
  );
  return html`<p class="note">Later: ${words.join('; ')}.</p>`;
}
