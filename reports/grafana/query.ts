/**
 * InfluxQL for Grafana, typed by the schema: a measurement, field or tag that the schema does not have is a type error.
 * `from('regions').mean('share').groupBy('region').every()`
 */
import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { TypeMathBuilder } from '@grafana/grafana-foundation-sdk/expr';
import { type MEASUREMENTS, type MeasurementName, RUN_TAGS } from '../influx/schema.ts';

type Fields<Name extends MeasurementName> = (typeof MEASUREMENTS)[Name]['fields'];
export type FieldName<Name extends MeasurementName> = keyof Fields<Name> & string;
/** What can be summed. */
export type NumberName<Name extends MeasurementName> = {
  [Field in FieldName<Name>]: Fields<Name>[Field] extends { type: 'integer' | 'float' } ? Field : never;
}[FieldName<Name>];
export type TagName<Name extends MeasurementName> = (typeof MEASUREMENTS)[Name]['tags'][number];
type RunTag = (typeof RUN_TAGS)[number];

/** Which datasource a query goes to: the one that the reader chooses on top of the dashboard. */
export const DATASOURCE = { type: 'influxdb', uid: `\${datasource}` };

/** A target of a panel, as Grafana's InfluxDB plugin stores it for InfluxQL written as text. */
export interface InfluxQuery extends Dataquery {
  refId: string;
  datasource: { type: string; uid: string };
  query: string;
  rawQuery: true;
  resultFormat: 'time_series' | 'table';
  alias?: string;
  hide?: true;
}

/** What a panel's builder takes. */
export interface Target {
  refId(id: string): this;
  build(): Dataquery;
}

/** Gaps: `null` draws them, `none` leaves them out, `previous` repeats what was last known. */
type Fill = 'null' | 'none' | 'previous';
type Interval = '$__interval' | '1m' | '1d';
type Aggregate = 'sum' | 'mean' | 'max' | 'last';

const quoted = (name: string): string => `"${name}"`;
const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;
/** What the reader chose, one or many, as a regular expression. */
const chosen = (tag: RunTag): string => `${quoted(tag)} =~ /^\${${tag}:regex}$/`;

export class Query<Name extends MeasurementName> implements Target {
  readonly #measurement: Name;
  /** Each with the aggregate that it stands in; null for fields and tags as they were written. */
  readonly #columns: { aggregate: Aggregate | null; expression: string; name: string | null }[] = [];
  readonly #conditions: string[] = [];
  readonly #groups: string[] = [];
  #range = ['$timeFilter', ...RUN_TAGS.map(chosen)];
  #fill: Fill | null = null;
  #newest: number | null = null;
  #alias: string | null = null;
  #refId = 'A';
  #hidden = false;
  #format: InfluxQuery['resultFormat'] = 'time_series';

  constructor(measurement: Name) {
    this.#measurement = measurement;
  }

  sum(field: NumberName<Name>): this {
    return this.#column('sum', field);
  }

  mean(field: NumberName<Name>): this {
    return this.#column('mean', field);
  }

  max(field: NumberName<Name>): this {
    return this.#column('max', field);
  }

  last(field: FieldName<Name>): this {
    return this.#column('last', field);
  }

  /** Fields and tags as they were written, a row for each point. */
  pick(...names: (FieldName<Name> | TagName<Name>)[]): this {
    for (const name of names) this.#columns.push({ aggregate: null, expression: quoted(name), name: null });
    return this;
  }

  /** The column before, divided by the same aggregate of another field. Where that is 0, InfluxQL says 0. */
  dividedBy(field: NumberName<Name>): this {
    return this.#combine('/', field);
  }

  /** The column before, less the same aggregate of another field. */
  minus(field: NumberName<Name>): this {
    return this.#combine('-', field);
  }

  /** Names the column before. */
  as(name: string): this {
    this.#columns.at(-1)!.name = name;
    return this;
  }

  where(tag: TagName<Name>, value: string): this {
    this.#conditions.push(`${quoted(tag)} = ${text(value)}`);
    return this;
  }

