import type { Blame } from './bin.ts';
import { parseClaimId } from './claims.ts';
import type { RunEvent } from './events.ts';
import { formatNumber } from './format.ts';
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

/** The p99 lateness beyond which latencies are the generator's own, ms; null without a latency claim. */
export function latenessLimitMs(claims: readonly Claim[]): number | null {
  const limits = claims
    .filter((claim) => parseClaimId(claim.id)?.kind === 'latency')
    .map((claim) => claim.claimed);
  return limits.length === 0 ? null : Math.max(LATE_RESOLUTION_MS, Math.min(...limits) * LATE_SHARE);
}

/**
 * Was it the generator? Lateness beyond the limit makes a stretch the generator's; so do dropped arrivals while it, or
 * the machine, had no CPU left. Only else are drops the system's: clients in flight do not tell whose fault it is.
 */
export function blameFor(
  samples: readonly GeneratorSample[],
  lateLimitMs: number | null,
): (stretch: { fromMs: number; toMs: number; lateP99Ms: number; dropped: number }) => Blame {
  return ({ fromMs, toMs, lateP99Ms, dropped }) => {
    if (lateLimitMs !== null && lateP99Ms > lateLimitMs) return 'late';
    if (dropped === 0) return 'none';
    const busy = samples.some(
      ({ t, cpu, machine }) =>
        t > fromMs && t <= toMs + SAMPLE_MS && (cpu > BUSY_GENERATOR || machine > BUSY_MACHINE),
    );
    return busy ? 'starved' : 'none';
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean share of the CPUs that the generator may use; null where it was not sampled. */
export function meanCpu(samples: readonly GeneratorSample[]): number | null {
  return samples.length === 0 ? null : mean(samples.map((sample) => sample.cpu));
}

/** What the generator lacked, in words. */
export function bottleneck(samples: readonly GeneratorSample[], allowedCpus: number): string {
  const cpus = allowedCpus === 1 ? 'the one CPU' : `the ${allowedCpus} CPUs`;
  if (samples.length === 0) return `${cpus} could not offer this rate`;
  const cpu = mean(samples.map((sample) => sample.cpu));
  const machine = mean(samples.map((sample) => sample.machine));
  const percent = (share: number): string => `${formatNumber(Math.min(1, share) * 100, 2)} %`;
  if (cpu > BUSY_GENERATOR) return `it used ${percent(cpu)} of ${cpus} it may use`;
  const were = allowedCpus === 1 ? 'was' : 'were';
  return `it used ${percent(cpu)} of ${cpus} it may use, which ${were} ${percent(machine)} busy in all`;
}
