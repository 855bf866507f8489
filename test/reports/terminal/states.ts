/** States of the live view, for its tests: a fixture's run up to a moment, and any state at all. */
import fc from 'fast-check';
import type { Second } from '../../../measure/events.ts';
import type { Measurement } from '../../../measure/measurement.ts';
import {
  beginLive,
  foldEvent,
  foldTick,
  type LiveState,
  type LiveTick,
} from '../../../reports/terminal/state.ts';

/** How long after its end a second of the fixtures closes: timeout + 2 s. */
const CLOSES_AFTER_S = 3;

/** The tick that a conductor would send `atMs` after the run's clock zero. */
export function tickAt(measurement: Measurement, atMs: number): LiveTick {
  const over = measurement.seconds.filter((second) => (second.index + 1) * 1000 <= atMs);
  const sum = (of: (second: Second) => number) => over.reduce((total, second) => total + of(second), 0);
  const recent = over.at(-1) ?? null;
  return {
    nowMs: measurement.zeroMs + atMs,
    zeroMs: atMs < 0 ? null : measurement.zeroMs,
    counts: {
      planned: sum((s) => s.planned),
      started: sum((s) => s.started),
      acknowledged: sum((s) => s.acknowledged),
      refused: sum((s) => s.refused),
      unsent: sum((s) => s.unsent),
      unknown: sum((s) => s.unknown),
      dropped: sum((s) => s.dropped),
      inFlight: recent?.inFlight ?? 0,
    },
    recent,
  };
}

/** What the view knows `atMs` after the run's clock zero; clients were set up in the 2 s before it. */
export function stateAt(measurement: Measurement, atMs: number): LiveState {
  const nowMs = measurement.zeroMs + atMs;
  let state = beginLive(measurement.run, measurement.plan, {
    lateLimitMs: 10,
    nowMs: measurement.zeroMs - 2000,
  });
  for (const second of measurement.seconds) {
    const closesMs = (second.index + 1 + CLOSES_AFTER_S) * 1000;
    if (closesMs <= atMs) state = foldEvent(state, { t: nowMs, kind: 'second', observed: false, second });
  }
  for (const event of measurement.events) if (event.t <= nowMs) state = foldEvent(state, event);
  for (let ms = Math.max(-600, atMs - CLOSES_AFTER_S * 1000); ms < atMs; ms += 500)
    state = foldTick(state, tickAt(measurement, ms));
  return foldTick(state, tickAt(measurement, atMs));
}

const count = fc.oneof(fc.nat(20), fc.nat(2_000_000_000));
const latency = fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }), { nil: null });
/** Words from outside: wide, combining, controlling, right to left, and escape sequences. */
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(
      '주',
      '문',
      '漢',
      'é',
      'e\u0301',
      '😀',
      '\u200d',
      '\u001b[31m',
      '\n',
      '\t',
      'a',
      ' ',
    ),
    maxLength: 60,
  }),
);

const second: fc.Arbitrary<Second> = fc.record({
  index: fc.nat(100_000),
  startMs: fc.nat(),
  planned: count,
  started: count,
  acknowledged: count,
  refused: count,
  unsent: count,
  unknown: count,
  dropped: count,
  inFlight: count,
  value: count,
  operations: fc.constant({}),
  p50Ms: latency,
  p95Ms: latency,
  p99Ms: latency,
  maxMs: latency,
  lateP99Ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
  errors: fc.dictionary(word, count, { maxKeys: 3 }),
  regions: fc.constant({}),
  latency: fc.constant(''),
});

/** Any state that the types allow, sensible or not. */
export const anyState: fc.Arbitrary<LiveState> = fc.record({
  run: word,
  kind: fc.constantFrom('load', 'drill'),
  profile: word,
  target: word,
  stages: fc.array(
    fc.record({
      durationMs: fc.integer({ min: 1, max: 1e8 }),
      fromPerSecond: count,
      toPerSecond: count,
      hold: fc.boolean(),
    }),
    { maxLength: 12 },
  ),
  clients: count,
  lateLimitMs: latency,
  beganMs: fc.nat(1e9),
  nowMs: fc.nat(1e9),
  zeroMs: fc.option(fc.nat(1e9), { nil: null }),
  counts: fc.record({
    planned: count,
    started: count,
    acknowledged: count,
    refused: count,
    unsent: count,
    unknown: count,
    dropped: count,
    inFlight: count,
    value: count,
    operations: fc.constant({}),
  }),
  recent: fc.option(second, { nil: null }),
  p95History: fc.array(latency, { maxLength: 30 }),
  open: fc.array(second, { maxLength: 6 }),
  closedIndex: fc.integer({ min: -1, max: 100_000 }),
  errors: fc.dictionary(word, count, { maxKeys: 8 }),
  generator: fc.option(
    fc.record({
      t: fc.nat(),
      kind: fc.constant('generator.sample' as const),
      observed: fc.constant(true as const),
      cpu: fc.double({ min: 0, max: 9, noNaN: true }),
      machine: fc.double({ min: 0, max: 1, noNaN: true }),
      rssBytes: count,
      loopDelayMs: fc.nat(1000),
    }),
    { nil: null },
  ),
  ending: fc.oneof(
    fc.constant({ kind: 'none' } as const),
    fc.record({ kind: fc.constant('signal' as const), signal: word }),
    fc.record({ kind: fc.constant('generator' as const), cause: word }),
  ),
  drill: fc.constant(null),
});
