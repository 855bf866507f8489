/** Columns of one value a second out of a measurement, before they are thinned. */
import type { Second } from '../../measure/events.ts';
import type { Measurement } from '../../measure/measurement.ts';
import { INFINITE_VALUE } from './model.ts';
import { KIND_ROLES } from './palette.ts';

/** Seconds by their index; null where the run's clock has one that was never closed. */
export function secondsByIndex(measurement: Measurement): (Second | null)[] {
  const length = (measurement.seconds.at(-1)?.index ?? -1) + 1;
  const byIndex: (Second | null)[] = new Array(length).fill(null);
  for (const second of measurement.seconds) byIndex[second.index] = second;
  return byIndex;
}

/** How much of the last second was run, ms: less than a second where the plan, or the run, ends inside it. */
export function lastSecondMs({ plan, events, seconds, zeroMs }: Measurement): number {
  const lengths = plan.populations.map(({ stages }) =>
    stages.reduce((sum, each) => sum + each.durationMs, 0),
  );
  const stopped = events.find(({ kind }) => kind === 'signal')?.t ?? Number.POSITIVE_INFINITY;
  const ranMs = Math.min(stopped - zeroMs, Math.max(0, ...lengths)) - (seconds.at(-1)?.index ?? 0) * 1000;
  return ranMs > 0 && ranMs < 1000 ? ranMs : 1000;
}

/** The same without its last value: a rate of a part of a second would look like a fall. */
export const withoutLast = (values: readonly (number | null)[]): (number | null)[] => [
  ...values.slice(0, -1),
  ...(values.length > 0 ? [null] : []),
];

/** A value of every second, null where there is none. */
export function column(
  seconds: readonly (Second | null)[],
  of: (second: Second) => number | null,
): (number | null)[] {
  return seconds.map((second) => (second === null ? null : of(second)));
}

/** A percentile of every second: infinite where arrivals were planned and that one was not served. */
export function latencyColumn(
  seconds: readonly (Second | null)[],
  of: (second: Second) => number | null,
): (number | null)[] {
  return column(seconds, (second) => of(second) ?? (second.planned > 0 ? INFINITE_VALUE : null));
}

export interface KindColumn {
  label: string;
  values: (number | null)[];
  total: number;
}

/** Counts by kind (errors, regions), the commonest first; what does not have a colour of its own is "other". */
export function kindColumns(
  seconds: readonly (Second | null)[],
  of: (second: Second) => Record<string, number>,
  most: number = KIND_ROLES.length,
): KindColumn[] {
  const totals = new Map<string, number>();
  for (const second of seconds) {
    if (second === null) continue;
    for (const [kind, n] of Object.entries(of(second))) totals.set(kind, (totals.get(kind) ?? 0) + n);
  }
  const kinds = [...totals].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const countOf = (second: Second, kind: string) => {
    const counts = of(second);
    return Object.hasOwn(counts, kind) ? (counts[kind] ?? 0) : 0;
  };
  const columns = kinds.slice(0, most).map(([kind, total]) => ({
    label: kind,
    values: column(seconds, (second) => countOf(second, kind)),
    total,
  }));
  const rest = kinds.slice(most);
  if (rest.length === 0) return columns;
  return [
    ...columns,
    {
      label: `other (${rest.length})`,
      values: column(seconds, (second) => rest.reduce((sum, [kind]) => sum + countOf(second, kind), 0)),
      total: rest.reduce((sum, [, n]) => sum + n, 0),
    },
  ];
}
