import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent, Second } from '../../../measure/events.ts';
import { LatencyHistogram } from '../../../measure/histogram.ts';
import type { Measurement } from '../../../measure/measurement.ts';
import { PointMaker, replay, tagValue } from '../../../reports/influx/points.ts';
import {
  BUCKET_BOUNDS_MS,
  type FieldSpec,
  MEASUREMENTS,
  MOST_NAMES,
  MOST_SERIES,
  type Point,
} from '../../../reports/influx/schema.ts';
import * as fixtures from '../fixture.ts';

const measurement = fixtures.passed();
const { seconds, run, plan } = measurement;

const secondEvent = (index: number, changes: Partial<Second> = {}): RunEvent => ({
  t: 0,
  kind: 'second',
  observed: false,
  second: { ...seconds[index]!, ...changes },
});

const sample = (t: number, cpu: number): Extract<RunEvent, { kind: 'generator.sample' }> => ({
  t,
  kind: 'generator.sample',
  observed: true,
  cpu,
  machine: 0.5,
  rssBytes: 1000.6,
  loopDelayMs: 1,
});

const of = (points: readonly Point[], measurement: string): Point[] =>
  points.filter((point) => point.measurement === measurement);

const seriesOf = (points: readonly Point[]): Set<string> =>
  new Set(points.map(({ measurement, tags }) => JSON.stringify([measurement, tags])));

/** Series and time: two points that share it would become one. */
const placeOf = ({ measurement, tags, timestamp }: Point): string =>
  JSON.stringify([measurement, tags, timestamp]);

/** What is wrong with a point, in words. Thousands of `expect` would take longer than all else here. */
function misfits({ measurement, tags, fields, timestamp }: Point): string[] {
  const spec = MEASUREMENTS[measurement];
  const specs = Object.entries<FieldSpec>(spec.fields);
  const known = new Set(specs.map(([name]) => name));
  const wrong = Object.keys(fields).filter((name) => !known.has(name));
  if (Object.keys(tags).sort().join() !== [...spec.tags].sort().join())
    wrong.push(`tags ${Object.keys(tags)}`);
  for (const [name, { type, optional }] of specs) {
    const value = fields[name];
    if (value === undefined ? !optional : !isOf(type, value)) wrong.push(`${name} is ${value}`);
  }
  if (!Number.isSafeInteger(timestamp)) wrong.push(`timestamp ${timestamp}`);
  return wrong.map((each) => `${measurement}: ${each}`);
}

function isOf(type: FieldSpec['type'], value: unknown): boolean {
  if (type === 'string') return typeof value === 'string';
  return type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
}

describe('a tag', () => {
  it.each([
    ['a b', 'a b'],
    ['a=b,c', 'a=b,c'],
    ['line\nbreak\r\n', 'line break'],
    ['\u0000\u0007x\u007f', 'x'],
    ['C:\\temp\\', 'C:/temp/'],
    ['', '-'],
    [' \n ', '-'],
    ['x'.repeat(500), 'x'.repeat(200)],
  ])('%j is written as %j', (text, written) => expect(tagValue(text)).toBe(written));

  it('is one line without backslashes, never empty, and what was taken once stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const written = tagValue(text);
        expect(written).toMatch(/^[^\n\r\\]{1,200}$/);
        expect(tagValue(written)).toBe(written);
      }),
    );
  });
});

