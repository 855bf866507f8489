/**
 * Builds measurements out of a story, for tests of renderers: seeded, so that the same call gives the same bytes.
 * The numbers hang together: planned = started + dropped, the seconds sum to the verdict's orders, percentiles are
 * those of one latency model, and unserved arrivals are infinities.
 */
import type { RunEvent, Second } from '../../measure/events.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { Stage } from '../../measure/plan.ts';
import type { Distribution, PercentilePoint } from '../../measure/run.ts';
import type { Claim, JudgedClaim, Orders, VerdictWord } from '../../measure/verdict.ts';
import { type Mixture, quantile, seeded, TIMEOUT_MS } from './latency-model.ts';

/** The run's clock zero of every fixture: 2026-11-21 00:15:03.2 UTC. */
export const ZERO_MS = Date.UTC(2026, 10, 21, 0, 15, 3, 200);

const QUICK: Stage[] = [
  { durationMs: 5_000, targetPerSecond: 10_100, hold: false },
  { durationMs: 20_000, targetPerSecond: 10_100, hold: true },
  { durationMs: 5_000, targetPerSecond: 0, hold: false },
];

export const CLAIMS: Claim[] = [
  { id: 'throughput', title: 'Throughput', op: '>=', claimed: 10_000, unit: '1/s' },
  { id: 'latency.p95', title: 'P95 latency', op: '<', claimed: 100, unit: 'ms' },
  { id: 'latency.p99', title: 'P99 latency', op: '<', claimed: 200, unit: 'ms' },
  { id: 'errors', title: 'Errors', op: '<', claimed: 0.01, unit: 'ratio' },
  { id: 'availability', title: 'Availability', op: '>=', claimed: 0.9999, unit: 'ratio' },
];

/** What happens in one second, as shares of what was planned; latency is lognormal around `medianMs`. */
interface Weather {
  medianMs: number;
  sigma: number;
  droppedShare: number;
  refusedShare: number;
  unknownShare: number;
  errors: Record<string, number>;
  regions: Record<string, number>;
  lateP99Ms: number;
  cpu: number;
}

export interface Story {
  seed: number;
  profile?: string;
  stages?: Stage[];
  claims?: Claim[];
  /** What differs from a quiet second. */
  weather?: (second: number) => Partial<Weather>;
  /** The run is cut off after so many seconds. */
  cutAfterSeconds?: number;
  judge?: Partial<Record<string, { verdict: VerdictWord; reason: string }>>;
  verdict?: VerdictWord;
  reasons?: string[];
  saturated?: boolean;
  events?: RunEvent[];
}

function plannedIn(stages: readonly Stage[], fromS: number): number {
  let begin = 0;
  let rate = 0;
  let area = 0;
  for (const stage of stages) {
    const end = begin + stage.durationMs / 1_000;
    const from = Math.max(begin, fromS);
    const to = Math.min(end, fromS + 1);
    const rateAt = (t: number) => rate + ((stage.targetPerSecond - rate) * (t - begin)) / (end - begin);
    if (to > from) area += ((rateAt(from) + rateAt(to)) / 2) * (to - from);
    begin = end;
    rate = stage.targetPerSecond;
  }
  return Math.round(area);
}

function splitBy(total: number, shares: Record<string, number>): Record<string, number> {
  const names = Object.keys(shares);
  const split: Record<string, number> = {};
  let left = total;
  names.forEach((name, i) => {
    const part = i === names.length - 1 ? left : Math.min(left, Math.round(total * (shares[name] ?? 0)));
    if (part > 0) split[name] = part;
    left -= part;
  });
  return split;
}

function judge(claim: Claim, measured: number | null, spread: number, story: Story): JudgedClaim {
  const exact = claim.unit !== 'ms' || measured === null;
  const low = exact ? measured : measured * (1 - spread);
  const high = exact ? measured : measured * (1 + spread);
  const value = measured ?? Number.POSITIVE_INFINITY;
  const holds = claim.op === '<' ? value < claim.claimed : value >= claim.claimed;
  const told = story.judge?.[claim.id];
  return {
    ...claim,
    measured,
    low,
    high,
    verdict: told?.verdict ?? (holds ? 'PASS' : 'FAIL'),
    reason: told?.reason ?? '',
  };
}

