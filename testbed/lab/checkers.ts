/** What several checkers make of their answers, as Route 53 does: arithmetic alone. */
import { draw } from '../key-hash.ts';

/**
 * Route 53: "If more than 18% of health checkers report that an endpoint is healthy, Route 53 considers it healthy."
 * A minority that cannot reach a region does not take it away.
 */
const HEALTHY_ABOVE = 0.18;

/** One checker's opinion. It changes after several equal answers in a row that contradict it. */
export interface Opinion {
  healthy: boolean;
  /** Latest answers in a row that contradict `healthy`. */
  contradicted: number;
}

/** As Route 53 begins: a region is healthy until it is known better. */
export const FIRST_OPINION: Opinion = { healthy: true, contradicted: 0 };

/** @param passed what the checker found just now */
export function reconsider(opinion: Opinion, passed: boolean, threshold: number): Opinion {
  if (passed === opinion.healthy) return { healthy: opinion.healthy, contradicted: 0 };
  const contradicted = opinion.contradicted + 1;
  if (contradicted < threshold) return { healthy: opinion.healthy, contradicted };
  return { healthy: passed, contradicted: 0 };
}

/** @param opinions of all checkers of a region, at least one */
export function isRegionHealthy(opinions: readonly Opinion[]): boolean {
  return opinions.filter(({ healthy }) => healthy).length / opinions.length > HEALTHY_ABOVE;
}

/**
 * When each checker asks first, ms from the beginning: one somewhere in each of as many equal parts of the interval,
 * since checkers of different places know nothing of each other.
 * @param stream another one for each region
 */
export function firstAsks(checkers: number, intervalMs: number, seed: number, stream: number): number[] {
  return Array.from(
    { length: checkers },
    (_, checker) => ((checker + draw(checker, seed, stream)) / checkers) * intervalMs,
  );
}