describe('the points of a run', () => {
  const runs: [string, Measurement][] = Object.entries(fixtures).map(([name, make]) => [name, make()]);

  it.each(runs)('fit the schema, each in a place of its own: %s', (_, measurement) => {
    const { points, series } = replay(measurement);
    expect(points.flatMap(misfits)).toEqual([]);
    expect(new Set(points.map(placeOf)).size).toBe(points.length);
    expect(seriesOf(points).size).toBe(series);
    expect(series).toBeLessThanOrEqual(MOST_SERIES);
    expect(replay(measurement).points).toEqual(points);
  });

  it.each(runs)('add up to what its seconds hold: %s', (_, measurement) => {
    const { points } = replay(measurement);
    for (const count of ['planned', 'started', 'acknowledged', 'dropped', 'value'] as const) {
      const told = of(points, 'orders').reduce((sum, { fields }) => sum + (fields[count] as number), 0);
      expect(told).toBe(measurement.seconds.reduce((sum, second) => sum + second[count], 0));
    }
  });

  it('tell when the run ended and how its claims compare', () => {
    const { events, ...others } = measurement;
    const whole = (those: Partial<Measurement>) =>
      of(replay({ ...others, events, ...those }).points, 'runs')[0]!;
    const exit = events.find(({ kind }) => kind === 'generator.exited')!;
    const startMs = Date.parse(run.startedAt);
    expect(whole({ events: [{ ...exit, t: startMs + 5000.4 }] }).fields.ended).toBe(startMs + 5000);
    const last = seconds.at(-1)!.startMs + 1000;
    expect(whole({ events: [] }).fields.ended).toBe(last);
    expect(whole({ events: [], seconds: [] }).fields.ended).toBe(startMs + 1000);
    expect(whole({}).timestamp).toBe(startMs);
    const ops = of(replay(measurement).points, 'claims').map(({ tags, fields }) => [tags.claim, fields.op]);
    expect(ops).toEqual(measurement.verdict.claims.map(({ id, op }) => [id, op]));
    expect(new Set(ops.map(([, op]) => op)).size).toBeGreaterThan(1);
  });

  it.each(runs)('count as failed what failed, and nothing else: %s', (_, made) => {
    const { points } = replay(made);
    const failedOf = (name: string) => of(points, name).map(({ fields }) => [fields.verdict, fields.failed]);
    const expected = ({ verdict }: { verdict: string }) => [verdict, verdict === 'FAIL' ? 1 : 0];
    expect(failedOf('runs')).toEqual([expected(made.verdict)]);
    expect(failedOf('claims')).toEqual(made.verdict.claims.map(expected));
    expect(of(points, 'runs')[0]!.fields.saturated).toBe(made.verdict.generator.saturated ? 1 : 0);
  });

  it('tell of each second what the timeline tells', () => {
    const made = fixtures.failed();
    const told = of(replay(made).points, 'orders').map(({ fields, timestamp }) => ({ ...fields, timestamp }));
    const ms = (value: number | null) => value ?? undefined;
    expect(told).toEqual(
      made.seconds.map((second) => ({
        planned: second.planned,
        started: second.started,
        acknowledged: second.acknowledged,
        refused: second.refused,
        unsent: second.unsent,
        unknown: second.unknown,
        dropped: second.dropped,
        value: second.value,
        in_flight: second.inFlight,
        p50: ms(second.p50Ms),
        p95: ms(second.p95Ms),
        p99: ms(second.p99Ms),
        max: ms(second.maxMs),
        timestamp: second.startMs,
      })),
    );
    const late = of(replay(made).points, 'generator').map(({ fields }) => fields.late_p99);
    expect(late).toEqual(made.seconds.map(({ lateP99Ms }) => lateP99Ms));
    const claims = of(replay(made).points, 'claims').map(({ fields: { measured, low, high } }) => [
      measured,
      low,
      high,
    ]);
    expect(claims).toEqual(
      made.verdict.claims.map(({ measured, low, high }) => [ms(measured), ms(low), ms(high)]),
    );
  });

  it('leave out what is infinite', () => {
    const maker = new PointMaker(run, plan);
    const [orders] = maker.take(secondEvent(3, { p99Ms: null, maxMs: Number.POSITIVE_INFINITY }));
    expect(orders!.fields).not.toHaveProperty('p99');
    expect(orders!.fields).not.toHaveProperty('max');
    expect(orders!.fields).toHaveProperty('p50');
  });

  it('call the names beyond the bound "other", and lose none of their counts', () => {
    const maker = new PointMaker(run, plan);
    const regions = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`r${i}`, i]));
    const errors = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`e${i}`, 1]));
    const operations = Object.fromEntries(
      Array.from({ length: 99 }, (_, i) => [`o${i}`, { acknowledged: 2, failed: 1 }]),
    );
    const points = maker.take(secondEvent(0, { regions, errors, operations, acknowledged: 4950 }));
    const sum = (measurement: string, field: string): number =>
      of(points, measurement).reduce((total, { fields }) => total + (fields[field] as number), 0);
    expect(of(points, 'regions')).toHaveLength(MOST_NAMES.region);
    expect(of(points, 'errors')).toHaveLength(MOST_NAMES.code);
    expect(of(points, 'operations')).toHaveLength(MOST_NAMES.op);
    expect([sum('regions', 'acknowledged'), sum('errors', 'count')]).toEqual([4950, 1000]);
    expect([sum('operations', 'acknowledged'), sum('operations', 'failed')]).toEqual([198, 99]);
    expect(sum('regions', 'share')).toBeCloseTo(1, 9);
    expect(of(points, 'errors').filter(({ tags }) => tags.code === 'other')).toHaveLength(1);
    expect(maker.series).toBeLessThanOrEqual(MOST_SERIES);
  });

  it('tell a region that fell silent with a zero, in every second that follows', () => {
    const maker = new PointMaker(run, plan);
    maker.take(secondEvent(0, { regions: { seoul: 10 }, acknowledged: 10 }));
    const after = maker.take(secondEvent(1, { regions: { tokyo: 7 }, acknowledged: 7 }));
    expect(of(after, 'regions').map(({ tags, fields }) => [tags.region, fields.acknowledged])).toEqual([
      ['seoul', 0],
      ['tokyo', 7],
    ]);
  });

  it('share nothing in a second in which nobody answered', () => {
    const maker = new PointMaker(run, plan);
    const points = maker.take(secondEvent(0, { regions: { seoul: 0 }, acknowledged: 0 }));
    expect(of(points, 'regions').map(({ fields }) => fields)).toEqual([{ acknowledged: 0, share: 0 }]);
  });

  it('mark what was observed: what is derived comes from the end alone, by its kind', () => {
    const maker = new PointMaker(run, plan);
    const derived = measurement.events.filter(({ observed }) => !observed);
    expect(new Set(derived.map(({ kind }) => kind))).toContain('stage.entered');
    expect(derived.flatMap((event) => maker.take(event))).toEqual([]);
    const marks = of(replay(measurement).points, 'events').map(({ tags, timestamp }) => [
      tags.kind,
      timestamp,
    ]);
    const happened = measurement.events.filter(
      ({ kind }) => !['generator.sample', 'claim.judged'].includes(kind),
    );
    expect(marks.sort()).toEqual(happened.map(({ kind, t }) => [kind, Math.round(t)]).sort());
  });

  it('keep two events of the same kind at the same instant', () => {
    const maker = new PointMaker(run, plan);
    const sick = (region: string): RunEvent => ({
      t: 1000,
      kind: 'region.health',
      observed: true,
      region,
      healthy: false,
      cause: '',
    });
    const points = ['seoul', 'tokyo', 'osaka'].flatMap((region) => maker.take(sick(region)));
    expect(points.map(({ timestamp }) => timestamp)).toEqual([1000, 1001, 1002]);
  });

  it('give a second the last sample that was taken in it, live as in a replay', () => {
    const [first, second] = [seconds[0]!.startMs, seconds[1]!.startMs];
    const samples = [sample(first + 10, 0.1), sample(first + 990, 0.2), sample(second + 500, 0.3)];
    const generator = (events: RunEvent[]): Point[] => {
      const maker = new PointMaker(run, plan);
      return of(
        events.flatMap((event) => maker.take(event)),
        'generator',
      );
    };
    const closed = [0, 1, 2].map((index) => secondEvent(index));
    const replayed = generator([...samples, ...closed]);
    expect(replayed.map(({ fields }) => fields.cpu)).toEqual([0.2, 0.3, undefined]);
    expect(replayed[0]!.fields.rss).toBe(1001);
    // On the edge it is the next second's, and before the first it is nobody's.
    const edges = [sample(first - 1, 0.4), closed[0]!, sample(second, 0.5), closed[1]!];
    expect(generator(edges).map(({ fields }) => fields.cpu)).toEqual([undefined, 0.5]);
    expect(generator([sample(second, 0.5), closed[0]!, closed[1]!]).map(({ fields }) => fields.cpu)).toEqual([
      undefined,
      0.5,
    ]);
    expect(generator([samples[0]!, samples[1]!, samples[2]!, closed[0]!, closed[1]!, closed[2]!])).toEqual(
      replayed,
    );
    expect(generator([samples[0]!, samples[1]!, closed[0]!, samples[2]!, closed[1]!, closed[2]!])).toEqual(
      replayed,
    );
  });
});

