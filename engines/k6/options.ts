/** k6's `options` out of a plan. Pure: the same plan gives the same options. */
import type { Plan, Population } from '../../measure/plan.ts';

export interface NetworkSettings {
  /** How long an answer of DNS is kept, ms. k6 ignores the record's own TTL: this is to be it. */
  dnsTtlMs: number;
  insecureSkipTLSVerify: boolean;
  userAgent: string;
}

/** Closed loop, for the bench only: so many clients send one after the other, as fast as they are answered. */
export interface Saturation {
  vus: number;
  durationMs: number;
}

/** An iteration that began at the last instant may take its whole time, and be written. */
const GRACE_MS = 500;

/**
 * k6's clock runs while it activates its VUs, and it would end before it has started the last arrivals: this tail,
 * which no scale touches, makes planned = started exact.
 */
const TAIL = [
  { target: 0, duration: '0s' },
  { target: 0, duration: '1s' },
];

/** The `options` that a bundled scenario exports. */
export function k6Options(
  plan: Plan,
  network: NetworkSettings,
  saturation?: Saturation,
): Record<string, unknown> {
  const grace = `${plan.iterationMaxMs + GRACE_MS}ms`;
  const scenarios = saturation
    ? { saturate: closedLoop(plan.populations[0]!, saturation, grace) }
    : Object.fromEntries(
        plan.populations.map((population) => [population.kind, openLoop(population, grace)]),
      );
  return {
    scenarios,
    discardResponseBodies: true,
    // No metric is kept: a tag would be made, hashed and thrown away for each.
    systemTags: [],
    maxRedirects: 0,
    dns: { ttl: `${network.dnsTtlMs}ms` },
    insecureSkipTLSVerify: network.insecureSkipTLSVerify,
    userAgent: network.userAgent,
  };
}

function openLoop(population: Population, gracefulStop: string): Record<string, unknown> {
  return {
    executor: 'ramping-arrival-rate',
    exec: population.kind,
    startRate: population.startRatePerSecond,
    timeUnit: '1s',
    preAllocatedVUs: population.vus,
    maxVUs: population.vus,
    stages: [
      ...population.stages.map(({ targetPerSecond, durationMs }) => ({
        target: targetPerSecond,
        duration: `${durationMs}ms`,
      })),
      ...TAIL,
    ],
    gracefulStop,
  };
}

function closedLoop(
  population: Population,
  { vus, durationMs }: Saturation,
  gracefulStop: string,
): Record<string, unknown> {
  return { executor: 'constant-vus', exec: population.kind, vus, duration: `${durationMs}ms`, gracefulStop };
}
