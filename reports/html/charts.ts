/** The charts over time of one run. */
import { parseClaimId } from '../../measure/claims.ts';
import { latenessLimitMs } from '../../measure/generator.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import { isOfDrill, regionName } from '../drill-words.ts';
import { formatClaimed, formatClockSeconds, formatCount, formatMs, formatRatioAsPercent } from '../words.ts';
import { marksOf } from './marks.ts';
import {
  type ChartModel,
  INFINITE_VALUE,
  type RuleModel,
  type SeriesModel,
  type TimelineModel,
  type ValueFormat,
} from './model.ts';
import { type DataRole, KIND_ROLES, REGION_ROLES } from './palette.ts';
import { CHARTS, LEGEND } from './phrases.ts';
import { linearScale, logScale } from './scale.ts';
import {
  column,
  type KindColumn,
  kindColumns,
  lastSecondMs,
  latencyColumn,
  secondsByIndex,
  withoutLast,
} from './series.ts';
import { GENERATOR_CPU_LIMIT, generatorSeconds, generatorSpans } from './suspicion.ts';
import { thin } from './thin.ts';
import { formatValue } from './value.ts';

/** The chart that shows a claim, by the id of its figure. */
export function chartOfClaim(id: string): string {
  if (id === 'rto') return 'waterfall';
  if (isOfDrill(id)) return 'ledger';
  const read = parseClaimId(id);
  if (read === null) return 'method';
  switch (read.kind) {
    case 'throughput':
    case 'availability':
      return 'chart-throughput';
    case 'errors':
      return 'chart-errors';
    case 'latency':
      // Over time there are p50, p95, p99 and max of the main operation; all others are points of the distribution.
      return read.operation === null && [0.5, 0.95, 0.99, 1].includes(read.quantile)
        ? 'chart-latency'
        : 'distribution';
    // What an outage took is the difference between planned and acknowledged.
    default:
      return 'chart-throughput';
  }
}

/** "peak 18.2 ms at 00:17": the worst of a series and when it was. */
export function peakOf(values: readonly (number | null)[], format: ValueFormat): string {
  let greatest: number | null = null;
  let at = 0;
  values.forEach((value, i) => {
    const rank = value === INFINITE_VALUE ? Number.POSITIVE_INFINITY : value;
    if (rank === null || (greatest !== null && rank <= greatest)) return;
    greatest = rank;
    at = i;
  });
  if (greatest === null) return 'nothing';
  if (greatest === 0) return format === 'ms' ? formatMs(0) : 'none';
  const shown = formatValue(format, greatest === Number.POSITIVE_INFINITY ? INFINITE_VALUE : greatest);
  return `peak ${shown} at ${formatClockSeconds(at * 1_000)}`;
}

function lines(
  format: ValueFormat,
  ...columns: { label: string; role: DataRole; values: (number | null)[]; dashed?: boolean }[]
): SeriesModel[] {
  return columns.map(({ dashed = false, ...rest }) => ({
    ...rest,
    dashed,
    rest: peakOf(rest.values, format),
  }));
}

function stack(
  kinds: readonly KindColumn[],
  roles: readonly DataRole[] = KIND_ROLES,
  named: (label: string) => string = (label) => label,
): SeriesModel[] {
  return kinds.map(({ label, values, total }, i) => ({
    label: label === '-' ? 'not said' : named(label),
    role: roles[i] ?? 'kindOther',
    values,
    rest: `${formatCount(total)} in all`,
    dashed: false,
  }));
}

function stackHeight(kinds: readonly KindColumn[]): number[] {
  const length = kinds[0]?.values.length ?? 0;
  return Array.from({ length }, (_, i) => kinds.reduce((sum, { values }) => sum + (values[i] ?? 0), 0));
}

function rulesOf(claims: readonly JudgedClaim[], chart: string, kinds: readonly string[]): RuleModel[] {
  return claims
    .filter((claim) => chartOfClaim(claim.id) === chart && kinds.includes(parseClaimId(claim.id)?.kind ?? ''))
    .map((claim) => ({
      value: claim.claimed,
      label: `claimed: ${claim.title} ${formatClaimed(claim.op, claim.claimed, claim.unit)}`,
    }));
}

