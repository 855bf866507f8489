import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../measure/histogram.ts';
import type { Measurement } from '../../../measure/measurement.ts';
import { replay } from '../../../reports/influx/points.ts';
import {
  type FieldValues,
  MEASUREMENTS,
  type MeasurementName,
  type MeasurementSpec,
  type Point,
  type TagValues,
} from '../../../reports/influx/schema.ts';
import { type Influxd, startInfluxd } from '../../influxd.ts';
import { requirePart } from '../../require.ts';
import { regionLoss, replicationStall } from '../drills.ts';
import { failed } from '../fixture.ts';
import { measurementOf, ZERO_MS } from '../story.ts';
import { allQueries, fillIn, readDashboard, type Shown } from './queries.ts';

const DB = 'stormproof';
const SHOWN: Shown = {
  fromMs: ZERO_MS - 60_000,
  toMs: ZERO_MS + 60_000,
  interval: '1s',
  variables: { run: '$__all', profile: '$__all', scenario: '$__all' },
};

/** A line as InfluxDB reads it, with the types that the schema gives. */
function lineOf({ measurement, tags, fields, timestamp }: Point): string {
  const spec: MeasurementSpec = MEASUREMENTS[measurement];
  const key = Object.entries(tags).map(([tag, value]) => `,${tag}=${value.replace(/[ ,=]/g, '\\$&')}`);
  const values = Object.entries(fields).map(([field, value]) => {
    const { type } = spec.fields[field]!;
    if (type === 'string') return `${field}="${String(value).replace(/["\\]/g, '\\$&')}"`;
    return `${field}=${value}${type === 'integer' ? 'i' : ''}`;
  });
  return `${measurement}${key.join('')} ${values.join(',')} ${timestamp}`;
}

function point<Name extends MeasurementName>(
  measurement: Name,
  tags: TagValues<NoInfer<Name>>,
  fields: { [Field in keyof FieldValues<NoInfer<Name>>]: NonNullable<FieldValues<NoInfer<Name>>[Field]> },
  timestamp: number,
): Point {
  return { measurement, tags, fields, timestamp };
}

/** A run that goes through everything: a stall, errors, two regions, and latencies in the buckets. */
function troubled(): Measurement {
  const histogram = new LatencyHistogram();
  for (const ms of [0.05, 0.9, 1.5, 1.7, 40, 900, 3_000]) histogram.record(ms);
  const measurement = failed();
  return {
    ...measurement,
    seconds: measurement.seconds.map((second) => ({
      ...second,
      latency: histogram.encode(),
      regions: { seoul: Math.floor(second.acknowledged / 4), tokyo: Math.ceil(second.acknowledged * 0.75) },
    })),
  };
}

/** A shopper's run: of 10 visits 3 become orders. */
function shopped(): Measurement {
  const measurement = measurementOf({ seed: 3, profile: 'shop' });
  return {
    ...measurement,
    plan: { ...measurement.plan, scenario: 'shopper' },
    seconds: measurement.seconds.map((second) => ({
      ...second,
      operations: { browse: { acknowledged: 10, failed: 0 }, order: { acknowledged: 3, failed: 0 } },
    })),
  };
}

const DRILL = { run: '20261121T001600Z-drill-region-0a1b', profile: 'region', scenario: 'orders' };

/** What a drill will write: its claims, its phases, its faults, and the regions' health. */
function drilled(): Point[] {
  const claims = [
    { claim: 'rto', unit: 's', title: 'Recovery time', claimed: 6, measured: 4.31 },
    { claim: 'rpo.seconds', unit: 's', title: 'Recovery point', claimed: 2, measured: 0.42 },
    { claim: 'rpo.orders', unit: 'count', title: 'Orders lost', claimed: 50, measured: 37 },
  ];
  const happened = [
    { kind: 'fault.injected', title: 'seoul cut off', text: 'no packet reaches it' },
    { kind: 'phase', title: 'detect', text: '1.9 s' },
    { kind: 'region.health', title: 'seoul is gone', text: 'three checks in a row' },
    { kind: 'fault.undone', title: 'seoul connected', text: 'read back' },
  ];
  return [
    ...claims.map(({ claim, unit, title, claimed, measured }) =>
      point(
        'claims',
        { ...DRILL, claim, commit: 'abc' },
        {
          unit,
          title,
          op: '<=',
          claimed,
          measured,
          low: measured,
          high: measured,
          verdict: 'PASS',
          failed: 0,
          reason: '',
        },
        ZERO_MS,
      ),
    ),
    ...happened.map(({ kind, title, text }, i) =>
      point('events', { ...DRILL, kind }, { title, text }, ZERO_MS + 10_000 + i),
    ),
  ];
}

/** Drills as they are written: one that held, one that did not. */
const pastDrills = (): Point[] =>
  [regionLoss(), { ...replicationStall(), run: { ...replicationStall().run, run: 'another' } }].flatMap(
    (drill) => replay(drill).points.filter(({ measurement }) => measurement === 'drills'),
  );

