import { describe, expect, it } from 'vitest';
import type { DrillRecord } from '../../measure/drill.ts';
import type { ObservedEvent } from '../../measure/events.ts';
import { excusedAround, heldFaults } from '../../measure/held-fault.ts';
import { type Drilled, listingRead, NEVER, RUN, recordOf } from './drill-simulation.ts';
import { judged, measureDrill, type Options } from './drilled.ts';
import { ZERO_MS } from './simulation.ts';

type Events = (events: ObservedEvent[]) => ObservedEvent[];

const without =
  (kind: ObservedEvent['kind'], is: (event: ObservedEvent) => boolean = () => true): Events =>
  (events) =>
    events.filter((event) => event.kind !== kind || !is(event));

const replaced =
  (kind: ObservedEvent['kind'], ...others: ObservedEvent[]): Events =>
  (events) =>
    [...without(kind)(events), ...others].sort((a, b) => a.t - b.t);

const SCALES: Partial<DrillRecord> = {
  predicted: {
    rto: {
      lowMs: 1000,
      highMs: 3000,
      steps: [{ name: 'scale', lowMs: 0, highMs: 1000, arithmetic: '1 s' }],
    },
    rpo: null,
    verdict: 'PASS',
    reasons: [],
  },
};
const tasks = (ms: number, desired: number): ObservedEvent => ({
  t: ZERO_MS + ms,
  kind: 'standby.tasks',
  observed: true,
  region: 'tokyo',
  desired,
  running: 2,
});
const QUIET = { deathMs: NEVER, backMs: NEVER, flipMs: NEVER };
/** A fault that is told of and does nothing. */
const told: Events = (events) => [
  ...events,
  {
    t: ZERO_MS + 4000,
    kind: 'fault.injected',
    observed: true,
    id: 'f1',
    fault: 'region.kill',
    region: 'seoul',
    words: '',
  },
];
/** The generator has no CPU left, all the time. */
const busy: Events = (events) => [
  ...events,
  ...Array.from({ length: 16 }, (_, i) => ({
    t: ZERO_MS + i * 1000 + 500,
    kind: 'generator.sample' as const,
    observed: true as const,
    cpu: 0.99,
    machine: 0.99,
    rssBytes: 1,
    loopDelayMs: 0,
  })),
];
const LOSS = { losses: [{ region: 'seoul', atMs: 4000, untilMs: 13_000 }] };
const FAULT: Partial<DrillRecord> = {
  ...LOSS,
  faults: [{ id: 'f1', fault: 'region.kill', region: 'seoul', injectAtMs: 4000, undoAtMs: 13_000, args: {} }],
};

