import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { renderGrafanaFiles } from '../../../reports/grafana/files.ts';
import { replay } from '../../../reports/influx/points.ts';
import { MEASUREMENTS, type MeasurementSpec } from '../../../reports/influx/schema.ts';
import { aborted, passed } from '../fixture.ts';
import {
  allQueries,
  DASHBOARDS,
  GRAFANA,
  type PanelJson,
  readAlerts,
  readDashboard,
  readJson,
} from './queries.ts';

/** Grafana's published schemas are not ours to ship: they lie beside a checkout, or these tests are skipped. */
const SCHEMAS = join(import.meta.dirname, '../../../../shared/testdata/grafana');
const hasSchemas = existsSync(join(SCHEMAS, 'dashboard.jsonschema.json'));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const ANYTHING = [
  ['MatcherConfig', 'options'],
  ['DynamicConfigValue', 'value'],
] as const;
type Definitions = Record<string, { properties?: Record<string, object> }>;
const schemaOf = (name: string): { definitions: Definitions } =>
  JSON.parse(readFileSync(join(SCHEMAS, `${name}.jsonschema.json`), 'utf8'));

/** What is wrong with a value, by a definition of one of Grafana's schemas. */
function mistakes(schema: string, definition: string, value: unknown): string[] {
  const { definitions } = schemaOf(schema);
  // "Any" in Grafana's source, "an object" as it is published; Grafana itself writes names and numbers there.
  for (const [type, property] of ANYTHING)
    if (definitions[type]?.properties) definitions[type].properties[property] = {};
  if (definitions[definition] === undefined) return [];
  const validate = ajv.compile({ definitions, $ref: `#/definitions/${definition}` });
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const drawn = (panels: readonly PanelJson[]): PanelJson[] => panels.filter(({ type }) => type !== 'row');

describe.each(Object.entries(renderGrafanaFiles()))('reports/grafana/%s', (name, content) => {
  it('is what its code says', () => {
    const file = join(GRAFANA, name);
    const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
    expect(written === content, `${name} is stale: run "npm run dashboards" and commit what it wrote`).toBe(
      true,
    );
  });
});

describe.each(DASHBOARDS)('the dashboard %s', (name) => {
  const dashboard = readDashboard(name);

  it.runIf(hasSchemas)("follows Grafana's schema of dashboards", () => {
    expect(mistakes('dashboard', 'Dashboard', readJson(`dashboards/${name}.json`))).toEqual([]);
  });

  it.runIf(hasSchemas).each(drawn(dashboard.panels).map((panel) => [panel.title, panel] as const))(
    "follows Grafana's schema of the panel %s",
    (_, { type, options, fieldConfig }) => {
      expect(mistakes(type, 'Options', options)).toEqual([]);
      expect(mistakes(type, 'FieldConfig', fieldConfig?.defaults.custom ?? {})).toEqual([]);
    },
  );

  it('says of each panel in a sentence what it shows, and asks the chosen data source', () => {
    for (const { title, description, datasource, targets } of drawn(dashboard.panels)) {
      expect(description, title).toMatch(/^[A-Z].*\.$/);
      expect(datasource, title).toBeDefined();
      expect(targets, title).toBeDefined();
    }
  });

  it('lays its panels beside and below each other, within the grid', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x},${y}`), `${title} lies on another panel`).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('lets the reader choose the data source, the profile, the scenario and the run, in this order', () => {
    expect(dashboard.templating.list.map((variable) => variable.name)).toEqual([
      'datasource',
      'profile',
      'scenario',
      'run',
    ]);
  });

  it('looks at the time that is shown only, and only at the runs that are chosen', () => {
    for (const { query } of allQueries().filter(
      ({ of }) => of.startsWith(`${name}, `) && !of.includes('variable'),
    )) {
      expect(query).toContain('WHERE $timeFilter');
      // The drill that is looked at stands among the ones before it.
      if (query.includes('FROM "drills"') && name === 'drill') continue;
      for (const variable of ['run', 'profile', 'scenario'])
        expect(query).toContain(`"${variable}" =~ /^\${${variable}:regex}$/`);
    }
  });
});

describe('the dashboards together', () => {
  it('mark every kind of event that there is, once, by its title and with its text', () => {
    const kinds = [passed(), aborted()].flatMap((run) =>
      replay(run).points.flatMap(({ measurement, tags }) => (measurement === 'events' ? [tags.kind!] : [])),
    );
    expect(new Set(kinds).size).toBeGreaterThan(4);
    const ofDrills = ['phase', 'fault.injected', 'fault.undone', 'region.health'];
    for (const name of ['load', 'business', 'drill'] as const) {
      const { list } = readDashboard(name).annotations!;
      const patterns = list.map(({ target }) => new RegExp(/"kind" =~ \/(\S+)\//.exec(target.query)![1]!));
      const marked = (kind: string): number => patterns.filter((pattern) => pattern.test(kind)).length;
      for (const kind of [...kinds, ...(name === 'drill' ? ofDrills : [])])
        expect([kind, marked(kind)]).toEqual([kind, 1]);
      for (const { target } of list)
        expect(target).toMatchObject({ titleColumn: 'title', textColumn: 'text', tagsColumn: 'kind' });
    }
  });

  it('draw what is calculated, not what it is calculated from', () => {
    const calculated = DASHBOARDS.flatMap((name) => readDashboard(name).panels).filter(({ targets = [] }) =>
      targets.some((target) => 'expression' in target),
    );
    expect(calculated.length).toBeGreaterThan(1);
    for (const { title, targets = [] } of calculated) {
      const [math] = targets.filter((target) => 'expression' in target);
      const parts = targets.filter((target) => 'query' in target);
      expect(math!.expression, title).toBe(parts.map(({ refId }) => `$${refId}`).join(' / '));
      expect(
        parts.map(({ hide }) => hide),
        title,
      ).toEqual(parts.map(() => true));
    }
  });

  it('call every line by its column, or by what sets it apart from the others', () => {
    for (const { title, type, targets = [] } of DASHBOARDS.flatMap((name) => readDashboard(name).panels)) {
      if (type !== 'timeseries' && type !== 'heatmap') continue;
      for (const target of targets) {
        if (!('query' in target) || target.hide) continue;
        const groups = /GROUP BY (.*?)( fill|$)/.exec(target.query)?.[1] ?? '';
        const tags = [...groups.matchAll(/"(\w+)"/g)].map(([, tag]) => `$tag_${tag}`);
        for (const name of tags.length > 0 ? tags : ['$col']) expect(target.alias, title).toContain(name);
      }
    }
  });

  it('lead from a run to its load dashboard, from its beginning to the end that stands in the same row', () => {
    const panel = readDashboard('history').panels.find(({ title }) => title === 'Last runs')!;
    const link = /"url":"([^"]+)"/.exec(JSON.stringify(panel))![1]!;
    const { query } = panel.targets![0] as { query: string };
    for (const [, column] of link.matchAll(/__data\.fields\.(\w+)/g)) expect(query).toContain(`"${column}"`);
    expect(link).toMatch(
      /^\/d\/stormproof-load\?.*&var-run=\$\{__value\.text\}&from=\$\{__value\.time\}&to=\$\{__data\.fields\.ended\.numeric\}$/,
    );
  });

  it.runIf(hasSchemas)('use no panel but those whose schema is here', () => {
    const types = DASHBOARDS.flatMap((name) => drawn(readDashboard(name).panels).map(({ type }) => type));
    expect(
      [...new Set(types)].filter((type) => !existsSync(join(SCHEMAS, `${type}.jsonschema.json`))),
    ).toEqual([]);
  });

  it('count acknowledged orders by every bucket of the latency', () => {
    const heat = readDashboard('load').panels.find(({ type }) => type === 'heatmap')!;
    const [target] = heat.targets!;
    if (!(target !== undefined && 'query' in target)) throw new Error('the heatmap has no query');
    const columns = [...target.query.matchAll(/sum\("(b\d\d)"\) AS "([^"]+)"/g)];
    expect(columns.map(([, field]) => field)).toEqual(Object.keys(MEASUREMENTS.latency.fields));
    const bounds = columns.map(([, , name]) => (name === '+Inf' ? Number.POSITIVE_INFINITY : Number(name)));
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
    expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the alert rules', () => {
  it('fire where a claim failed in 24 h, and where less than 99.9 % were served for a minute', () => {
    const rules = readAlerts().groups.flatMap((group) => group.rules);
    const found = rules.map(({ title, data, ...rule }) => [
      title,
      data[0]!.relativeTimeRange,
      data[1]!.model,
      data[2]!.model,
      rule,
    ]);
    const newest = { refId: 'newest', type: 'reduce', expression: 'query', reducer: 'last' };
    const fires = (type: string, than: number) => ({
      refId: 'fires',
      type: 'threshold',
      expression: 'newest',
      conditions: [{ evaluator: { type, params: [than] } }],
    });
    const rule = (wait: string) => ({
      condition: 'fires',
      noDataState: 'OK',
      execErrState: 'Error',
      for: wait,
    });
    expect(found).toEqual([
      ['A claim failed', { from: 86_400, to: 0 }, newest, fires('gt', 0), rule('0s')],
      ['Availability is low', { from: 300, to: 0 }, newest, fires('lt', 0.999), rule('1m')],
    ]);
  });

  it('each ask one question and fire on its answer', () => {
    const rules = readAlerts().groups.flatMap((group) => group.rules);
    expect(rules).toHaveLength(2);
    for (const { condition, data } of rules) {
      expect(data.map(({ datasourceUid }) => datasourceUid)).toEqual([
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
        '${STORMPROOF_DATASOURCE_UID}',
        '__expr__',
        '__expr__',
      ]);
      expect(data.at(-1)?.refId).toBe(condition);
    }
  });

  it('have no dollar that Grafana would take for a variable of its environment', () => {
    const { STORMPROOF_DATASOURCE_UID: _, ...others } = Object.fromEntries(
      [
        ...readFileSync(join(GRAFANA, 'alerts.json'), 'utf8')
          .replaceAll('$$', '')
          .matchAll(/\$\{?(\w*)/g),
      ].map(([, name]) => [name, true]),
    );
    expect(others).toEqual({});
  });
});

describe('what is asked of InfluxDB', () => {
  const specs: Readonly<Record<string, MeasurementSpec>> = MEASUREMENTS;

  it.each(allQueries().map(({ of, query }) => [of, query]))(
    'names only what the schema has: %s',
    (_, query) => {
      const aliases = [...query!.matchAll(/ AS "([^"]+)"/g)].map(([, name]) => name!);
      const measurements = [
        ...query!.matchAll(/ FROM "([^"]+)"/g),
        ...query!.matchAll(/\(SELECT .*? FROM "([^"]+)"/g),
      ].map(([, name]) => name!);
      expect(measurements.length).toBeGreaterThan(0);
      const known = new Set(aliases);
      for (const name of measurements) {
        const spec = specs[name];
        expect(spec, `the measurement ${name}`).toBeDefined();
        for (const each of [name, ...spec!.tags, ...Object.keys(spec!.fields)]) known.add(each);
      }
      const named = [...query!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!);
      expect(named.filter((name) => !known.has(name))).toEqual([]);
    },
  );
});
