/** The points of a drill: one of its own, and annotations. */
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../measure/events.ts';
import type { Measurement } from '../../../measure/measurement.ts';
import { PointMaker, replay } from '../../../reports/influx/points.ts';
import { type FieldSpec, MEASUREMENTS, MOST_SERIES, type Point } from '../../../reports/influx/schema.ts';
import { DRILLS, hostileDrill, noFailover, regionLoss, replicationStall, withoutBite } from '../drills.ts';
import { passed } from '../fixture.ts';
import { ZERO_MS } from '../story.ts';

const pointsOf = (measurement: Measurement, name: Point['measurement']): Point[] =>
  replay(measurement).points.filter((point) => point.measurement === name);

describe('the point of a drill', () => {
  it('holds RTO, RPO and what was lost, beside their claims', () => {
    const [point, ...others] = pointsOf(regionLoss(), 'drills');
    expect(others).toEqual([]);
    expect(point).toMatchObject({
      tags: { drill: 'region-loss', profile: 'region-loss' },
      fields: {
        verdict: 'PASS',
        rto_s: 4.31,
        rto_low: 4.29,
        rto_high: 4.33,
        rto_claim: 6,
        rpo_s: 0.42,
        rpo_claim: 2,
        rpo_orders: 37,
        lost: 37,
        recovered: 35,
        duplicated: 0,
        proved: 1,
        restored: 1,
      },
    });
    expect(pointsOf(replicationStall(), 'drills')[0]?.fields).toMatchObject({
      failed: 1,
      expected: 'FAIL',
      duplicated: 4,
    });
  });

  it('leaves out what there is none of', () => {
    const { fields } = pointsOf(noFailover(), 'drills')[0]!;
    expect(fields).toMatchObject({ rto_low: 22.9, restored: 0, proved: 0 });
    for (const name of ['rto_s', 'rto_high', 'rpo_s', 'lost', 'first_success_s'])
      expect(fields).not.toHaveProperty(name);
    expect(pointsOf(withoutBite(), 'drills')[0]?.fields).not.toHaveProperty('rto_low');
  });

  it('does not claim to know whether faults were undone', () => {
    const measurement = regionLoss();
    measurement.verdict.drill!.restored = null;
    expect(pointsOf(measurement, 'drills')[0]?.fields).not.toHaveProperty('restored');
  });

  it('is none for a load', () => {
    expect(pointsOf(passed(), 'drills')).toEqual([]);
  });

  it('fits the schema, whatever the drill, and stays within the series', () => {
    for (const of of [...Object.values(DRILLS), hostileDrill]) {
      const { points, series } = replay(of());
      expect(series).toBeLessThanOrEqual(MOST_SERIES);
      for (const point of points.filter(({ measurement }) => measurement === 'drills')) {
        expect(Object.keys(point.tags).sort()).toEqual([...MEASUREMENTS.drills.tags].sort());
        for (const [name, { type, optional }] of Object.entries<FieldSpec>(MEASUREMENTS.drills.fields)) {
          const value = point.fields[name];
          if (value === undefined) expect(optional, name).toBe(true);
          else expect(typeof value).toBe(type === 'string' ? 'string' : 'number');
          if (type === 'integer' && value !== undefined) expect(Number.isSafeInteger(value)).toBe(true);
        }
      }
    }
  });
});

describe('annotations of a drill', () => {
  const annotations = pointsOf(regionLoss(), 'events').filter(({ tags }) => tags.kind !== 'stage.entered');
  const titles = (kind: string): unknown[] =>
    annotations.filter(({ tags }) => tags.kind === kind).map(({ fields }) => fields.title);

  it('are its faults, its phases and what the system did', () => {
    expect(titles('fault.injected')).toEqual(['fault: region.kill']);
    expect(titles('fault.undone')).toEqual(['undone: region.kill']);
    expect(titles('dns.answer')).toEqual(['DNS: Seoul', 'DNS: Tokyo', 'DNS: Seoul']);
    expect(titles('phase').slice(0, 5)).toEqual(['baseline', 'detect', 'DNS', 'TTL', 'scale']);
    expect(titles('region.health')).toContain('Seoul is gone');
    expect(titles('listing.read')).toEqual(['listing at cut-over', 'listing after heal']);
  });

  it('stand where it happened', () => {
    const detect = annotations.find(({ fields }) => fields.title === 'detect');
    expect(detect).toMatchObject({ timestamp: ZERO_MS + 17_102, fields: { text: '1.9 s' } });
  });

  it('leave out how much waits to be replicated', () => {
    expect(titles('replication.lag')).toEqual([]);
    const maker = new PointMaker(regionLoss().run, regionLoss().plan);
    const lag: RunEvent = { t: 1, kind: 'replication.lag', observed: true, region: 'seoul', waiting: 7 };
    expect(maker.take(lag)).toEqual([]);
  });
});