describe('the RTO of a drill', () => {
  it.each<[string, Options, string, RegExp]>([
    ['failover in time', {}, 'PASS', /^first success after 2\.0\d s, sustained after 2\.0\d s$/],
    ['failover too late', { claims: { rto: '<= 1s' } }, 'FAIL', /took 2\.\d+ s, claimed ≤ 1 s/],
    [
      'an error bar that crosses the claim',
      { script: { flipMs: 6000, deathMs: 4000 }, claims: { rto: '<= 2000ms' } },
      'INCONCLUSIVE',
      /the error bar crosses the claim/,
    ],
    [
      'nothing broken',
      { script: QUIET, record: FAULT, events: told },
      'INCONCLUSIVE',
      /never bit: seoul was to/,
    ],
    [
      'nothing injected',
      { script: QUIET, record: FAULT },
      'INCONCLUSIVE',
      /never bit: nothing was done to seoul/,
    ],
    [
      'ended by the end of the fault',
      { script: { flipMs: NEVER, backMs: 6000 } },
      'INCONCLUSIVE',
      /^the outage ended because the fault did: it was undone at 00:06\.0/,
    ],
    [
      'too long, but the fault had ended before that',
      { script: { flipMs: NEVER, backMs: 6000, down: [[6000, 8000]] } },
      'INCONCLUSIVE',
      /^the outage ended because the fault did: it was undone at 00:06\.0/,
    ],
    [
      'ended by the expiry of the fault',
      {
        script: { flipMs: NEVER, backMs: 6000 },
        events: (events) =>
          events.map((event) => (event.kind === 'fault.undone' ? { ...event, by: 'expiry' } : event)),
      },
      'INCONCLUSIVE',
      /it expired at 00:06\.0/,
    ],
    [
      'ended by the end of the fault, too late already',
      { script: { flipMs: NEVER, backMs: 8000 } },
      'FAIL',
      /was still open after 4\.\d+ s, when seoul's fault ended, claimed ≤ 3 s/,
    ],
    [
      'open to the end and too long',
      { script: { flipMs: NEVER, backMs: NEVER } },
      'FAIL',
      /was still open after 12 s/,
    ],
    [
      'recovered too late to be seen',
      { script: { flipMs: 6000, backMs: NEVER, lengthMs: 8000 } },
      'INCONCLUSIVE',
      /open until 00:06\.0 at least, and the run ended before 3 s of service were seen: run longer/,
    ],
    [
      'recovery without a flip of DNS',
      { events: without('dns.answer', (event) => event.kind === 'dns.answer' && event.region === 'tokyo') },
      'INCONCLUSIVE',
      /cause is not proved: clients recovered at 00:06\.0 although DNS never answered with tokyo/,
    ],
    ['recovery without an observer of DNS', { events: without('dns.answer') }, 'PASS', /sustained after/],
    [
      'nobody who says who answered',
      { events: without('dns.answer'), files: (drilled) => unname(drilled.lines) },
      'INCONCLUSIVE',
      /nothing says who answered from/,
    ],
    ['DNS that says who answered', { files: (drilled) => unname(drilled.lines) }, 'PASS', /sustained after/],
    [
      'the lost region itself',
      {
        files: (drilled) =>
          drilled.lines.forEach((line, i) => {
            drilled.lines[i] = line.replace(/tokyo\n$/, 'seoul\n');
          }),
      },
      'INCONCLUSIVE',
      /seoul itself answered again from 00:06\.0 while its fault held/,
    ],
    [
      'a steady state that does not hold',
      { script: { failing: new Set(Array.from({ length: 20 }, (_, i) => 300 + i * 20)) } },
      'INCONCLUSIVE',
      /steady state did not hold: 96 % of the baseline's fresh orders were acknowledged, 99 % are needed/,
    ],
    [
      'an outage before the fault',
      { script: { down: [[300, 700]] } },
      'INCONCLUSIVE',
      /an outage began at 00:00\.3, before any fault/,
    ],
    [
      'a standby at full strength',
      { record: SCALES, events: replaced('standby.tasks', tasks(0, 6)) },
      'INCONCLUSIVE',
      /tokyo had 6 tasks before the fault and never asked for more, though it was predicted to scale/,
    ],
    ['a standby that scales', { record: SCALES }, 'PASS', /sustained/],
    [
      'arrivals without a line around the outage',
      { files: (drilled) => drilled.lines.splice(1650, 1) },
      'INCONCLUSIVE',
      /the fate of 1 orders around the outage was not written/,
    ],
    [
      'a second outage that is too long',
      { script: { down: [[9500, 13_500]], backMs: 15_000, lengthMs: 20_000 } },
      'FAIL',
      /the outage of 00:09\.5 took 4 s, claimed ≤ 3 s; 2 outages, at 00:04\.0, 00:09\.5/,
    ],
    [
      'a recovery that the generator did not let be seen',
      { script: {}, events: busy, files: (drilled) => dropFresh(drilled.lines, 8100, 8900) },
      'INCONCLUSIVE',
      /^the outage of 00:04\.0 took 4\.\d+ s, claimed ≤ 3 s; the generator could not keep up at 00:08\.0-00:09\.0/,
    ],
    [
      'too long before the generator could not keep up',
      {
        events: busy,
        files: (drilled) => dropFresh(drilled.lines, 8100, 8900),
        claims: { rto: '<= 500ms' },
      },
      'FAIL',
      /^the outage of 00:04\.0 took 4\.\d+ s, claimed ≤ 0\.5 s$/,
    ],
    [
      'drops that are not the fault of the generator',
      { files: (drilled) => dropFresh(drilled.lines, 8100, 8900) },
      'FAIL',
      /^the outage of 00:04\.0 took 4\.\d+ s, claimed ≤ 3 s$/,
    ],
    [
      "an outage of the generator's own",
      {
        script: { deathMs: NEVER, flipMs: 6000 },
        record: { ...FAULT, bite: 'failover' },
        events: (events) => busy(told(events)),
        files: (drilled) => dropFresh(drilled.lines, 8100, 8900),
      },
      'INCONCLUSIVE',
      /^the generator could not keep up at 00:08\.0-00:09\.0, when the outage of 00:08\.1 began/,
    ],
    [
      'a failover that nobody felt',
      { script: { deathMs: NEVER, flipMs: 6000 }, record: { ...FAULT, bite: 'failover' }, events: told },
      'PASS',
      /no outage was found/,
    ],
    [
      'a claim that is finer than the shortest outage that can be seen',
      {
        script: { deathMs: NEVER, flipMs: 6000 },
        record: { ...FAULT, bite: 'failover' },
        events: told,
        claims: { rto: '<= 10ms' },
      },
      'INCONCLUSIVE',
      /^no outage was found; one of less than 15 ms could not be seen, claimed ≤ 0\.01 s$/,
    ],
    [
      'a failover that did not happen',
      { script: QUIET, record: { ...FAULT, bite: 'failover' }, events: told },
      'INCONCLUSIVE',
      /the standby served no order/,
    ],
    [
      'a degradation that was none',
      { script: QUIET, record: { ...FAULT, bite: 'degradation' }, events: told },
      'INCONCLUSIVE',
      /service was as in the baseline/,
    ],
    [
      'a degradation that is slow only',
      {
        script: QUIET,
        record: { ...FAULT, bite: 'degradation' },
        events: told,
        files: (drilled) => slow(drilled.lines),
      },
      'PASS',
      /no outage was found/,
    ],
    [
      'a degradation that refuses one order in 25',
      {
        script: { ...QUIET, failing: every(25, 900, 2000) },
        record: { ...FAULT, bite: 'degradation' },
        events: told,
      },
      'FAIL',
      /the outage of 00:04\.5 took 5\.\d+ s, claimed ≤ 3 s/,
    ],
    [
      'nothing, as expected',
      { script: QUIET, record: { ...FAULT, bite: 'none' }, events: told },
      'PASS',
      /no outage/,
    ],
  ])('%s', (_, options, verdict, reason) => {
    const claim = judged({ claims: { rto: '<= 3s' }, ...options }, 'rto');
    expect(claim.reason).toMatch(reason);
    expect(claim.verdict).toBe(verdict);
  });

  it('is measured by fresh clients, and sticky ones are told beside it', () => {
    // A frozen region keeps those that never connect anew.
    const { measurement } = measureDrill({ script: { kind: 'freeze' } });
    const [fresh, sticky] = ['fresh', 'sticky'].map(
      (kind) => measurement.verdict.drill!.outages.find(({ population }) => population === kind)!,
    );
    expect(fresh!.sustained_ms! - ZERO_MS).toBeLessThan(6100);
    expect(sticky!.sustained_ms! - ZERO_MS).toBeGreaterThan(11_900);
    expect(measurement.verdict.claims[0]).toMatchObject({ id: 'rto', verdict: 'PASS' });
    expect(measurement.verdict.drill!.rto!.seconds).toBeCloseTo(2, 1);
  });

  it.each([50, 100, 200, 1000])(
    'without an outage is as long as one that is not seen, at %i orders a second',
    (rate) => {
      const quiet: Options = {
        script: { ...QUIET, rate, populations: 'f' },
        record: {
          ...FAULT,
          bite: 'none',
          sustained: { windowMs: 3000, success: 0.98, throughput: 0.95, latencyTimes: 3 },
        },
        events: told,
        claims: { rto: '<= 3s' },
      };
      const gapMs = 1000 / rate;
      const { high } = judged(quiet, 'rto');
      // As many orders as one outage may take without being found, and the gaps on either side of them.
      for (let orders = 1; orders < rate; orders++) {
        const failing = new Set(Array.from({ length: orders }, (_, i) => 6 * rate + i));
        const found = measureDrill({ ...quiet, script: { ...quiet.script, failing } }).measurement.verdict
          .drill!;
        if (found.rto !== null) break;
        expect((orders + 1) * gapMs).toBeLessThanOrEqual(high! * 1000 + 0.001);
      }
      expect(high! * 1000).toBeLessThanOrEqual(Math.max(gapMs, 20) + gapMs + 0.001);
    },
  );

  it('is ABORTED with its run', () => {
    const stop: Events = (events) => [
      ...events,
      { t: ZERO_MS + 15_000, kind: 'signal', observed: true, signal: 'SIGINT' },
    ];
    expect(judged({ events: stop }, 'rto').verdict).toBe('ABORTED');
  });
});

