/** Reads the files that `npm run dashboards` wrote: what they ask of InfluxDB, and what Grafana makes of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const GRAFANA = join(import.meta.dirname, '../../../reports/grafana');
export const DASHBOARDS = ['load', 'business', 'drill', 'history'] as const;

const datasource = z.strictObject({ type: z.literal('influxdb'), uid: z.literal(`\${datasource}`) });
const query = z.string().regex(/^SELECT /);

const influxSchema = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource,
  query,
  rawQuery: z.literal(true),
  resultFormat: z.enum(['time_series', 'table']),
  alias: z.string().optional(),
  hide: z.literal(true).optional(),
});

/** What Grafana calculates out of other targets. */
const mathSchema = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource: z.strictObject({ type: z.literal('__expr__'), uid: z.literal('__expr__') }),
  type: z.literal('math'),
  expression: z.string().regex(/^\$[A-Z] \/ \$[A-Z]$/),
});

const panelSchema = z.looseObject({
  id: z.int().positive(),
  type: z.enum(['row', 'stat', 'timeseries', 'table', 'heatmap']),
  title: z.string().min(1),
  description: z.string().optional(),
  gridPos: z.strictObject({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  datasource: datasource.optional(),
  targets: z
    .array(z.union([influxSchema, mathSchema]))
    .min(1)
    .optional(),
  options: z.unknown().optional(),
  fieldConfig: z.looseObject({ defaults: z.looseObject({ custom: z.unknown().optional() }) }).optional(),
});
export type PanelJson = z.infer<typeof panelSchema>;

const annotationSchema = z.looseObject({
  name: z.string().min(1),
  datasource,
  target: z.strictObject({
    refId: z.literal('Anno'),
    datasource,
    query,
    rawQuery: z.literal(true),
    resultFormat: z.literal('table'),
    titleColumn: z.string(),
    textColumn: z.string(),
    tagsColumn: z.string(),
    fromAnnotations: z.literal(true),
    queryType: z.literal('tags'),
  }),
});

const variableSchema = z.looseObject({
  name: z.string(),
  type: z.enum(['datasource', 'query']),
  query: z.string(),
  includeAll: z.boolean().optional(),
});

const dashboardSchema = z.looseObject({
  uid: z.string().regex(/^stormproof-/),
  title: z.string().regex(/^Stormproof: /),
  panels: z.array(panelSchema).min(1),
  templating: z.object({ list: z.array(variableSchema) }),
  annotations: z.object({ list: z.array(annotationSchema) }).optional(),
});
export type DashboardJson = z.infer<typeof dashboardSchema>;

const alertsSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          title: z.string(),
          condition: z.string(),
          noDataState: z.string(),
          execErrState: z.string(),
          for: z.string(),
          data: z.array(
            z.object({
              refId: z.string(),
              datasourceUid: z.string(),
              relativeTimeRange: z.object({ from: z.int(), to: z.int() }).optional(),
              model: z.looseObject({ query: query.optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

export const readJson = (name: string): unknown => JSON.parse(readFileSync(join(GRAFANA, name), 'utf8'));
export const readDashboard = (name: (typeof DASHBOARDS)[number]): DashboardJson =>
  dashboardSchema.parse(readJson(`dashboards/${name}.json`));
export const readAlerts = (): z.infer<typeof alertsSchema> => alertsSchema.parse(readJson('alerts.json'));

export interface AskedQuery {
  /** Where it stands, for the test's name. */
  of: string;
  query: string;
}

/** Every query of every file: of panels, variables, annotations and alert rules. */
export function allQueries(): AskedQuery[] {
  const dashboards = DASHBOARDS.flatMap((name): AskedQuery[] => {
    const { panels, templating, annotations } = readDashboard(name);
    return [
      ...panels.flatMap(({ title, targets = [] }) =>
        targets.flatMap((target) =>
          'query' in target ? [{ of: `${name}, panel ${title} ${target.refId}`, query: target.query }] : [],
        ),
      ),
      ...templating.list
        .filter(({ type }) => type === 'query')
        .map((variable) => ({ of: `${name}, variable ${variable.name}`, query: variable.query })),
      ...(annotations?.list ?? []).map((each) => ({
        of: `${name}, annotation ${each.name}`,
        query: each.target.query,
      })),
    ];
  });
  const alerts = readAlerts().groups.flatMap(({ rules }) =>
    rules.flatMap(({ title, data }) =>
      data.flatMap(({ model }) => (model.query ? [{ of: `alert ${title}`, query: model.query }] : [])),
    ),
  );
  return [...dashboards, ...alerts];
}

export interface Shown {
  fromMs: number;
  toMs: number;
  interval: string;
  /** What the reader chose: one value or several, or all. */
  variables: Readonly<Record<string, string | readonly string[]>>;
}

/** Grafana's escaping of the format `regex`. */
const escaped = (value: string): string => value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');

/** Puts in what Grafana puts in before it sends a query. */
export function fillIn(query: string, { fromMs, toMs, interval, variables }: Shown): string {
  return query
    .replaceAll('$timeFilter', `time >= ${fromMs}ms and time <= ${toMs}ms`)
    .replaceAll('$__interval', interval)
    .replaceAll('now()', `${toMs}ms`)
    .replace(/\$\{(\w+):regex\}/g, (whole, name: string) => {
      const value = variables[name];
      if (value === undefined) return whole;
      // All: the variable's own value for it, as it is.
      if (value === '$__all') return '.*';
      return typeof value === 'string' ? escaped(value) : `(${value.map(escaped).join('|')})`;
    });
}
