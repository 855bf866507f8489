/**
 * What is written to InfluxDB: every measurement, its tags, and its fields with their types and units. The writer, the
 * dashboards, `docs/influxdb.md` and the tests derive from it, so that nothing can be renamed in one place only.
 */

type FieldType = 'integer' | 'float' | 'string';

export interface FieldSpec {
  type: FieldType;
  /** With its unit; a sentence without a full stop. */
  about: string;
  /** A point may lack it: InfluxDB has no infinity, and not everything is known of every second. */
  optional?: true;
}

export interface MeasurementSpec {
  about: string;
  /** When there is a point of it. */
  when: string;
  tags: readonly string[];
  fields: Readonly<Record<string, FieldSpec>>;
}

const integer = (about: string): FieldSpec & { type: 'integer' } => ({ type: 'integer', about });
const float = (about: string): FieldSpec & { type: 'float' } => ({ type: 'float', about });
const optional = <Spec extends FieldSpec>(spec: Spec): Spec & { optional: true } => ({
  ...spec,
  optional: true,
});
const text = (about: string): FieldSpec & { type: 'string' } => ({ type: 'string', about });

/** On every point: which run, by which profile, with which scenario. */
export const RUN_TAGS = ['run', 'profile', 'scenario'] as const;

/** Upper bounds of the latency buckets, ms: five to a decade (the R5 series). A last bucket holds what is longer. */
export const BUCKET_BOUNDS_MS = [
  0.063, 0.1, 0.16, 0.25, 0.4, 0.63, 1, 1.6, 2.5, 4, 6.3, 10, 16, 25, 40, 63, 100, 160, 250, 400, 630, 1000,
  1600,
] as const;

type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';
type BucketField = `b${'0' | '1'}${Digit}` | `b2${'0' | '1' | '2' | '3'}`;

/** A latency bucket: its field, and its upper bound in ms. */
export interface Bucket {
  field: BucketField;
  boundMs: number;
}

/** `b00` to `b23`, ascending. */
export const BUCKETS: readonly Bucket[] = [...BUCKET_BOUNDS_MS, Number.POSITIVE_INFINITY].map(
  (boundMs, i) => ({ field: `b${String(i).padStart(2, '0')}` as BucketField, boundMs }),
);

const bucketFields = Object.fromEntries(
  BUCKETS.map(({ field, boundMs }) => [
    field,
    integer(
      Number.isFinite(boundMs) ? `acknowledged orders of at most ${boundMs} ms` : 'longer than all bounds',
    ),
  ]),
) as Record<BucketField, ReturnType<typeof integer>>;

const COUNTS = {
  planned: integer('arrivals due'),
  started: integer('arrivals that were sent'),
  acknowledged: integer('answered with the acknowledging status'),
  refused: integer('answered with another 4xx'),
  unsent: integer('failed before anything was sent'),
  unknown: integer('sent, and their fate is not known'),
  dropped: integer('due and never sent'),
};

const PERCENTILE = optional(float('latency over planned arrivals, ms; absent where it is infinite'));

const JUDGED = {
  verdict: text('PASS, FAIL, INCONCLUSIVE or ABORTED'),
  failed: integer('1 for FAIL, else 0'),
};