/** Answers without a region. */
function unname(lines: string[]): void {
  for (const [i, line] of lines.entries()) lines[i] = line.replace(/,(seoul|tokyo)\n$/, ',\n');
}

/** Answers that take 200 ms longer from 5 s to 7 s. */
function slow(lines: string[]): void {
  for (const [i, line] of lines.entries()) {
    const ms = Number(line.slice(0, 13)) - ZERO_MS;
    if (ms < 5000 || ms >= 7000) continue;
    const columns = line.split(',');
    columns[5] = String(Number(columns[5]) + 200);
    lines[i] = columns.join(',');
  }
}

function every(step: number, from: number, to: number): Set<number> {
  return new Set(Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step));
}

const rows =
  (cut: (row: string, i: number) => boolean) =>
  (drilled: Drilled): void => {
    drilled.cutover = drilled.cutover.filter((row, i) => !cut(row, i));
  };

describe('what a drill lost', () => {
  const rpo = { 'rpo.seconds': '<= 2s', 'rpo.orders': '<= 100', duplicated: '<= 0' };

  it.each<[string, Options, string, string, RegExp]>([
    [
      'seconds within',
      {},
      'rpo.seconds',
      'PASS',
      /^\d+ acknowledged orders lost, the earliest of 00:03\.7, \d+ unknown/,
    ],
    [
      'seconds beyond',
      { claims: { 'rpo.seconds': '<= 100ms' } },
      'rpo.seconds',
      'FAIL',
      /lost.*claimed ≤ 0\.1 s/,
    ],
    ['orders within', {}, 'rpo.orders', 'PASS', /lost/],
    ['orders beyond', { claims: { 'rpo.orders': '<= 0' } }, 'rpo.orders', 'FAIL', /claimed ≤ 0/],
    [
      'unknown orders that would decide',
      { script: { lagMs: 0 }, claims: { 'rpo.orders': '<= 0' } },
      'rpo.orders',
      'INCONCLUSIVE',
      /no acknowledged order was lost, \d+ unknown \(\d+ present\), claimed ≤ 0/,
    ],
    [
      'nothing, as far as can be seen',
      { script: { lagMs: 0 } },
      'rpo.seconds',
      'PASS',
      /no acknowledged order was lost.*a loss of less than 2\.5 ms, the gap between two orders, could not be seen/,
    ],
    [
      'a claim that is finer than the gap between two orders',
      { script: { lagMs: 0 }, claims: { 'rpo.seconds': '<= 0s' } },
      'rpo.seconds',
      'INCONCLUSIVE',
      /could not be seen/,
    ],
    [
      'reads that never agreed',
      { events: replaced('listing.read', listingRead('tokyo', 'cutover', { complete: false })) },
      'rpo.seconds',
      'INCONCLUSIVE',
      /the listing of tokyo at cut-over is not whole: two reads never agreed/,
    ],
    [
      'a listing that failed half way',
      {
        events: replaced(
          'listing.read',
          listingRead('tokyo', 'cutover', { complete: false, cause: 'page 3: 503' }),
        ),
        files: rows((_, i) => i > 100),
      },
      'rpo.seconds',
      'INCONCLUSIVE',
      /page 3: 503/,
    ],
    [
      'a listing that was never begun',
      {
        events: replaced('listing.read'),
        files: (drilled) => {
          drilled.cutover = [];
          drilled.healed = { seoul: [], tokyo: [] };
        },
      },
      'rpo.seconds',
      'INCONCLUSIVE',
      /no listing of stored keys was read at cut-over/,
    ],
    [
      'a listing that was read when the region was back',
      { events: replaced('listing.read', listingRead('tokyo', 'cutover', { t: ZERO_MS + 13_400 })) },
      'rpo.seconds',
      'INCONCLUSIVE',
      /listing of tokyo at cut-over was read at 00:13\.4, after seoul's fault had ended at 00:13\.0/,
    ],
    [
      'a listing that has lost its end',
      { events: replaced('listing.read', listingRead('tokyo', 'cutover', { keys: 9000 })) },
      'rpo.seconds',
      'INCONCLUSIVE',
      /keys-tokyo-cutover\.csv has \d,\d+ whole lines of 9,000/,
    ],
    [
      'a torn listing',
      {
        files: (drilled) => {
          drilled.cutover[5] = drilled.cutover[5]!.slice(0, 12);
        },
      },
      'rpo.seconds',
      'INCONCLUSIVE',
      /1 lines of the listings were torn/,
    ],
    [
      'a region that never says its name',
      {
        files: (drilled) =>
          drilled.lines.forEach((line, i) => {
            drilled.lines[i] = line.replace(/seoul\n$/, 'ap-northeast-2\n');
          }),
      },
      'rpo.seconds',
      'INCONCLUSIVE',
      /no order says that seoul acknowledged it/,
    ],
    [
      'a fault that never bit',
      { script: QUIET, record: FAULT, events: told },
      'rpo.seconds',
      'INCONCLUSIVE',
      /never bit/,
    ],
    ['no order twice', {}, 'duplicated', 'PASS', /^$/],
    [
      'an order twice',
      { files: (drilled) => drilled.healed.tokyo.push(`${RUN}-f3,tokyo-77777,1763683206000\n`) },
      'duplicated',
      'FAIL',
      /1 orders were stored twice, claimed ≤ 0/,
    ],
    [
      'an order twice in a part of the listing',
      {
        events: replaced('listing.read', listingRead('tokyo', 'healed', { complete: false })),
        files: (drilled) => drilled.healed.tokyo.push(`${RUN}-f3,tokyo-77777,1763683206000\n`),
      },
      'duplicated',
      'FAIL',
      /stored twice/,
    ],
    [
      'no order twice in a part of the listing',
      { events: replaced('listing.read', listingRead('tokyo', 'healed', { complete: false })) },
      'duplicated',
      'INCONCLUSIVE',
      /tokyo at heal is not whole/,
    ],
  ])('%s', (_, options, id, verdict, reason) => {
    const claim = judged({ claims: rpo, ...options }, id);
    expect(claim.reason).toMatch(reason);
    expect(claim.verdict).toBe(verdict);
  });

  it('is seconds from the earliest lost acknowledgement to the outage, and an interval of orders', () => {
    const { measurement, drilled } = measureDrill();
    const { rpo: found, ledger } = measurement.verdict.drill!;
    expect(found!.orders_low).toBe(drilled.truth.lost.size);
    expect(found!.orders_high).toBe(drilled.truth.lost.size + ledger.cutover!.unknown_absent);
    const earliest = measurement.drill!.lost[0]!.acknowledgedMs;
    const fresh = measurement.verdict.drill!.outages.find(({ population }) => population === 'fresh')!;
    expect(found!.seconds).toBeCloseTo((fresh.from_high_ms - earliest) / 1000, 6);
    expect(found!.low).toBeLessThanOrEqual((drilled.truth.deathMs - earliest) / 1000);
    expect(found!.high).toBeGreaterThanOrEqual((drilled.truth.deathMs - earliest) / 1000);
  });

  it('is not scaled, and reaches back to an order without a line that is not stored', () => {
    const { measurement } = measureDrill({
      script: { lagMs: 0 },
      files: (drilled) => {
        const at = drilled.lines.findIndex((line) => line.includes(',order,f600,'));
        drilled.lines.splice(at, 1);
        drilled.cutover = drilled.cutover.filter((row) => !row.startsWith(`${RUN}-f600,`));
      },
    });
    expect(measurement.verdict.drill!.rpo).toMatchObject({ seconds: 0, high: expect.closeTo(1.02, 1) });
  });
});

