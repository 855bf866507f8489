/** How many clients a population needs: a stall of S seconds at R arrivals a second is covered by R x S of them. */

/** Memory of a client with its own copy of the bundled scenario, MB (k6 v1.8.1; field measurement). */
export const MB_PER_VU = 0.9;
/** Clients may take this share of the memory. */
const MEMORY_SHARE = 0.25;
const MOST_VUS = 4000;
/**
 * Clients cost CPU by being many: on two slow CPUs 4,000 of them served 8,300 orders/s where 2,000 served 10,100 (one run each), since a
 * stall leaves all of them in flight and the generator does not catch up again.
 */
const VUS_PER_CPU = 1000;
const LEAST_VUS = 200;

export interface VuNeed {
  peakPerSecond: number;
  /** How long one iteration can take at worst. */
  iterationMaxMs: number;
}

/**
 * Clients for each population: rate x the longest iteration, within the cap and the memory, shared by need.
 * @returns one count a population; at least `LEAST_VUS` together
 */
export function clientsFor(
  needs: readonly VuNeed[],
  machine: { memoryBytes: number; allowedCpus: number },
): number[] {
  const wanted = needs.map(({ peakPerSecond, iterationMaxMs }) =>
    Math.max(1, Math.ceil((peakPerSecond * iterationMaxMs) / 1000)),
  );
  const sum = wanted.reduce((total, n) => total + n, 0);
  const byMemory = Math.floor((machine.memoryBytes * MEMORY_SHARE) / (MB_PER_VU * 1e6));
  const byCpus = Math.floor(VUS_PER_CPU * machine.allowedCpus);
  const cap = Math.max(LEAST_VUS, Math.min(MOST_VUS, byMemory, byCpus));
  const total = Math.min(cap, Math.max(LEAST_VUS, sum));
  return wanted.map((n) => Math.max(1, Math.round((n / sum) * total)));
}

/** How long a stall the clients can cover at the highest rate, ms: beyond it, arrivals are dropped. */
export function coveredStallMs(vus: number, peakPerSecond: number): number {
  return peakPerSecond === 0 ? Number.POSITIVE_INFINITY : (vus * 1000) / peakPerSecond;
}

const HEAP_SHARE = 0.5;
const MOST_HEAP_BYTES = 8 * 1024 ** 3;
/** A limit this close to what the clients hold anyway would make the collector run without end. */
const LEAST_HEAP_PER_VU = 4 * MB_PER_VU * 1e6;

/**
 * How far the generator's heap may grow before it is collected; null: not enough for it, collect as usual. A collection
 * marks every client's memory, and on a busy machine arrivals are late for as long (150 ms with 1,000 clients, 400 ms
 * with 2,000, every few seconds): so it is put off while there is memory, half of what is free at most.
 */
export function heapLimitBytes(vus: number, availableMemoryBytes: number): number | null {
  const limit = Math.min(MOST_HEAP_BYTES, Math.floor(availableMemoryBytes * HEAP_SHARE));
  return limit < vus * LEAST_HEAP_PER_VU ? null : limit;
}
