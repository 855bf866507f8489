/** A run's events as points. Pure, and the same live and in a replay: then sending again changes nothing. */
import type { RunEvent, Second } from '../../measure/events.ts';
import { LatencyHistogram } from '../../measure/histogram.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { Plan } from '../../measure/plan.ts';
import type { RunRecord } from '../../measure/run.ts';
import type { JudgedClaim } from '../../measure/verdict.ts';
import { regionName } from '../drill-words.ts';
import { formatRate } from '../words.ts';
import { drillAnnotation, drillFields, phaseEvents } from './drill-fields.ts';
import {
  BUCKET_BOUNDS_MS,
  BUCKETS,
  type FieldValues,
  type MeasurementName,
  MOST_NAMES,
  type Point,
  type TagValues,
} from './schema.ts';

/** What stands for names beyond the most that a run may have. */
const OTHER = 'other';
const UNKNOWN = '-';
const LONGEST_TAG = 200;

/**
 * A tag's value as every version of InfluxDB takes it: a line break would begin a point of its own, a backslash would
 * escape what stands behind it, and an empty tag is refused.
 */
export function tagValue(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.replaceAll('\\', '/').slice(0, LONGEST_TAG).trimEnd() || UNKNOWN;
}

type Sample = Extract<RunEvent, { kind: 'generator.sample' }>;