describe('a drill that declares no loss', () => {
  const alarm: Options = {
    script: { deathMs: NEVER, backMs: NEVER, flipMs: 6000 },
    record: { ...FAULT, losses: [], bite: 'failover' },
    events: told,
    claims: { 'rpo.orders': '<= 0', 'rpo.seconds': '<= 0s' },
  };

  it('is judged by what is stored in the end', () => {
    const lost: Options = {
      ...alarm,
      files: (drilled) => {
        for (const region of ['seoul', 'tokyo'] as const)
          drilled.healed[region] = drilled.healed[region].filter((row) => !row.startsWith(`${RUN}-f7,`));
      },
    };
    const atEnd = (options: Options): Options => ({
      ...options,
      files: (drilled) => {
        options.files?.(drilled);
        drilled.cutover = [];
      },
      events: (events) =>
        told(events).filter((event) => event.kind !== 'listing.read' || event.at === 'healed'),
    });
    expect(judged(atEnd(alarm), 'rpo.orders')).toMatchObject({ verdict: 'PASS', measured: 0, high: 0 });
    expect(judged(atEnd(lost), 'rpo.orders')).toMatchObject({ verdict: 'FAIL', measured: 1 });
  });
});

describe('a drill with two losses', () => {
  const fault = (id: string, name: string, region: string, injectAtMs: number, undoAtMs: number) => ({
    id,
    fault: name,
    region,
    injectAtMs,
    undoAtMs,
    args: {},
  });
  const faults = [
    fault('f0', 'replication.pause', 'seoul', 1000, 9000),
    fault('f1', 'region.kill', 'seoul', 4000, 8000),
    fault('f2', 'region.kill', 'tokyo', 10_000, 12_000),
  ];
  const losses = [
    { region: 'seoul', atMs: 4000, untilMs: 8000 },
    { region: 'tokyo', atMs: 10_000, untilMs: 12_000 },
  ];

  it('holds each by its own fault, whatever else is done to the region', () => {
    const seen = (kind: 'fault.injected' | 'fault.undone', id: string, t: number): ObservedEvent =>
      ({
        t,
        kind,
        observed: true,
        id,
        fault: '',
        region: null,
        words: '',
        by: 'expiry',
        restored: true,
      }) as ObservedEvent;
    const events = faults.flatMap(({ id, injectAtMs, undoAtMs }) => [
      seen('fault.injected', id, injectAtMs),
      ...(id === 'f2' ? [] : [seen('fault.undone', id, undoAtMs)]),
    ]);
    expect(heldFaults(recordOf({}, { faults, losses }), events)).toEqual([
      { region: 'seoul', survivor: 'tokyo', fromMs: 4000, untilMs: 8000, expired: true },
      { region: 'tokyo', survivor: 'seoul', fromMs: 10_000, untilMs: Infinity, expired: false },
    ]);
  });

  it('ends when its own fault was undone and read back, not one beside it nor an attempt that failed', () => {
    const beside = fault('f3', 'health.lie', 'seoul', 4000, 9500);
    const seen = (id: string, t: number, restored: boolean | null, by: string): ObservedEvent =>
      ({
        ...{ t, observed: true, id, fault: '', region: 'seoul', words: '' },
        ...(restored === null ? { kind: 'fault.injected' } : { kind: 'fault.undone', by, restored }),
      }) as ObservedEvent;
    const record = recordOf({}, { faults: [...faults, beside], losses: losses.slice(0, 1) });
    const events = [seen('f1', 4000, null, ''), seen('f3', 4010, null, ''), seen('f1', 8000, false, 'drill')];
    const until = (more: readonly ObservedEvent[]): (number | boolean)[] =>
      heldFaults(record, [...events, ...more]).flatMap(({ untilMs, expired }) => [untilMs, expired]);
    const later = [seen('f1', 8400, true, 'expiry'), seen('f1', 9000, true, 'drill')];
    expect(until([...later, seen('f3', 9500, true, 'drill')])).toEqual([8400, true]);
    expect(until([])).toEqual([8000, false]);
  });

  it('asks for the listing of each survivor', () => {
    const second: Events = (events) => [
      ...events,
      ...(['fault.injected', 'fault.undone'] as const).map(
        (kind, i) =>
          ({
            ...{ t: ZERO_MS + 9500 + i * 1000, kind, observed: true, id: 'f2', fault: 'region.kill' },
            ...{ region: 'tokyo', words: '', by: 'drill', restored: true },
          }) as ObservedEvent,
      ),
    ];
    const options: Options = {
      record: { faults, losses },
      events: (events) => second(events),
      claims: { 'rpo.seconds': '<= 2s' },
    };
    const claim = judged({ ...options, script: { down: [[9500, 10_000]] } }, 'rpo.seconds');
    expect(claim).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(claim.reason).toMatch(/no listing of stored keys was read at cut-over/);
  });
});