/** Builds a measurement from its story. */
export function measurementOf(story: Story): Measurement {
  const random = seeded(story.seed);
  const stages = story.stages ?? QUICK;
  const claims = story.claims ?? CLAIMS;
  const lengthMs = stages.reduce((sum, stage) => sum + stage.durationMs, 0);
  const count = Math.min(story.cutAfterSeconds ?? Number.POSITIVE_INFINITY, Math.ceil(lengthMs / 1_000));
  const holdFromMs = stages
    .slice(
      0,
      stages.findIndex((s) => s.hold),
    )
    .reduce((sum, s) => sum + s.durationMs, 0);
  const holdMs = stages.filter((s) => s.hold).reduce((sum, s) => sum + s.durationMs, 0);
  const window = {
    fromMs: holdFromMs,
    toMs: Math.max(holdFromMs, Math.min(holdFromMs + holdMs, count * 1_000)),
  };

  const seconds: Second[] = [];
  const samples: RunEvent[] = [];
  const mixtures: Mixture[] = [];
  const total: Orders = {
    planned: 0,
    started: 0,
    acknowledged: 0,
    refused: 0,
    unsent: 0,
    unknown: 0,
    dropped: 0,
  };
  const inWindow: Orders = { ...total };
  for (let index = 0; index < count; index += 1) {
    const calm: Weather = {
      medianMs: 0.4 + 0.1 * random(),
      sigma: 1.5 + 0.15 * random(),
      droppedShare: 0,
      refusedShare: 0,
      unknownShare: random() < 0.06 ? 1e-4 : 0,
      errors: { timeout: 1 },
      regions: { '-': 1 },
      lateP99Ms: 0.2 + 0.3 * random(),
      cpu: 0.38 + 0.06 * random(),
    };
    const now: Weather = { ...calm, ...story.weather?.(index) };
    const planned = plannedIn(stages, index);
    const dropped = Math.round(planned * now.droppedShare);
    const started = planned - dropped;
    const refused = Math.round(started * now.refusedShare);
    const unknown = Math.round(started * now.unknownShare);
    const acknowledged = started - refused - unknown;
    const part: Mixture = { weight: acknowledged, medianMs: now.medianMs, sigma: now.sigma };
    const at = (ratio: number) => quantile([part], planned, ratio);
    seconds.push({
      index,
      startMs: ZERO_MS + index * 1_000,
      planned,
      started,
      acknowledged,
      refused,
      unsent: 0,
      unknown,
      dropped,
      value: acknowledged * 30_000,
      operations: { order: { acknowledged, failed: refused + unknown } },
      inFlight: Math.round((started * now.medianMs * Math.exp(now.sigma ** 2 / 2)) / 1_000),
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
      maxMs: acknowledged === planned ? at(1 - 0.3 / Math.max(1, planned)) : null,
      lateP99Ms: now.lateP99Ms,
      errors: splitBy(refused + unknown, now.errors),
      regions: splitBy(acknowledged, now.regions),
      latency: '',
    });
    samples.push({
      t: ZERO_MS + index * 1_000 + 500,
      kind: 'generator.sample',
      observed: true,
      cpu: planned === 0 ? 0 : now.cpu,
      machine: Math.min(1, now.cpu * 1.4),
      rssBytes: 4e8 + index * 1e4,
      loopDelayMs: 1 + random(),
    });
    const counted = { planned, started, acknowledged, refused, unsent: 0, unknown, dropped };
    const measured = index * 1_000 >= window.fromMs && index * 1_000 < window.toMs;
    if (measured) mixtures.push(part);
    for (const key of Object.keys(counted) as (keyof Orders)[]) {
      total[key] += counted[key];
      if (measured) inWindow[key] += counted[key];
    }
  }

  const windowSeconds = (window.toMs - window.fromMs) / 1_000;
  // A hundred parts tell an hour's distribution as well as thousands would, in a hundredth of the time.
  const stride = Math.max(1, Math.floor(mixtures.length / 100));
  const parts = mixtures
    .filter((_, i) => i % stride === 0)
    .map((part) => ({ ...part, weight: part.weight * stride }));
  const spread = (ratio: number) => quantile(parts, Math.max(inWindow.planned, 1), ratio);
  const values: Record<string, number | null> = {
    throughput: windowSeconds > 0 ? inWindow.acknowledged / windowSeconds : null,
    'latency.p95': spread(0.95),
    'latency.p99': spread(0.99),
    errors: inWindow.started > 0 ? (inWindow.started - inWindow.acknowledged) / inWindow.started : null,
    availability: inWindow.planned > 0 ? inWindow.acknowledged / inWindow.planned : null,
  };
  const judged = claims.map((claim) =>
    windowSeconds > 0
      ? judge(claim, values[claim.id] ?? null, claim.id === 'latency.p95' ? 0.04 : 0.06, story)
      : {
          ...judge(claim, null, 0, story),
          verdict: 'INCONCLUSIVE' as const,
          reason: 'the run ended before its window began',
        },
  );

  const percentiles = [0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100];
  const points: PercentilePoint[] = percentiles.map((percentile) => ({
    percentile,
    ms:
      percentile === 100 && inWindow.acknowledged < inWindow.planned
        ? null
        : spread(Math.min(Math.max(percentile / 100, 0.02), 1 - 1e-6)),
  }));
  const distribution: Distribution = {
    op: 'order',
    planned: inWindow.planned,
    acknowledged: inWindow.acknowledged,
    points: inWindow.planned > 0 ? points : [],
  };

  const word =
    story.verdict ??
    (['FAIL', 'INCONCLUSIVE', 'PASS'] as const).find((v) => judged.some((claim) => claim.verdict === v)) ??
    'PASS';
  const profile = story.profile ?? 'quick';
  const run = `20261121T001503Z-load-${profile}-7f3a`;
  let begins = 0;
  const entered: RunEvent[] = stages.map((stage, i) => {
    const event: RunEvent = {
      t: ZERO_MS + begins,
      kind: 'stage.entered',
      observed: false,
      stage: i,
      targetPerSecond: stage.targetPerSecond,
      hold: stage.hold,
    };
    begins += stage.durationMs;
    return event;
  });
  const endMs = ZERO_MS + count * 1_000;
  const cut = count * 1_000 < lengthMs;
  const events: RunEvent[] = [
    {
      t: ZERO_MS - 900,
      kind: 'run.started',
      observed: true,
      run,
      profile,
      target: 'http://127.0.0.1:8080',
      scenario: 'orders',
    },
    ...entered.filter((event) => event.t < endMs),
    ...samples,
    ...(story.events ?? []),
    ...(cut
      ? []
      : [
          {
            t: endMs + 300,
            kind: 'generator.exited',
            observed: true,
            code: 0,
            signal: null,
            complete: true,
            cause: '',
          } as const,
        ]),
    ...judged.map((claim): RunEvent => ({ t: endMs + 400, kind: 'claim.judged', observed: false, claim })),
    { t: endMs + 500, kind: 'run.finished', observed: true, verdict: word },
  ];
  events.sort((a, b) => a.t - b.t);

  const cpus = seconds
    .map((_, i) => samples[i])
    .flatMap((e) => (e?.kind === 'generator.sample' ? [e.cpu] : []));
  cpus.sort((a, b) => a - b);
  return {
    run: {
      schema: 'stormproof.run/1',
      run,
      kind: 'load',
      profile,
      engine: 'k6',
      target: { url: 'http://127.0.0.1:8080', testbed: true },
      startedAt: new Date(ZERO_MS - 900).toISOString(),
      command: `npm run load -- --profile ${profile} --seed ${story.seed}`,
      seed: story.seed,
      timeScale: 1,
      stagesAsDeclared: stages,
      claims,
      drill: null,
      notes: [],
      versions: { stormproof: '0.1.0', node: '20.20.0', k6: '1.8.1' },
      machine: {
        os: 'linux 6.1.0 x64',
        cpuModel: 'Example CPU @ 2.60GHz',
        cpus: 2,
        allowedCpus: 2,
        memoryBytes: 8 * 1_024 ** 3,
      },
      git: { commit: '4f1c2ab9d0e35f7718c6a4be9920137c55d0aa12', dirty: false },
      service: {
        url: '/api/v1/orders',
        success: 201,
        regionHeader: 'x-region',
        timeoutMs: TIMEOUT_MS,
        headers: { authorization: '(redacted)' },
        host: null,
      },
    },
    plan: {
      schema: 'stormproof.plan/1',
      scenario: 'orders',
      operations: { order: { success: 201 } },
      linesPerArrival: 1,
      timeoutMs: TIMEOUT_MS,
      iterationMaxMs: TIMEOUT_MS,
      populations: [{ letter: 's', kind: 'sticky', startRatePerSecond: 0, stages, vus: 4_000 }],
      window,
    },
    verdict: {
      schema: 'stormproof.verdict/1',
      run,
      kind: 'load',
      verdict: word,
      reasons: story.reasons ?? [],
      claims: judged,
      orders: total,
      window: { from_ms: ZERO_MS + window.fromMs, to_ms: ZERO_MS + window.toMs },
      generator: {
        cpu: cpus[Math.floor(cpus.length / 2)] ?? null,
        late_p99_ms: count > 0 ? Math.max(...seconds.map((second) => second.lateP99Ms)) : null,
        saturated: story.saturated ?? false,
      },
      drill: null,
      gate: null,
    },
    zeroMs: ZERO_MS,
    seconds,
    window: { planned: inWindow.planned, unserved: inWindow.planned - inWindow.acknowledged },
    distributions: [distribution],
    evidence: { lines: total.started, malformed: 0, late: 0, gaps: 0, exceptions: 0 },
    drill: null,
    events,
  };
}
