import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chartOfClaim, timelineModel } from '../../../reports/html/charts.ts';
import { distributionModel, tailPosition } from '../../../reports/html/distribution.ts';
import { marksOf } from '../../../reports/html/marks.ts';
import { INFINITE_VALUE } from '../../../reports/html/model.ts';
import { moveBy } from '../../../reports/html/page/moves.ts';
import { spread } from '../../../reports/html/page/spread.ts';
import { linearScale, logScale, logTicks } from '../../../reports/html/scale.ts';
import { GENERATOR_CPU_LIMIT, generatorSpans } from '../../../reports/html/suspicion.ts';
import { type Column, thin } from '../../../reports/html/thin.ts';
import { positionOf } from '../../../reports/html/value.ts';
import { aborted, abortedAtOnce, failed, hour, lateGenerator, passed, withoutLatency } from '../fixture.ts';

const seconds = fc.array(fc.option(fc.integer({ min: -1, max: 1_000 })), { minLength: 1, maxLength: 400 });
const rank = (value: number) => (value === INFINITE_VALUE ? Number.POSITIVE_INFINITY : value);
const ranks = (column: Column) => column.filter((value) => value !== null).map(rank);

describe('a last second that was not whole', () => {
  const cut = passed();
  const plan = {
    ...cut.plan,
    populations: cut.plan.populations.map((one) => ({
      ...one,
      stages: one.stages.map((stage, i) => (i === 2 ? { ...stage, durationMs: 4600 } : stage)),
    })),
  };
  const chart = (measurement: typeof cut) =>
    timelineModel(measurement)!.charts.find(({ id }) => id === 'throughput')!;

  it('is left out of the rates, and said', () => {
    const { series, says } = chart({ ...cut, plan });
    for (const { values } of series) expect([values.length, values.at(-1)]).toEqual([30, null]);
    expect(series[0]!.values.at(-2)).not.toBeNull();
    expect(says).toContain('The last second is left out: only 600 ms of it were run.');
  });

  it('is shown where it is whole', () => {
    const { series, says } = chart(cut);
    for (const { values } of series) expect(values.at(-1)).not.toBeNull();
    expect(says).not.toContain('left out');
  });
});

describe('thinning', () => {
  it('leaves a short run as it is', () => {
    const thinned = thin([{ columns: [[3, null, 5]], stacked: false }], 10);
    expect(thinned).toEqual({ x: [0.5, 1.5, 2.5], groups: [[[3, null, 5]]], secondsPerBin: 1 });
  });

  it('keeps the least and the greatest of every column, and stays within its points', () => {
    fc.assert(
      fc.property(seconds, fc.integer({ min: 2, max: 60 }), (column, mostPoints) => {
        const { x, groups } = thin([{ columns: [column], stacked: false }], mostPoints);
        const kept = groups[0]?.[0] ?? [];
        expect(x.length).toBeLessThanOrEqual(Math.max(mostPoints, 2));
        expect(kept).toHaveLength(x.length);
        expect([...x].sort((a, b) => a - b)).toEqual(x);
        if (ranks(column).length === 0) return;
        expect(Math.max(...ranks(kept))).toBe(Math.max(...ranks(column)));
        expect(Math.min(...ranks(kept))).toBe(Math.min(...ranks(column)));
      }),
    );
  });

  it('keeps the parts of a stack of one second together', () => {
    const columns = [
      Array.from({ length: 90 }, (_, i) => i % 7),
      Array.from({ length: 90 }, (_, i) => (i * 3) % 11),
    ];
    const { groups } = thin([{ columns, stacked: true }], 20);
    const real = new Set(columns[0]?.map((value, i) => `${value} ${columns[1]?.[i]}`));
    groups[0]?.[0]?.forEach((value, i) => {
      expect(real).toContain(`${value} ${groups[0]?.[1]?.[i]}`);
    });
  });

  it('shows the one bad second of an hour', () => {
    const timeline = timelineModel(hour());
    const dropped = timeline?.charts.find(({ id }) => id === 'pressure')?.series[1];
    expect(Math.max(...(dropped?.values ?? []).map((value) => value ?? 0))).toBe(1_000);
    const p99 = timeline?.charts
      .find(({ id }) => id === 'latency')
      ?.series.find(({ label }) => label === 'p99');
    expect(p99?.values).toContain(INFINITE_VALUE);
    expect(dropped?.rest).toBe('peak 1,000 at 30:01');
  });
});