describe("a drill's verdict", () => {
  it('tells its course as phases, its cause, its capacity and its prediction', () => {
    const { verdict, events } = measureDrill().measurement;
    const drill = verdict.drill!;
    const clock = (ms: number | null): number | null =>
      ms === null ? null : Math.round((ms - ZERO_MS) / 100);
    expect(drill.phases.map(({ name, from_ms, to_ms }) => [name, clock(from_ms), clock(to_ms)])).toEqual([
      ['baseline', 10, 35],
      ['detect', 40, 45],
      ['dns', 45, 59],
      ['ttl', 59, 60],
      ['scale', 60, 60],
      ['sustained', 60, 130],
      ['heal', 130, 132],
      ['catch-up', 130, 137],
      ['failback', 132, 133],
    ]);
    expect(events.filter(({ kind }) => kind === 'phase')).toHaveLength(9);
    expect(drill.cause).toEqual({
      proved: true,
      sentence: 'failover proved: tokyo answered from 00:06.0 while seoul was down until 00:13.0',
    });
    expect(drill.capacity).toEqual({ before: 400, after: expect.closeTo(400, 0) });
    expect(drill.predicted).toEqual({ verdict: 'PASS', rto_low_s: 1, rto_high_s: 3, held: true });
    expect(drill.restored).toBe(true);
    expect(verdict).toMatchObject({ kind: 'drill', verdict: 'PASS', reasons: [] });
  });

  it.each<[string, Options, boolean | null]>([
    ['slower than predicted', { script: { flipMs: 8000 } }, false],
    ['faster than predicted', { script: { flipMs: 4500 } }, false],
    ['within', {}, true],
    ['ended by the end of the fault', { script: { flipMs: NEVER, backMs: 6000 } }, null],
    ['open beyond what was predicted', { script: { flipMs: NEVER, backMs: NEVER } }, false],
    ['without an outage', { script: QUIET, record: { ...FAULT, bite: 'none' }, events: told }, null],
  ])('holds its prediction against what was found: %s', (_, options, held) => {
    expect(measureDrill(options).measurement.verdict.drill!.predicted.held).toBe(held);
  });

  it('leaves phases open that did not end, and out that nobody saw', () => {
    const names = (options: Options): (string | null)[][] =>
      measureDrill(options).measurement.verdict.drill!.phases.map(({ name, to_ms }) => [
        name,
        to_ms === null ? null : 'ended',
      ]);
    expect(names({ script: { flipMs: NEVER, backMs: NEVER } })).toEqual([
      ['baseline', 'ended'],
      ['detect', 'ended'],
      ['dns', null],
    ]);
    expect(
      names({ events: (events) => without('dns.answer')(without('region.health')(events)) }).slice(1),
    ).toEqual([
      ['detect', 'ended'],
      ['scale', 'ended'],
      ['sustained', 'ended'],
      ['catch-up', 'ended'],
    ]);
  });

  it.each<[string, Events, boolean | null]>([
    ['undone and read back', (events) => events, true],
    ['not undone', without('fault.undone'), null],
    [
      'undone and not as it was',
      (events) =>
        events.map((event) => (event.kind === 'fault.undone' ? { ...event, restored: false } : event)),
      false,
    ],
  ])('says whether its faults are %s', (_, events, restored) => {
    expect(measureDrill({ events }).measurement.verdict.drill!.restored).toBe(restored);
  });

  it('does not doubt a run for the health of the region that it broke, but for one that was ill before', () => {
    const ill: Events = (events) => [
      {
        t: ZERO_MS + 2000,
        kind: 'region.health',
        observed: true,
        region: 'seoul',
        healthy: false,
        cause: 'was killed',
      },
      ...events,
    ];
    expect(measureDrill().measurement.verdict.reasons).toEqual([]);
    expect(judged({ events: ill }, 'rto')).toMatchObject({ verdict: 'INCONCLUSIVE' });
  });

  it('measures the same however its evidence is ordered', () => {
    const one = measureDrill().measurement.verdict;
    const shuffled = measureDrill({
      files: (drilled) => {
        // What k6 writes on completion, by the time of sending.
        drilled.lines.sort();
      },
    }).measurement.verdict;
    expect(shuffled).toEqual(one);
  });

  it('is none for a load', () => {
    const { measurement } = measureDrill();
    expect(measurement.verdict.drill!.name).toBe('region-loss');
    const claim = judged({ claims: { rto: '<= 3s' }, files: (drilled) => drilled.lines.splice(0) }, 'rto');
    expect(claim.verdict).toBe('INCONCLUSIVE');
  });
});

