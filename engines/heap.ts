/** How much memory the generator may fill before its garbage is collected. */
import type { Plan } from '../measure/plan.ts';
import { Ticks } from '../measure/ticks.ts';
import { CLIENT_HEAP_BYTES, LEAST_CLIENT_HEAP_BYTES } from './client.ts';

/** What one request leaves behind in k6 v1.8.1, its evidence line included: 13 KB with 500 clients, 18 KB with 1,000 (gctrace). */
const BYTES_PER_REQUEST = 20e3;
/** The program itself, and what the runtime keeps back. */
const BYTES_BESIDE = 256e6;
const MEMORY_SHARE = 0.5;
const MOST_BYTES = 6 * 1024 ** 3;

/**
 * How far the generator's heap may grow before it is collected; null: there is not enough for that, collect as usual.
 *
 * A collection marks the memory of every client, and takes half of the CPUs meanwhile: on two of them arrivals were
 * late by 30 ms (200 clients) to 300 ms (2,000), every second to every eight. So a run that fits is not collected at
 * all, and a longer one as seldom as half of the free memory allows.
 */
export function heapLimitBytes(
  plan: Pick<Plan, 'populations' | 'linesPerArrival'>,
  availableMemoryBytes: number,
): number | null {
  let clients = 0;
  let requests = 0;
  for (const population of plan.populations) {
    clients += population.vus;
    requests += new Ticks(population).total * plan.linesPerArrival;
  }
  const need = BYTES_BESIDE + clients * CLIENT_HEAP_BYTES + requests * BYTES_PER_REQUEST;
  const most = Math.floor(Math.min(MOST_BYTES, availableMemoryBytes * MEMORY_SHARE));
  if (need <= most) return need;
  return most < BYTES_BESIDE + clients * LEAST_CLIENT_HEAP_BYTES ? null : most;
}