describe('axes', () => {
  it('begins rates at zero and leaves air above', () => {
    expect(linearScale([10, null, 100])).toEqual({ kind: 'linear', max: 108 });
    expect(linearScale([0, null])).toEqual({ kind: 'linear', max: 1 });
  });

  it('holds every latency, and gives infinity a row of its own above', () => {
    const values = fc.array(fc.double({ min: 1e-3, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.boolean(), (finite, infinite) => {
        const scale = logScale(infinite ? [...finite, INFINITE_VALUE] : finite);
        expect(scale.min).toBeLessThanOrEqual(Math.min(...finite));
        expect(scale.ceiling).toBeGreaterThanOrEqual(Math.max(...finite));
        expect(logTicks(scale).length).toBeGreaterThan(1);
        expect(scale.infinityAt !== null).toBe(infinite);
        if (!infinite) return;
        expect(positionOf(scale, INFINITE_VALUE)).toBeGreaterThan(Math.log10(scale.ceiling));
        expect(positionOf(scale, INFINITE_VALUE)).toBeLessThan(Math.log10(scale.max));
      }),
    );
  });

  it('is finite where nothing was ever served', () => {
    const scale = logScale([INFINITE_VALUE, null]);
    expect(scale.infinityAt).toBeGreaterThan(scale.ceiling);
    expect(logTicks(scale).at(-1)).toBe(scale.infinityAt);
  });

  it('gives every further nine the same room', () => {
    expect([90, 99, 99.9, 99.99].map((p) => Number(tailPosition(p).toFixed(6)))).toEqual([1, 2, 3, 4]);
  });
});

describe('charts', () => {
  it.each([
    ['throughput', 'chart-throughput'],
    ['availability@10s', 'chart-throughput'],
    ['errors', 'chart-errors'],
    ['latency.p95', 'chart-latency'],
    ['latency.p99@10s', 'chart-latency'],
    ['latency.p999', 'distribution'],
    ['latency.browse.p95', 'distribution'],
  ])('shows the claim %s in %s', (id, chart) => expect(chartOfClaim(id)).toBe(chart));

  it('draws an infinite percentile as infinity, and nothing planned as a gap', () => {
    const measurement = withoutLatency();
    const [first] = measurement.seconds;
    measurement.seconds = [{ ...first!, planned: 0 }, ...measurement.seconds.slice(1)];
    const latency = timelineModel(measurement)?.charts.find(({ id }) => id === 'latency');
    for (const { values } of latency?.series ?? []) {
      expect(values[0]).toBeNull();
      expect(values.slice(1).every((value) => value === INFINITE_VALUE)).toBe(true);
    }
  });

  it('leaves a gap where a second never closed', () => {
    const measurement = passed();
    measurement.seconds = measurement.seconds.filter(({ index }) => index !== 4);
    const timeline = timelineModel(measurement);
    expect(timeline?.charts[0]?.series.map(({ values }) => values[4])).toEqual([null, null]);
    expect(timeline?.x).toHaveLength(30);
  });

  it('names regions only where there is something to name', () => {
    const ids = (measurement: Parameters<typeof timelineModel>[0]) =>
      timelineModel(measurement)?.charts.map(({ id }) => id);
    expect(ids(passed())).not.toContain('regions');
    expect(ids(hour())).toContain('regions');
  });

  it('draws the many kinds of errors that have no colour as one', () => {
    const measurement = failed();
    const errors = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`50${i}`, 9 - i]));
    measurement.seconds = measurement.seconds.map((second) => ({ ...second, errors }));
    const chart = timelineModel(measurement)?.charts.find(({ id }) => id === 'errors');
    expect(chart?.series.map(({ label }) => label)).toEqual([
      '500',
      '501',
      '502',
      '503',
      '504',
      '505',
      'other (3)',
    ]);
    expect(chart?.series.at(-1)?.values[0]).toBe(3 + 2 + 1);
  });

  it('has no charts for a run without a second', () => {
    expect(timelineModel(abortedAtOnce())).toBeNull();
    expect(distributionModel(abortedAtOnce())).toBeNull();
  });

  it('marks stages, signals and the end, with the words for each', () => {
    expect(marksOf(aborted()).map(({ label }) => label)).toEqual([
      'ramp to 10,100/s',
      'hold 10,100/s',
      'SIGINT',
      'generator exited (code 105): k6 was told to stop',
    ]);
    expect(
      marksOf(passed())
        .map(({ label }) => label)
        .slice(2),
    ).toEqual(['down to 0/s', 'generator done']);
  });

  it('marks the claims on the distribution', () => {
    const distribution = distributionModel(passed());
    expect(distribution?.claims.map(({ label }) => label)).toEqual([
      'P95 latency < 100 ms',
      'P99 latency < 200 ms',
    ]);
    expect(distribution?.claims[1]?.x).toBeCloseTo(2);
    expect(distribution?.lines[0]?.points.every(({ x }) => x <= Math.log10(202_000))).toBe(true);
  });
});

