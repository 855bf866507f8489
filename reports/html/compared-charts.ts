/** Charts of two runs over one another, each on its own clock. */
import type { Second } from '../../measure/events.ts';
import type { Measurement } from '../../measure/measurement.ts';
import { onOneAxis, peakOf } from './charts.ts';
import type { ChartModel, SeriesModel, Span, TimelineModel, ValueFormat } from './model.ts';
import { COMPARED_CHARTS, COMPARISON } from './phrases.ts';
import { linearScale, logScale } from './scale.ts';
import { column, latencyColumn, secondsByIndex } from './series.ts';
import { generatorSeconds } from './suspicion.ts';

type Column = (number | null)[];

/** The window of both, where they share one: else a shade would be true of one run and false of the other. */
function sharedWindow(a: Measurement, b: Measurement, lengthSeconds: number): Span | null {
  const [first, second] = [a.plan.window, b.plan.window];
  if (first.fromMs !== second.fromMs || first.toMs !== second.toMs) return null;
  return { fromSeconds: first.fromMs / 1_000, toSeconds: Math.min(lengthSeconds, first.toMs / 1_000) };
}

function pairOf(format: ValueFormat, first: Column, second: Column): SeriesModel[] {
  return [
    { label: COMPARISON.first, role: 'first', values: first, rest: peakOf(first, format), dashed: false },
    { label: COMPARISON.second, role: 'second', values: second, rest: peakOf(second, format), dashed: true },
  ];
}

/** The longer run's seconds for both: nulls where the shorter one was over. */
function padded(values: Column, length: number): Column {
  return values.length >= length
    ? values
    : [...values, ...new Array<null>(length - values.length).fill(null)];
}

/** All charts of two runs; null where neither has a second. */
export function comparedTimeline(a: Measurement, b: Measurement): TimelineModel | null {
  const runs = [a, b].map((measurement) => ({ measurement, seconds: secondsByIndex(measurement) }));
  const length = Math.max(...runs.map(({ seconds }) => seconds.length));
  if (length === 0) return null;

  const pair = (of: (seconds: (Second | null)[]) => Column): [Column, Column] => {
    const [first, second] = runs.map(({ seconds }) => padded(of(seconds), length));
    return [first ?? [], second ?? []];
  };
  const counted = (of: (second: Second) => number) => pair((seconds) => column(seconds, of));
  const chart = (
    id: keyof typeof COMPARED_CHARTS,
    format: ValueFormat,
    [first, second]: [Column, Column],
  ): ChartModel => ({
    id,
    ...COMPARED_CHARTS[id],
    format,
    scale: format === 'ms' ? logScale([...first, ...second]) : linearScale([...first, ...second]),
    series: pairOf(format, first, second),
    stacked: false,
    shortfall: false,
    rules: [],
  });
  const [cpuA, cpuB] = runs.map(({ measurement }) =>
    generatorSeconds(measurement, length).map(({ cpu }) => cpu),
  );

  const charts = [
    chart(
      'throughput',
      'rate',
      counted((s) => s.acknowledged),
    ),
    chart(
      'p50',
      'ms',
      pair((seconds) => latencyColumn(seconds, (s) => s.p50Ms)),
    ),
    chart(
      'p95',
      'ms',
      pair((seconds) => latencyColumn(seconds, (s) => s.p95Ms)),
    ),
    chart(
      'p99',
      'ms',
      pair((seconds) => latencyColumn(seconds, (s) => s.p99Ms)),
    ),
    chart(
      'errors',
      'rate',
      counted((s) => s.refused + s.unsent + s.unknown),
    ),
    chart(
      'dropped',
      'count',
      counted((s) => s.dropped),
    ),
    chart('cpu', 'ratio', [cpuA ?? [], cpuB ?? []]),
  ];
  return {
    ...onOneAxis(charts),
    lengthSeconds: length,
    zeroMs: null,
    window: sharedWindow(a, b, length),
    generatorSpans: [],
    faultSpans: [],
    marks: [],
  };
}
