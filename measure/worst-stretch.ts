import { type ClaimId, parseClaimId } from './claims.ts';
import type { Second } from './events.ts';
import type { Claim } from './verdict.ts';

/** A stretch on the run's clock, ms. */
export interface WorstStretch {
  fromMs: number;
  toMs: number;
}

const badness = (id: ClaimId, claimed: number, second: Second): number => {
  switch (id.kind) {
    case 'throughput':
      return claimed - second.acknowledged;
    case 'errors':
      return second.refused + second.unsent + second.unknown;
    case 'availability':
      return Math.max(0, second.planned - second.acknowledged);
    case 'latency': {
      const ms = id.quantile >= 0.99 ? second.p99Ms : id.quantile > 0.5 ? second.p95Ms : second.p50Ms;
      return second.planned === 0 ? 0 : (ms ?? Number.MAX_VALUE) - claimed;
    }
    default:
      return 0;
  }
};

/**
 * When a broken claim was broken most: the contiguous bad seconds that weigh most. Null where no second stands out, or
 * all are bad.
 * @param seconds those of the window
 */
export function worstStretch(claim: Claim, seconds: readonly Second[]): WorstStretch | null {
  const id = parseClaimId(claim.id);
  if (id === null) return null;
  let best = { weight: 0, from: 0, to: 0 };
  let open = { weight: 0, from: 0, to: 0 };
  for (const second of seconds) {
    const weight = Math.min(1e12, badness(id, claim.claimed, second));
    if (weight <= 0) {
      open = { weight: 0, from: 0, to: 0 };
      continue;
    }
    const from = open.weight > 0 ? open.from : second.index;
    open = { weight: open.weight + weight, from, to: second.index + 1 };
    if (open.weight > best.weight) best = open;
  }
  if (best.weight === 0 || best.to - best.from === seconds.length) return null;
  return { fromMs: best.from * 1000, toMs: best.to * 1000 };
}