describe('the generator’s seconds', () => {
  it('are those in which it was later than a tenth of the tightest latency claim', () => {
    expect(generatorSpans(lateGenerator())).toEqual([{ fromSeconds: 10, toSeconds: 20 }]);
    expect(generatorSpans(passed())).toEqual([]);
  });

  it('are not those in which a system dropped arrivals while the generator had room', () => {
    expect(generatorSpans(failed())).toEqual([]);
  });

  it('are those in which it dropped arrivals beyond the limit that its chart draws', () => {
    const spansAt = (cpu: number) => {
      const measurement = failed();
      measurement.events = measurement.events.map((event) =>
        event.kind === 'generator.sample' ? { ...event, cpu, machine: 0.5 } : event,
      );
      return generatorSpans(measurement);
    };
    expect(spansAt(GENERATOR_CPU_LIMIT)).toEqual([]);
    expect(spansAt(GENERATOR_CPU_LIMIT + 0.01)).toEqual([{ fromSeconds: 12, toSeconds: 14 }]);
  });
});

describe('the page’s arithmetic', () => {
  it('keeps labels apart, in order, and inside where there is room', () => {
    const wanted = fc.array(fc.integer({ min: -50, max: 250 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(wanted, (places) => {
        const spaced = spread(places, 14, 0, 200).map((place, i) => ({ place, wanted: places[i] ?? 0 }));
        const ordered = [...spaced].sort((a, b) => a.place - b.place);
        ordered.forEach(({ place, wanted: here }, i) => {
          expect(place).toBeGreaterThanOrEqual(0);
          expect(place).toBeLessThanOrEqual(200);
          const before = ordered[i - 1];
          if (before === undefined) return;
          expect(place - before.place).toBeGreaterThanOrEqual(14);
          expect(here).toBeGreaterThanOrEqual(before.wanted);
        });
      }),
    );
  });

  it.each([
    ['ArrowRight', false, null, 0],
    ['ArrowRight', false, 4, 5],
    ['ArrowRight', true, 4, 14],
    ['ArrowRight', true, 28, 29],
    ['ArrowLeft', false, null, 29],
    ['ArrowLeft', false, 0, 0],
    ['Home', false, 7, 0],
    ['End', false, 7, 29],
    ['Escape', false, 7, null],
    ['a', false, 7, undefined],
  ] as const)('moves by %s (shift %s) from %s to %s', (key, shift, at, next) => {
    expect(moveBy(key, shift, at, 30)).toBe(next);
  });
});