export const MEASUREMENTS = {
  orders: {
    about: 'What became of the arrivals',
    when: 'a closed second',
    tags: RUN_TAGS,
    fields: {
      ...COUNTS,
      value: integer('worth of the acknowledged orders, KRW; 0 for scenarios whose orders are not priced'),
      in_flight: integer('arrivals under way at the end of the second'),
      p50: PERCENTILE,
      p95: PERCENTILE,
      p99: PERCENTILE,
      max: optional(float('longest latency, ms; absent where an arrival was not served')),
    },
  },
  latency: {
    about: 'The distribution of the acknowledged latencies',
    when: 'a closed second',
    tags: RUN_TAGS,
    fields: bucketFields,
  },
  operations: {
    about: 'What became of each operation of the scenario',
    when: 'a closed second and operation',
    tags: [...RUN_TAGS, 'op'],
    fields: {
      acknowledged: integer('attempts that were acknowledged'),
      failed: integer('attempts that were not'),
    },
  },
  regions: {
    about: 'Which region answered',
    when: 'a closed second and region that has answered in this run',
    tags: [...RUN_TAGS, 'region'],
    fields: {
      acknowledged: integer('arrivals that it acknowledged'),
      share: float('of all acknowledged in the second, 0 to 1'),
    },
  },
  errors: {
    about: 'Attempts that failed, by kind',
    when: 'a closed second and kind that has been seen in this run',
    tags: [...RUN_TAGS, 'code'],
    fields: { count: integer('failed attempts') },
  },
  generator: {
    about: 'Whether the generator kept up',
    when: 'a closed second',
    tags: RUN_TAGS,
    fields: {
      late_p99: float('how late the sends were at p99, ms'),
      cpu: optional(float('share of the CPUs that it may use, 0 to 1')),
      machine: optional(float('how busy these CPUs are in all, 0 to 1')),
      rss: optional(integer('resident memory, bytes')),
      loop_delay: optional(float("how long the harness's own event loop was held up, ms")),
    },
  },
  claims: {
    about: 'What was claimed, and what was measured',
    when: 'a claim, at the beginning of the run',
    tags: [...RUN_TAGS, 'claim', 'commit'],
    fields: {
      op: text('how measured and claimed are compared: <, <=, > or >='),
      claimed: float("in the claim's unit"),
      measured: optional(float("in the claim's unit; absent where it is infinite or was not measured")),
      low: optional(float('lower end of its interval')),
      high: optional(float('upper end of its interval; absent where it is infinite')),
      unit: text('of these'),
      title: text('as the report calls it'),
      ...JUDGED,
      reason: text('why; empty where there is nothing to say'),
    },
  },
  runs: {
    about: 'The whole run',
    when: 'a run, at its beginning',
    tags: [...RUN_TAGS, 'commit'],
    fields: {
      ...COUNTS,
      ...JUDGED,
      reason: text('the reasons, joined'),
      ended: integer('when the generator ended, epoch ms; where nobody saw that, the end of the last second'),
      duration: float('of the plan, s'),
      saturated: integer('1 where the generator was the bottleneck, else 0'),
    },
  },
  drills: {
    about: 'What a drill cost, and whether it was undone',
    when: 'a drill, at the beginning of its run',
    tags: [...RUN_TAGS, 'drill', 'commit'],
    fields: {
      ...JUDGED,
      expected: text('the verdict that the drill expects, PASS or FAIL'),
      rto_s: optional(float('recovery time, s; absent where there was no outage or it did not end')),
      rto_low: optional(float('lower end of its interval, s')),
      rto_high: optional(float('upper end of its interval, s; absent where it has none')),
      rto_claim: optional(float('recovery time that was claimed, s, as it was scaled')),
      first_success_s: optional(float('until the first order was served again, s')),
      rpo_s: optional(float('how far back acknowledged orders were lost, s')),
      rpo_low: optional(float('lower end of its interval, s')),
      rpo_high: optional(float('upper end of its interval, s')),
      rpo_claim: optional(float('the same, as it was claimed, s')),
      rpo_orders: optional(integer('acknowledged orders lost at cut-over, at least')),
      rpo_orders_high: optional(integer('the same, with those of unknown fate')),
      lost: optional(integer('acknowledged orders not in the listing at cut-over')),
      recovered: optional(integer('of these, found after heal')),
      duplicated: optional(integer('keys with two order ids after heal')),
      unexpected: optional(integer('keys after heal that nobody sent')),
      proved: integer('1 where the failover is proved to have ended the outage, else 0'),
      restored: optional(integer('1 where every fault was undone and read back, else 0; absent: not known')),
    },
  },
  events: {
    about: 'What happened, for annotations',
    when: 'an event',
    tags: [...RUN_TAGS, 'kind'],
    fields: { title: text('in a few words'), text: text('in a sentence') },
  },
} as const satisfies Record<string, MeasurementSpec>;

export type MeasurementName = keyof typeof MEASUREMENTS;

type ValueOf<Type extends FieldType> = Type extends 'string' ? string : number;

/** The fields of a point; null leaves an optional one out. */
export type FieldValues<Name extends MeasurementName> = {
  -readonly [Field in keyof (typeof MEASUREMENTS)[Name]['fields']]: (typeof MEASUREMENTS)[Name]['fields'][Field] extends {
    type: infer Type extends FieldType;
  }
    ? (typeof MEASUREMENTS)[Name]['fields'][Field] extends { optional: true }
      ? ValueOf<Type> | null
      : ValueOf<Type>
    : never;
};

export type TagValues<Name extends MeasurementName> = Record<
  (typeof MEASUREMENTS)[Name]['tags'][number],
  string
>;

/** One point, as it is spooled and sent. */
export interface Point {
  measurement: MeasurementName;
  tags: Record<string, string>;
  fields: Record<string, number | string>;
  /** Epoch ms. */
  timestamp: number;
}

/** Tags that name many things in a run are cut off after so many; the rest share the name `other`. */
export const MOST_NAMES = { region: 32, code: 32, op: 16, claim: 64, kind: 16 } as const;

/** `orders`, `latency`, `generator`, `runs` and `drills`: one series each. The others have one for each name. */
const SERIES_OF_EVERY_RUN = 5;

/** No run has more series than this, whatever it meets. */
export const MOST_SERIES =
  SERIES_OF_EVERY_RUN + Object.values(MOST_NAMES).reduce((sum, most) => sum + most, 0);