describe('the generator around a fault', () => {
  it('is excused for 2 s either side of it and of its undoing', () => {
    const { measurement } = measureDrill();
    const isExcused = excusedAround(measurement.events.filter((event) => event.observed));
    const seconds = Array.from({ length: 16 }, (_, i) => i).filter((i) =>
      isExcused({ fromMs: ZERO_MS + i * 1000, toMs: ZERO_MS + i * 1000 + 999 }),
    );
    expect(seconds).toEqual([2, 3, 4, 5, 11, 12, 13, 14]);
  });

  it('is not blamed there for what it dropped', () => {
    const blamed = (fromMs: number, toMs: number): boolean =>
      measureDrill({ events: busy, files: (drilled) => dropFresh(drilled.lines, fromMs, toMs) }).measurement
        .verdict.generator.saturated;
    expect(blamed(4100, 4900)).toBe(false);
    expect(blamed(8100, 8900)).toBe(true);
  });
});

/** As k6 would have it: what was not started takes no number. */
function dropFresh(lines: string[], fromMs: number, toMs: number): void {
  let seq = 0;
  const kept = lines
    .map((line) => ({ line, startMs: Number(line.slice(0, 13)) - ZERO_MS, fresh: line.includes(',order,f') }))
    .sort((a, b) => a.startMs - b.startMs)
    .filter(({ startMs, fresh }) => !(fresh && startMs >= fromMs && startMs < toMs))
    .map(({ line, fresh }) => (fresh ? line.replace(/,f\d+,/, () => `,f${seq++},`) : line));
  lines.splice(0, lines.length, ...kept);
}