describe('latency buckets', () => {
  it('count as one who counts by hand, within the precision of the histogram', () => {
    const latencies = fc.array(fc.double({ min: 0.001, max: 4000, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(latencies, (values) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const counts = LatencyHistogram.decode(histogram.encode()).countsBetween(BUCKET_BOUNDS_MS);
        expect(counts).toHaveLength(BUCKET_BOUNDS_MS.length + 1);
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(values.length);
        let upTo = 0;
        for (const [i, bound] of BUCKET_BOUNDS_MS.entries()) {
          upTo += counts[i]!;
          const atMost = (ms: number): number =>
            values.filter((value) => Math.max(1, Math.round(value * 1000)) <= ms * 1000 + 1e-9).length;
          expect(upTo, `${bound} ms`).toBeGreaterThanOrEqual(atMost(bound));
          expect(upTo, `${bound} ms`).toBeLessThanOrEqual(atMost(bound < 2 ? bound : bound * 1.001));
        }
      }),
    );
  });

  it('take their bounds in', () => {
    const histogram = new LatencyHistogram();
    for (const bound of BUCKET_BOUNDS_MS) histogram.record(bound);
    expect(histogram.countsBetween(BUCKET_BOUNDS_MS)).toEqual([...BUCKET_BOUNDS_MS.map(() => 1), 0]);
  });
});