  whereMatches(tag: TagName<Name>, pattern: RegExp): this {
    this.#conditions.push(`${quoted(tag)} =~ ${pattern}`);
    return this;
  }

  /** Only points in which the field is above 0. */
  wherePositive(field: NumberName<Name>): this {
    this.#conditions.push(`${quoted(field)} > 0`);
    return this;
  }

  groupBy(...tags: TagName<Name>[]): this {
    this.#groups.push(...tags.map(quoted));
    return this;
  }

  /** A value for each interval of time. */
  every(interval: Interval = '$__interval', fill: Fill = 'null'): this {
    this.#groups.unshift(`time(${interval})`);
    this.#fill = fill;
    return this;
  }

  newestFirst(rows: number): this {
    this.#newest = rows;
    return this;
  }

  /** Of every run in the time until now, whatever a dashboard shows: for alerts, which have no variables. */
  inTheLast(duration: `${number}${'m' | 'h'}`): this {
    this.#range = [`time > now() - ${duration}`];
    return this;
  }

  /** Of every run in the time that the panel shows, whichever are chosen. */
  ofAllRuns(): this {
    this.#range = ['$timeFilter'];
    return this;
  }

  /** How series are called: `$col`, `$tag_region`. */
  alias(pattern: '$col' | `${string}$tag_${TagName<Name>}`): this {
    this.#alias = pattern;
    return this;
  }

  table(): this {
    this.#format = 'table';
    return this;
  }

  /** Only for `math`, not drawn by itself. */
  hidden(): this {
    this.#hidden = true;
    return this;
  }

  refId(id: string): this {
    this.#refId = id;
    return this;
  }

  build(): InfluxQuery {
    return {
      refId: this.#refId,
      datasource: DATASOURCE,
      query: this.#text(),
      rawQuery: true,
      resultFormat: this.#format,
      ...(this.#alias === null ? {} : { alias: this.#alias }),
      ...(this.#hidden ? { hide: true } : {}),
      _implementsDataqueryVariant() {},
    };
  }

  #text(): string {
    const columns = this.#columns.map(({ expression, name }) =>
      name === null ? expression : `${expression} AS ${quoted(name)}`,
    );
    return [
      `SELECT ${columns.join(', ')} FROM ${quoted(this.#measurement)}`,
      `WHERE ${[...this.#range, ...this.#conditions].join(' AND ')}`,
      ...(this.#groups.length > 0 ? [`GROUP BY ${this.#groups.join(', ')}`] : []),
      ...(this.#fill === null ? [] : [`fill(${this.#fill})`]),
      ...(this.#newest === null ? [] : [`ORDER BY time DESC LIMIT ${this.#newest}`]),
    ].join(' ');
  }

  #column(aggregate: Aggregate, field: string): this {
    this.#columns.push({ aggregate, expression: `${aggregate}(${quoted(field)})`, name: field });
    return this;
  }

  #combine(operator: '/' | '-', field: string): this {
    const column = this.#columns.at(-1)!;
    column.expression += ` ${operator} ${column.aggregate}(${quoted(field)})`;
    return this;
  }
}

/** Begins a query for the runs that the reader chose, in the time that the dashboard shows. */
export function from<Name extends MeasurementName>(measurement: Name): Query<Name> {
  return new Query(measurement);
}

/**
 * What Grafana calculates out of the panel's other targets, by their letters: InfluxQL cannot divide the sum of some
 * points by that of others.
 */
export function math(expression: string): Target {
  return new TypeMathBuilder().datasource({ type: '__expr__', uid: '__expr__' }).expression(expression);
}

/** What a variable can be set to: the values of a tag, of the runs that earlier variables leave. */
export function tagValues<Name extends MeasurementName>(
  measurement: Name,
  tag: TagName<Name>,
  chosenBefore: readonly RunTag[],
): string {
  const where = chosenBefore.length > 0 ? ` WHERE ${chosenBefore.map(chosen).join(' AND ')}` : '';
  return `SHOW TAG VALUES FROM ${quoted(measurement)} WITH KEY = ${quoted(tag)}${where}`;
}
