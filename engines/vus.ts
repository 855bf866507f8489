/** How many clients a population needs: a stall of S seconds at R arrivals a second is covered by R x S of them. */
import { CLIENT_BYTES } from './client.ts';

/** Clients may take this share of the memory. */
const MEMORY_SHARE = 0.25;
const MOST_VUS = 4000;
/** Clients cost CPU by being many, and their memory is what a collection of the heap has to mark. */
const VUS_PER_CPU = 500;
const LEAST_VUS = 200;

export interface VuNeed {
  peakPerSecond: number;
  /** How long one iteration can take at worst. */
  iterationMaxMs: number;
}

/**
 * Clients for each population: rate x the longest iteration, within the cap and the memory, shared by need.
 * @param vusPerCpu the most that is taken for each CPU
 * @returns one count a population; at least `LEAST_VUS` together
 */
export function clientsFor(
  needs: readonly VuNeed[],
  machine: { memoryBytes: number; allowedCpus: number },
  vusPerCpu = VUS_PER_CPU,
): number[] {
  const wanted = needs.map(({ peakPerSecond, iterationMaxMs }) =>
    Math.max(1, Math.ceil((peakPerSecond * iterationMaxMs) / 1000)),
  );
  const sum = wanted.reduce((total, n) => total + n, 0);
  const byMemory = Math.floor((machine.memoryBytes * MEMORY_SHARE) / CLIENT_BYTES);
  const byCpus = Math.floor(vusPerCpu * machine.allowedCpus);
  const cap = Math.max(LEAST_VUS, Math.min(MOST_VUS, byMemory, byCpus));
  const total = Math.min(cap, Math.max(LEAST_VUS, sum));
  return wanted.map((n) => Math.max(1, Math.round((n / sum) * total)));
}

/** How long a stall the clients can cover at the highest rate, ms: beyond it, arrivals are dropped. */
export function coveredStallMs(vus: number, peakPerSecond: number): number {
  return peakPerSecond === 0 ? Number.POSITIVE_INFINITY : (vus * 1000) / peakPerSecond;
}
