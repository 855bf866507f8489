/**
 * The shapes of a run's files and the bounds of what they may say. The bounds are wide: they are there so that no
 * number that was changed by hand can keep the measurement busy for ever, and the plan of a new run keeps to them.
 */
import { z } from 'zod';
import type { ObservedEvent } from '../measure/events.ts';
import type { Plan, Population, Stage } from '../measure/plan.ts';
import type { RunRecord } from '../measure/run.ts';
import { Ticks } from '../measure/ticks.ts';
import { VERDICTS } from '../measure/verdict.ts';
import { drillEvents, drillSchema } from './run-files-drill.ts';
import {
  bytes,
  claim,
  count,
  durationMs,
  flag,
  instant,
  LONGEST_PLAN_MS,
  list,
  number,
  object,
  observed,
  oneOf,
  runName,
  text,
} from './run-files-fields.ts';

const DAY_MS = 24 * 3_600_000;
/** A gap in the numbers is looked for one by one; so many lines of evidence fill 55 GB. */
const MOST_ARRIVALS = 1e9;
const MOST_STAGES = 10_000;
const HIGHEST_RATE = 1_000_000;

const rate = count(0, HIGHEST_RATE);

const stage: z.ZodType<Stage> = object({ durationMs, targetPerSecond: rate, hold: flag });

const population: z.ZodType<Population> = object({
  letter: oneOf(['s', 'f']),
  kind: oneOf(['sticky', 'fresh']),
  startRatePerSecond: rate,
  stages: list(stage, MOST_STAGES).min(1, { error: 'one stage at least' }),
  vus: count(1, HIGHEST_RATE),
})
  .refine(({ stages }) => stages.reduce((sum, each) => sum + each.durationMs, 0) <= LONGEST_PLAN_MS, {
    path: ['stages'],
    error: 'stages of 2 days together at most',
  })
  .refine((found) => new Ticks(found).total <= MOST_ARRIVALS, {
    path: ['stages'],
    error: `stages of ${MOST_ARRIVALS.toLocaleString('en')} arrivals together at most`,
  });

/** `plan.json`. */
export const planSchema: z.ZodType<Plan> = object({
  schema: z.literal('stormproof.plan/1'),
  scenario: text,
  operations: z
    .record(text, object({ success: count(100, 599) }), { error: 'an object' })
    .refine((found) => Object.keys(found).length > 0, { error: 'one operation at least' }),
  linesPerArrival: count(1, 10_000),
  timeoutMs: number(1, DAY_MS),
  iterationMaxMs: number(1, LONGEST_PLAN_MS),
  populations: list(population, 2)
    .min(1, { error: 'one population at least' })
    .refine((all) => new Set(all.map(({ letter }) => letter)).size === all.length, {
      error: 'one population of a letter',
    }),
  window: object({ fromMs: durationMs, toMs: durationMs }).refine(({ fromMs, toMs }) => fromMs <= toMs, {
    error: 'an end that is not before its beginning',
  }),
});

/** `run.json`. */
export const runSchema: z.ZodType<RunRecord> = object({
  schema: z.literal('stormproof.run/1'),
  run: runName,
  kind: oneOf(['load', 'drill']),
  profile: text,
  engine: oneOf(['k6']),
  target: object({ url: text, testbed: flag }),
  startedAt: z.iso.datetime({ error: 'a time, such as "2026-11-21T00:15:03.200Z"' }),
  command: text,
  seed: count(0, 2 ** 32 - 1),
  timeScale: number(0, 1e6),
  stagesAsDeclared: list(stage, MOST_STAGES),
  claims: list(claim, 1000),
  /** Runs of earlier versions have none. */
  drill: drillSchema.nullable().default(null),
  notes: list(text, 1000),
  versions: object({ stormproof: text, node: text, k6: text }),
  machine: object({
    os: text,
    cpuModel: text,
    cpus: count(1, 1e5),
    allowedCpus: number(0, 1e5),
    memoryBytes: bytes,
  }),
  heapLimitBytes: z.exactOptional(bytes.nullable()),
  git: object({ commit: text, dirty: flag }).nullable(),
  service: object({
    url: text,
    success: count(100, 599),
    regionHeader: text,
    timeoutMs: number(1, DAY_MS),
    headers: z.record(text, text, { error: 'an object' }),
    host: text.nullable(),
  }),
});

const t = instant;
/** CPU times are read at one instant and shared by another: a share may be a little over all. */
const share = number(0, 1e6);

const observedEvents: { [Kind in ObservedEvent['kind']]: z.ZodType<Extract<ObservedEvent, { kind: Kind }>> } =
  {
    'run.started': object({
      t,
      kind: z.literal('run.started'),
      observed,
      run: text,
      profile: text,
      target: text,
      scenario: text,
    }),
    'generator.sample': object({
      t,
      kind: z.literal('generator.sample'),
      observed,
      cpu: share,
      machine: share,
      rssBytes: bytes,
      loopDelayMs: number(0, Number.MAX_SAFE_INTEGER),
    }),
    'generator.exited': object({
      t,
      kind: z.literal('generator.exited'),
      observed,
      code: z.int({ error: 'a whole number or null' }).nullable(),
      signal: z.string({ error: 'text or null' }).nullable(),
      complete: flag,
      cause: text,
      evidenceBytes: z.exactOptional(bytes),
    }),
    'region.health': object({
      t,
      kind: z.literal('region.health'),
      observed,
      region: text,
      healthy: flag,
      cause: text,
    }),
    signal: object({ t, kind: z.literal('signal'), observed, signal: text.min(1, { error: 'a name' }) }),
    'sink.influx': object({
      t,
      kind: z.literal('sink.influx'),
      observed,
      state: oneOf(['sending', 'away', 'refused', 'finished']),
      sent: bytes,
      unsent: bytes,
      cause: text,
    }),
    ...drillEvents,
    'run.finished': object({ t, kind: z.literal('run.finished'), observed, verdict: oneOf(VERDICTS) }),
  };

/** By kind: what an observed event of it says. */
export const observedEventSchemas: ReadonlyMap<string, z.ZodType<ObservedEvent>> = new Map<
  string,
  z.ZodType<ObservedEvent>
>(Object.entries(observedEvents));