/** Makes the points of one run, event by event. */
export class PointMaker {
  readonly #run: RunRecord;
  readonly #tags: TagValues<'orders'>;
  readonly #names: Record<keyof typeof MOST_NAMES, Set<string>> = {
    region: new Set(),
    code: new Set(),
    op: new Set(),
    claim: new Set(),
    kind: new Set(),
  };
  readonly #series = new Set<string>();
  /** Samples of seconds that have not closed. */
  #samples: Sample[] = [];
  /** The last annotation of each kind: two at the same instant would become one. */
  readonly #lastMs = new Map<string, number>();

  constructor(run: RunRecord, plan: Pick<Plan, 'scenario'>) {
    this.#run = run;
    this.#tags = {
      run: tagValue(run.run),
      profile: tagValue(run.profile),
      scenario: tagValue(plan.scenario),
    };
  }

  /** Series that this run has so far. */
  get series(): number {
    return this.#series.size;
  }

  /** The points of one event, as it comes. Claims and the run itself come with `conclude`. */
  take(event: RunEvent): Point[] {
    return this.#counted(this.#pointsOf(event));
  }

  #pointsOf(event: RunEvent): Point[] {
    switch (event.kind) {
      case 'second':
        return this.#second(event.second);
      case 'generator.sample':
        this.#samples.push(event);
        return [];
      case 'claim.judged':
      case 'sink.influx':
      // Told many times a second while orders arrive.
      case 'replication.lag':
        return [];
      default:
        return event.observed ? [this.#annotation(event)] : [];
    }
  }

  /** What only the end knows: the stages on the run's clock, every claim, and the run as a whole. */
  conclude({ verdict, events, plan, seconds }: Measurement): Point[] {
    const at = Date.parse(this.#run.startedAt);
    const commit = tagValue(this.#run.git?.commit ?? '');
    const stages = events.filter((event) => event.kind === 'stage.entered');
    const durationMs = Math.max(
      ...plan.populations.map(({ stages: each }) => each.reduce((sum, stage) => sum + stage.durationMs, 0)),
    );
    const exit = events.find((event) => event.kind === 'generator.exited');
    const endMs = exit?.t ?? (seconds.at(-1)?.startMs ?? at) + 1000;
    const whole: FieldValues<'runs'> = {
      ...verdict.orders,
      verdict: verdict.verdict,
      failed: verdict.verdict === 'FAIL' ? 1 : 0,
      reason: verdict.reasons.join('; '),
      ended: Math.round(endMs),
      duration: durationMs / 1000,
      saturated: verdict.generator.saturated ? 1 : 0,
    };
    return this.#counted([
      ...stages.map((event) => this.#annotation(event)),
      ...phaseEvents(verdict).map((event) => this.#annotation(event)),
      ...verdict.claims.map((claim) => this.#claim(claim, at, commit)),
      point('runs', { ...this.#tags, commit }, whole, at),
      ...this.#drill(verdict, at, commit),
    ]);
  }

  #drill(verdict: Measurement['verdict'], at: number, commit: string): Point[] {
    const fields = drillFields(verdict);
    if (fields === null) return [];
    const drill = tagValue(verdict.drill?.name ?? '');
    return [point('drills', { ...this.#tags, drill, commit }, fields, at)];
  }

  #counted(points: Point[]): Point[] {
    for (const { measurement, tags } of points)
      this.#series.add([measurement, ...Object.values(tags)].join('\n'));
    return points;
  }

  #second(second: Second): Point[] {
    const { startMs } = second;
    const tags = this.#tags;
    for (const name of Object.keys(second.regions)) this.#name('region', name);
    for (const name of Object.keys(second.errors)) this.#name('code', name);
    const counts: FieldValues<'orders'> = {
      planned: second.planned,
      started: second.started,
      acknowledged: second.acknowledged,
      refused: second.refused,
      unsent: second.unsent,
      unknown: second.unknown,
      dropped: second.dropped,
      value: second.value,
      in_flight: second.inFlight,
      p50: second.p50Ms,
      p95: second.p95Ms,
      p99: second.p99Ms,
      max: second.maxMs,
    };
    return [
      point('orders', tags, counts, startMs),
      point('latency', tags, bucketsOf(second.latency), startMs),
      point('generator', tags, this.#generator(second), startMs),
      ...Object.entries(this.#folded('op', second.operations, addOperations)).map(([op, fields]) =>
        point('operations', { ...tags, op }, fields, startMs),
      ),
      // A region that has answered once is told of in every second: its silence is a zero, not a gap.
      ...this.#told('region', second.regions).map(([region, acknowledged]) => {
        const share = second.acknowledged > 0 ? acknowledged / second.acknowledged : 0;
        return point('regions', { ...tags, region }, { acknowledged, share }, startMs);
      }),
      ...this.#told('code', second.errors).map(([code, count]) =>
        point('errors', { ...tags, code }, { count }, startMs),
      ),
    ];
  }

  /** The second's own lateness, and the last sample that was taken in it. */
  #generator({ startMs, lateP99Ms }: Second): FieldValues<'generator'> {
    const own = this.#samples.filter(({ t }) => t < startMs + 1000);
    this.#samples = this.#samples.slice(own.length);
    const last = own.at(-1);
    const sample = last !== undefined && last.t >= startMs ? last : null;
    return {
      late_p99: lateP99Ms,
      cpu: sample?.cpu ?? null,
      machine: sample?.machine ?? null,
      rss: sample === null ? null : Math.round(sample.rssBytes),
      loop_delay: sample?.loopDelayMs ?? null,
    };
  }

  /** The name under which a thing is told: its own, or `other` once there are too many. */
  #name(tag: keyof typeof MOST_NAMES, text: string): string {
    const names = this.#names[tag];
    const name = tagValue(text);
    if (names.has(name)) return name;
    if (names.size >= MOST_NAMES[tag] - 1) {
      names.add(OTHER);
      return OTHER;
    }
    names.add(name);
    return name;
  }

  #told(tag: 'region' | 'code', counts: Readonly<Record<string, number>>): [string, number][] {
    const folded = this.#folded(tag, counts, (a, b) => a + b);
    return [...this.#names[tag]].sort().map((name) => [name, folded[name] ?? 0]);
  }

  #folded<T>(
    tag: keyof typeof MOST_NAMES,
    values: Readonly<Record<string, T>>,
    add: (a: T, b: T) => T,
  ): Record<string, T> {
    const folded: Record<string, T> = {};
    for (const [text, value] of Object.entries(values)) {
      const name = this.#name(tag, text);
      const before = folded[name];
      folded[name] = before === undefined ? value : add(before, value);
    }
    return folded;
  }

  #claim(claim: JudgedClaim, at: number, commit: string): Point {
    const fields: FieldValues<'claims'> = {
      op: claim.op,
      claimed: claim.claimed,
      measured: claim.measured,
      low: claim.low,
      high: claim.high,
      unit: claim.unit,
      title: claim.title,
      verdict: claim.verdict,
      failed: claim.verdict === 'FAIL' ? 1 : 0,
      reason: claim.reason,
    };
    return point('claims', { ...this.#tags, claim: this.#name('claim', claim.id), commit }, fields, at);
  }

  #annotation(event: RunEvent): Point {
    const kind = this.#name('kind', event.kind);
    const t = Math.max(Math.round(event.t), (this.#lastMs.get(kind) ?? Number.NEGATIVE_INFINITY) + 1);
    this.#lastMs.set(kind, t);
    return point('events', { ...this.#tags, kind }, annotationOf(event), t);
  }
}

const addOperations = (
  a: Second['operations'][string],
  b: Second['operations'][string],
): Second['operations'][string] => ({
  acknowledged: a.acknowledged + b.acknowledged,
  failed: a.failed + b.failed,
});

function bucketsOf(encoded: string): FieldValues<'latency'> {
  const counts = LatencyHistogram.decode(encoded).countsBetween(BUCKET_BOUNDS_MS);
  return Object.fromEntries(BUCKETS.map(({ field }, i) => [field, counts[i]!])) as FieldValues<'latency'>;
}

function annotationOf(event: RunEvent): FieldValues<'events'> {
  switch (event.kind) {
    case 'run.started':
      return { title: 'run started', text: `${event.profile} against ${event.target}` };
    case 'stage.entered': {
      const rate = formatRate(event.targetPerSecond);
      return { title: event.hold ? `hold ${rate}` : `to ${rate}`, text: `stage ${event.stage + 1}` };
    }
    case 'generator.exited':
      return { title: 'generator ended', text: event.cause || 'at the end of its plan' };
    case 'region.health':
      return {
        title: `${regionName(event.region)} ${event.healthy ? 'is healthy' : 'is gone'}`,
        text: event.cause,
      };
    case 'signal':
      return { title: `stopped by ${event.signal}`, text: 'the load was stopped early' };
    case 'run.finished':
      return { title: event.verdict, text: 'run finished' };
    default:
      return drillAnnotation(event) ?? { title: event.kind, text: '' };
  }
}

/** A point with what it may lack left out, and what InfluxDB has no word for: one such number would cost the whole line. */
function point<Name extends MeasurementName>(
  measurement: Name,
  tags: TagValues<NoInfer<Name>>,
  values: FieldValues<NoInfer<Name>>,
  timestamp: number,
): Point {
  const known = Object.entries<number | string | null>(values).filter(
    (entry): entry is [string, number | string] =>
      typeof entry[1] === 'string' || (entry[1] !== null && Number.isFinite(entry[1])),
  );
  return { measurement, tags, fields: Object.fromEntries(known), timestamp };
}

/**
 * Every point of a finished run, from its measurement alone.
 * @returns the same points that were sent while it ran
 */
export function replay(measurement: Measurement): { points: Point[]; series: number } {
  const maker = new PointMaker(measurement.run, measurement.plan);
  const seconds: RunEvent[] = measurement.seconds.map((second) => ({
    t: second.startMs,
    kind: 'second',
    observed: false,
    second,
  }));
  const observed = measurement.events.filter((event) => event.observed);
  // Samples first: a second takes those that fell in it when it closes.
  const points = [...observed, ...seconds].flatMap((event) => maker.take(event));
  points.push(...maker.conclude(measurement));
  return { points, series: maker.series };
}
