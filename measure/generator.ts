import type { Blame } from './bin.ts';
import { parseClaimId } from './claims.ts';
import type { RunEvent } from './events.ts';
import { formatCount, formatNumber } from './format.ts';
import type { Claim } from './verdict.ts';

export type GeneratorSample = Extract<RunEvent, { kind: 'generator.sample' }>;

/** Sends may be late by this share of the tightest latency claim: more would be a visible part of what is measured. */
const LATE_SHARE = 0.1;
/** Starts are written in whole ms: lateness below that cannot be told from none. */
const LATE_RESOLUTION_MS = 1;
/** A generator that uses more of the CPUs it may use has no time left to start arrivals. */
const BUSY_GENERATOR = 0.9;
/** On CPUs this busy, the generator waits for its turn. */
const BUSY_MACHINE = 0.95;
/** A sample speaks of the time since the one before it. */
const SAMPLE_MS = 1000;

/** Clients, and the longest latency that a claim lets them wait; null without a latency claim. */
export interface Patience {
  clients: number;
  loosestMs: number | null;
}

export function patienceOf(claims: readonly Claim[], clients: number): Patience {
  const limits = claims
    .filter((claim) => parseClaimId(claim.id)?.kind === 'latency')
    .map((claim) => claim.claimed);
  return { clients, loosestMs: limits.length === 0 ? null : Math.max(...limits) };
}

/** The p99 lateness beyond which latencies are the generator's own, ms; null without a latency claim. */
export function latenessLimitMs(claims: readonly Claim[]): number | null {
  const limits = claims
    .filter((claim) => parseClaimId(claim.id)?.kind === 'latency')
    .map((claim) => claim.claimed);
  return limits.length === 0 ? null : Math.max(LATE_RESOLUTION_MS, Math.min(...limits) * LATE_SHARE);
}

/** What is known of a stretch in which the generator may have failed. */
export interface Suspicion {
  /** Epoch ms. */
  fromMs: number;
  toMs: number;
  planned: number;
  lateP99Ms: number;
  dropped: number;
  /** The longest latency of the orders that were acknowledged; null where one failed, or none was. */
  slowestMs: number | null;
}

/**
 * Was it the generator? Lateness beyond the limit makes a stretch the generator's; so do dropped arrivals while it, or
 * the machine, had no CPU left, and while every answer came sooner than any claim asks for and all clients could be
 * waiting for one (Little's law): then it had too few of them. Only else are drops the system's.
 */
export function blameFor(
  samples: readonly GeneratorSample[],
  lateLimitMs: number | null,
  patience: Patience | null = null,
): (stretch: Suspicion) => Blame {
  return ({ fromMs, toMs, planned, lateP99Ms, dropped, slowestMs }) => {
    if (lateLimitMs !== null && lateP99Ms > lateLimitMs) return 'late';
    if (dropped === 0) return 'none';
    const busy = samples.some(
      ({ t, cpu, machine }) =>
        t > fromMs && t <= toMs + SAMPLE_MS && (cpu > BUSY_GENERATOR || machine > BUSY_MACHINE),
    );
    if (busy) return 'starved';
    if (patience?.loosestMs == null || slowestMs === null || slowestMs >= patience.loosestMs) return 'none';
    return (planned / (toMs - fromMs)) * slowestMs >= patience.clients ? 'clients' : 'none';
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean share of the CPUs that the generator may use; null where it was not sampled. */
export function meanCpu(samples: readonly GeneratorSample[]): number | null {
  return samples.length === 0 ? null : mean(samples.map((sample) => sample.cpu));
}

/** Too few clients, in words. */
export function tooFewClients(clients: number): string {
  return `all of its ${formatCount(clients)} clients were waiting for answers that came in time`;
}

/** What the generator lacked, in words. */
export function bottleneck(samples: readonly GeneratorSample[], allowedCpus: number): string {
  const cpus = allowedCpus === 1 ? 'the one CPU' : `the ${allowedCpus} CPUs`;
  if (samples.length === 0) return `${cpus} could not offer this rate`;
  const cpu = mean(samples.map((sample) => sample.cpu));
  const machine = mean(samples.map((sample) => sample.machine));
  const percent = (share: number): string => `${formatNumber(Math.min(1, share) * 100, 2)} %`;
  if (cpu > BUSY_GENERATOR) return `it used ${percent(cpu)} of ${cpus} it may use`;
  const others = Math.max(0, machine - cpu);
  if (others > cpu)
    return `it used ${percent(cpu)} of ${cpus} it may use, and all else that runs there ${percent(others)}`;
  const were = allowedCpus === 1 ? 'was' : 'were';
  return `it used ${percent(cpu)} of ${cpus} it may use, which ${were} ${percent(machine)} busy in all`;
}
