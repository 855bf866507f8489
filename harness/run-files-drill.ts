/** What `run.json` and `events.jsonl` say of a drill. */
import { z } from 'zod';
import type { DrillRecord } from '../measure/drill.ts';
import type { ObservedEvent } from '../measure/events.ts';
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
  text,
} from './run-files-fields.ts';

const share = number(0, 1);
const args = z.record(text, z.union([z.number(), text]), { error: 'an object' });
const region = z.string({ error: 'text or null' }).nullable();
/** Null: never. */
const range = { lowMs: durationMs.nullable(), highMs: durationMs.nullable() };
const MOST_FAULTS = 1000;

/** `drill` of `run.json`. */
export const drillSchema: z.ZodType<DrillRecord> = object({
  name: text,
  hypothesis: text,
  bite: oneOf(['outage', 'degradation', 'failover', 'none']),
  expected: oneOf(['PASS', 'FAIL']),
  platform: text,
  primary: text,
  standby: text,
  faults: list(
    object({ id: text, fault: text, region, injectAtMs: durationMs, undoAtMs: durationMs, args }),
    MOST_FAULTS,
  ),
  losses: list(object({ region: text, atMs: durationMs, untilMs: durationMs }), MOST_FAULTS),
  sustained: object({
    windowMs: number(1, LONGEST_PLAN_MS),
    success: share,
    throughput: share,
    latencyTimes: number(1, 1e6),
  }),
  baseline: object({ fromMs: durationMs, toMs: durationMs }),
  claimsAsDeclared: list(claim, 1000),
  predicted: object({
    rto: object({
      ...range,
      steps: list(
        object({ name: oneOf(['detect', 'propagate', 'ttl', 'scale']), ...range, arithmetic: text }),
        10,
      ),
    }).nullable(),
    rpo: object({ lowMs: durationMs, highMs: durationMs, arithmetic: text }).nullable(),
    verdict: oneOf(['PASS', 'FAIL', 'uncertain']),
    reasons: list(text, 100),
  }),
});

type DrillKind =
  | 'drill.trouble'
  | 'steady.state'
  | 'fault.injected'
  | 'fault.undone'
  | 'dns.answer'
  | 'standby.tasks'
  | 'replication.lag'
  | 'listing.read';

const t = instant;
const fault = { id: text, fault: text, region, words: text };

/** By kind, as `observedEventSchemas` takes them. */
export const drillEvents: { [Kind in DrillKind]: z.ZodType<Extract<ObservedEvent, { kind: Kind }>> } = {
  'steady.state': object({ t, kind: z.literal('steady.state'), observed, held: flag, sentence: text }),
  'drill.trouble': object({ t, kind: z.literal('drill.trouble'), observed, sentence: text }),
  'fault.injected': object({ t, kind: z.literal('fault.injected'), observed, ...fault }),
  'fault.undone': object({
    t,
    kind: z.literal('fault.undone'),
    observed,
    ...fault,
    by: oneOf(['drill', 'expiry', 'watchdog', 'restore']),
    restored: flag,
  }),
  'dns.answer': object({ t, kind: z.literal('dns.answer'), observed, answer: text, region }),
  'standby.tasks': object({
    t,
    kind: z.literal('standby.tasks'),
    observed,
    region: text,
    desired: count(0, 1e6),
    running: count(0, 1e6),
  }),
  'replication.lag': object({
    t,
    kind: z.literal('replication.lag'),
    observed,
    region: text,
    waiting: bytes,
  }),
  'listing.read': object({
    t,
    kind: z.literal('listing.read'),
    observed,
    region: text,
    at: oneOf(['cutover', 'healed']),
    // A name in the run's own folder, whatever the file says.
    file: z
      .string({ error: 'the name of a file' })
      .regex(/^keys-[\w-]{1,64}\.csv$/, { error: 'the name of a listing' }),
    keys: bytes,
    reads: count(0, 1e6),
    complete: flag,
    cause: text,
  }),
};