/** Every chart, each value of each second still in it. */
function fullCharts(measurement: Measurement): ChartModel[] {
  const seconds = secondsByIndex(measurement);
  const { claims } = measurement.verdict;
  const plain = { stacked: false, shortfall: false, rules: [] };
  const charts: ChartModel[] = [];

  const lastMs = lastSecondMs(measurement);
  const whole = (values: (number | null)[]) => (lastMs < 1000 ? withoutLast(values) : values);
  const leftOut = lastMs < 1000 ? ` ${LEGEND.partial(formatMs(Math.round(lastMs)))}` : '';
  const planned = whole(column(seconds, (s) => s.planned));
  const acknowledged = whole(column(seconds, (s) => s.acknowledged));
  const throughputRules = rulesOf(claims, 'chart-throughput', ['throughput']);
  charts.push({
    ...plain,
    id: 'throughput',
    ...CHARTS.throughput,
    says: `${CHARTS.throughput.says}${leftOut}`,
    format: 'rate',
    scale: linearScale([...planned, ...acknowledged, ...throughputRules.map((rule) => rule.value)]),
    series: lines(
      'rate',
      { label: 'planned', role: 'planned', values: planned, dashed: true },
      { label: 'acknowledged', role: 'acknowledged', values: acknowledged },
    ),
    shortfall: true,
    rules: throughputRules,
  });

  const percentiles = [
    { label: 'max', role: 'max', values: latencyColumn(seconds, (s) => s.maxMs) },
    { label: 'p99', role: 'p99', values: latencyColumn(seconds, (s) => s.p99Ms) },
    { label: 'p95', role: 'p95', values: latencyColumn(seconds, (s) => s.p95Ms) },
    { label: 'p50', role: 'p50', values: latencyColumn(seconds, (s) => s.p50Ms) },
  ] as const;
  const latencyRules = rulesOf(claims, 'chart-latency', ['latency']);
  charts.push({
    ...plain,
    id: 'latency',
    ...CHARTS.latency,
    format: 'ms',
    scale: logScale([...percentiles.flatMap((p) => p.values), ...latencyRules.map((rule) => rule.value)]),
    series: lines('ms', ...percentiles),
    rules: latencyRules,
  });

  const regions = kindColumns(seconds, (s) => s.regions);
  if (regions.length > 1 || regions.some(({ label }) => label !== '-')) {
    const scale = linearScale(stackHeight(regions));
    charts.push({
      ...plain,
      id: 'regions',
      ...CHARTS.regions,
      says: `${CHARTS.regions.says}${leftOut}`,
      format: 'rate',
      scale,
      series: stack(
        regions.map((each) => ({ ...each, values: whole(each.values) })),
        REGION_ROLES,
        regionName,
      ),
      stacked: true,
    });
  }

  const errors = kindColumns(seconds, (s) => s.errors);
  if (errors.length > 0) {
    const scale = linearScale(stackHeight(errors));
    charts.push({
      ...plain,
      id: 'errors',
      ...CHARTS.errors,
      format: 'rate',
      scale,
      series: stack(errors),
      stacked: true,
    });
  }

  const dropped = column(seconds, (s) => s.dropped);
  const inFlight = column(seconds, (s) => s.inFlight);
  charts.push({
    ...plain,
    id: 'pressure',
    ...CHARTS.pressure,
    format: 'count',
    scale: linearScale([...dropped, ...inFlight]),
    series: lines(
      'count',
      { label: 'in flight', role: 'acknowledged', values: inFlight },
      { label: 'dropped', role: 'dropped', values: dropped },
    ),
  });

  const late = column(seconds, (s) => s.lateP99Ms);
  const limitMs = latenessLimitMs(measurement.verdict.claims);
  const lateRules = limitMs === null ? [] : [{ value: limitMs, label: `limit ${formatMs(limitMs)}` }];
  charts.push({
    ...plain,
    id: 'lateness',
    ...CHARTS.lateness,
    format: 'ms',
    scale: linearScale([...late, ...lateRules.map((rule) => rule.value)]),
    series: lines('ms', { label: 'late p99', role: 'generator', values: late }),
    rules: lateRules,
  });

  const samples = generatorSeconds(measurement, seconds.length);
  if (samples.some(({ cpu }) => cpu !== null)) {
    charts.push({
      ...plain,
      id: 'cpu',
      ...CHARTS.cpu,
      format: 'ratio',
      scale: { kind: 'linear', max: 1.05 },
      series: lines(
        'ratio',
        { label: 'generator', role: 'generator', values: samples.map(({ cpu }) => cpu) },
        { label: 'machine', role: 'machine', values: samples.map(({ machine }) => machine), dashed: true },
      ),
      rules: [
        {
          value: GENERATOR_CPU_LIMIT,
          label: `the generator’s limit ${formatRatioAsPercent(GENERATOR_CPU_LIMIT)}`,
        },
      ],
    });
  }
  return charts;
}

/** Embedded numbers carry one digit more than are ever shown. */
const compact = (value: number | null) =>
  value === null || Number.isInteger(value) ? value : Number(value.toPrecision(4));

/** Thins all series of all charts on one time axis. */
export function onOneAxis(
  charts: readonly ChartModel[],
): Pick<TimelineModel, 'x' | 'secondsPerBin' | 'charts'> {
  const { x, groups, secondsPerBin } = thin(
    charts.map(({ series, stacked }) => ({ columns: series.map(({ values }) => values), stacked })),
  );
  const thinned = charts.map((chart, c) => ({
    ...chart,
    series: chart.series.map((series, s) => ({ ...series, values: (groups[c]?.[s] ?? []).map(compact) })),
  }));
  return { x, secondsPerBin, charts: thinned };
}

/** From a fault's taking hold until it was undone, or the end of the run. */
function faultSpans({ events, zeroMs }: Measurement, lengthSeconds: number): TimelineModel['faultSpans'] {
  return events.flatMap((event) => {
    if (event.kind !== 'fault.injected') return [];
    const end = events.find((other) => other.kind === 'fault.undone' && other.id === event.id);
    const toSeconds = end === undefined ? lengthSeconds : (end.t - zeroMs) / 1_000;
    return [{ fromSeconds: (event.t - zeroMs) / 1_000, toSeconds: Math.min(lengthSeconds, toSeconds) }];
  });
}

/** All charts over time; null for a run that has no second. */
export function timelineModel(measurement: Measurement): TimelineModel | null {
  const last = measurement.seconds.at(-1);
  if (last === undefined) return null;
  const { window } = measurement.plan;
  const marks = marksOf(measurement);
  const lengthSeconds = last.index + 1;
  return {
    ...onOneAxis(fullCharts(measurement)),
    lengthSeconds,
    zeroMs: measurement.zeroMs,
    window: { fromSeconds: window.fromMs / 1_000, toSeconds: Math.min(lengthSeconds, window.toMs / 1_000) },
    generatorSpans: generatorSpans(measurement),
    faultSpans: faultSpans(measurement, lengthSeconds),
    marks: marks.filter(({ seconds }) => seconds >= -0.05 && seconds <= lengthSeconds + 2),
  };
}