describe.runIf(requirePart('influxd'))('every query, asked of InfluxDB', () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd();
    await influxd.query(`CREATE DATABASE "${DB}"`);
    const points = [...replay(troubled()).points, ...replay(shopped()).points, ...drilled(), ...pastDrills()];
    const response = await fetch(`${influxd.url}/write?db=${DB}&precision=ms`, {
      method: 'POST',
      body: points.map(lineOf).join('\n'),
    });
    if (response.status !== 204) throw new Error(await response.text());
  });
  afterAll(() => influxd?.stop());

  const rows = async (query: string, shown: Shown = SHOWN) => {
    const { series = [] } = await influxd.query(fillIn(query, shown), DB);
    return series.flatMap(({ columns, values, tags }) =>
      values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((column, i) => [column, row[i]])) })),
    ) as Record<string, unknown>[];
  };
  const chosen = (variables: Partial<Shown['variables']>): Shown => ({
    ...SHOWN,
    variables: { ...SHOWN.variables, ...(variables as Shown['variables']) },
  });
  const queries = (name: Parameters<typeof readDashboard>[0], title: string): string[] =>
    readDashboard(name)
      .panels.find((each) => each.title === title)!
      .targets!.flatMap((target) => ('query' in target ? [target.query] : []));
  const panel = (...which: Parameters<typeof queries>): string => queries(...which)[0]!;
  const variable = (name: Parameters<typeof readDashboard>[0], which: string): string =>
    readDashboard(name).templating.list.find((each) => each.name === which)!.query;

  it.each(allQueries().map(({ of, query }) => [of, query] as const))('has rows: %s', async (_, query) => {
    const found = await rows(query);
    expect(found.length).toBeGreaterThan(0);
    // Something besides the time is there in some row, in every column.
    const columns = Object.keys(found[0]!).filter((column) => column !== 'time');
    const empty = columns.filter((column) => found.every((row) => row[column] === null));
    expect(empty).toEqual([]);
  });

  it('leaves out the runs that are not chosen', async () => {
    const [run, shop] = [troubled().run.run, shopped().run.run];
    const sum = async (variables: Partial<Shown['variables']>) =>
      (await rows(panel('business', 'Orders'), chosen(variables)))[0]?.orders;
    const total = ({ seconds }: Measurement) =>
      seconds.reduce((orders, { operations }) => orders + operations.order!.acknowledged, 0);
    expect(await sum({ run })).toBe(total(troubled()));
    expect(await sum({ run: [run, shop] })).toBe(total(troubled()) + total(shopped()));
    expect(await sum({ run, profile: 'shop' })).toBeUndefined();
  });

  it('offers the runs of the chosen profile and scenario only', async () => {
    const offered = await rows(variable('load', 'run'), chosen({ profile: ['shop'], scenario: 'shopper' }));
    expect(offered.map(({ value }) => value)).toEqual([shopped().run.run]);
    expect(await rows(variable('load', 'scenario'), chosen({ profile: 'shop' }))).toEqual([
      { key: 'scenario', value: 'shopper' },
    ]);
  });

  it.each(['Conversion', 'Conversion by the minute'])('finds 3 orders in 10 visits: %s', async (title) => {
    const [orders, visits] = queries('business', title);
    const [ordered, visited] = [await rows(orders!), await rows(visits!)];
    expect(ordered.length).toBe(visited.length);
    ordered.forEach(({ time, order }, i) => {
      expect(visited[i]!.time).toBe(time);
      expect(Number(order) / Number(visited[i]!.browse)).toBeCloseTo(0.3);
    });
  });

  it('counts what was planned and not acknowledged', async () => {
    const { planned, acknowledged } = troubled().verdict.orders;
    const answer = await rows(panel('business', 'Not served'), chosen({ run: troubled().run.run }));
    expect(answer[0]?.['not served']).toBe(planned - acknowledged);
  });

  it('says what was available in each second, and nothing where nothing was planned', async () => {
    const idle = point(
      'orders',
      { run: 'idle', profile: 'idle', scenario: 'orders' },
      Object.fromEntries(
        Object.keys(MEASUREMENTS.orders.fields).map((field) => [field, 0]),
      ) as FieldValues<'orders'> as never,
      ZERO_MS,
    );
    await fetch(`${influxd.url}/write?db=${DB}&precision=ms`, { method: 'POST', body: lineOf(idle) });
    expect(await rows(panel('drill', 'Availability'), chosen({ run: 'idle' }))).toEqual([]);

    const told = await rows(panel('drill', 'Availability'), chosen({ run: troubled().run.run }));
    const values = told.map(({ availability }) => availability).filter((each) => each !== null);
    const { seconds } = troubled();
    expect(values).toEqual(
      seconds.filter(({ planned }) => planned > 0).map(({ planned, acknowledged }) => acknowledged / planned),
    );
  });

  it('puts each latency into its bucket', async () => {
    const [first] = (
      await rows(panel('load', 'How latencies are spread'), chosen({ run: troubled().run.run }))
    ).filter((row) => row['0.063'] !== null);
    const filled = Object.entries(first!).filter(([name, count]) => name !== 'time' && count !== 0);
    expect(Object.fromEntries(filled)).toEqual({
      '0.063': 1,
      '1': 1,
      '1.6': 1,
      '2.5': 1,
      '40': 1,
      '1000': 1,
      '+Inf': 1,
    });
  });

  it('lists the claims that failed, for the alert', async () => {
    const { query } = allQueries().find(({ of }) => of === 'alert A claim failed')!;
    const fired = (await rows(query)).filter((row) => row.failed === 1).map(({ claim }) => claim);
    expect(new Set(fired)).toEqual(
      new Set(['throughput', 'latency.p95', 'latency.p99', 'errors', 'availability']),
    );
  });
});
