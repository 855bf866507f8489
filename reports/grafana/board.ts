/** What all dashboards have in common: their variables, their annotations, the links between them. */
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { MeasurementName, RUN_TAGS } from '../influx/schema.ts';
import { COLOURS } from './panels.ts';
import { DATASOURCE, type FieldName, from, type InfluxQuery, type TagName, tagValues } from './query.ts';

const TAG = 'stormproof';

export interface Board {
  uid: `stormproof-${string}`;
  title: string;
  /** One sentence. */
  description: string;
  /** How far back it looks when it is opened: `30m`. */
  last: string;
  /** How often it looks again by itself; null for a dashboard of what is over. */
  refresh: string | null;
  /** Which runs it shows at first: a run's id begins with its time, so that the last one sorts first. */
  runs: 'latest' | 'all';
  /** Where the values of the variables come from. */
  variablesFrom: MeasurementName;
  annotations: AnnotationQueryBuilder[];
}

export function board(about: Board): DashboardBuilder {
  const dashboard = new DashboardBuilder(about.title)
    .uid(about.uid)
    .description(about.description)
    .tags([TAG])
    .time({ from: `now-${about.last}`, to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .editable()
    .link(
      new DashboardLinkBuilder('Stormproof')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(false)
        .includeVars(true)
        .keepTime(true),
    )
    .variables([
      new DatasourceVariableBuilder('datasource')
        .label('Data source')
        .description('An InfluxDB that speaks InfluxQL.')
        .type('influxdb'),
      allOr(variable(about.variablesFrom, 'profile', []).label('Profile')),
      allOr(variable(about.variablesFrom, 'scenario', ['profile']).label('Scenario')),
      about.runs === 'all' ? allOr(runs(about.variablesFrom)) : runs(about.variablesFrom),
    ])
    .annotations(about.annotations);
  return about.refresh === null ? dashboard : dashboard.refresh(about.refresh);
}

/** Marks of what happened: of the kinds that the pattern matches. */
export function annotation(name: string, kinds: RegExp, colour: string): AnnotationQueryBuilder {
  const title: FieldName<'events'> = 'title';
  const text: FieldName<'events'> = 'text';
  const kind: TagName<'events'> = 'kind';
  const target: InfluxQuery & Record<`${'title' | 'text' | 'tags'}Column`, string> = {
    ...from('events').pick(title, text, kind).whereMatches(kind, kinds).table().refId('Anno').build(),
    titleColumn: title,
    textColumn: text,
    tagsColumn: kind,
  };
  // Grafana's InfluxDB plugin looks for its columns in the target that says so.
  const asAnnotation = Object.assign(target, { fromAnnotations: true, queryType: 'tags' });
  return new AnnotationQueryBuilder()
    .name(name)
    .enable(true)
    .datasource(DATASOURCE)
    .iconColor(colour)
    .target({ build: () => asAnnotation });
}

/** The stages of a load, and how it ended. */
export const stages = (): AnnotationQueryBuilder =>
  annotation('Run', /^(run\.started|run\.finished|stage\.entered|generator\.exited|signal)$/, COLOURS.muted);

function runs(measurement: MeasurementName): QueryVariableBuilder {
  return variable(measurement, 'run', ['profile', 'scenario'])
    .label('Run')
    .sort(VariableSort.AlphabeticalDesc);
}

function variable(
  measurement: MeasurementName,
  tag: (typeof RUN_TAGS)[number],
  chosenBefore: (typeof RUN_TAGS)[number][],
): QueryVariableBuilder {
  const query = tagValues(measurement, tag, chosenBefore);
  return new QueryVariableBuilder(tag)
    .datasource(DATASOURCE)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** Several at once, all of them at first. */
function allOr(builder: QueryVariableBuilder): QueryVariableBuilder {
  return builder
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' });
}
