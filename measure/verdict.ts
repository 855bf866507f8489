/** The shape of `verdict.json`, the answer of a run. Field names are the file's own. */
import type { DrillVerdict } from './drill.ts';

/** PASS < INCONCLUSIVE < FAIL < ABORTED: a run's verdict is its worst claim's. */
export type VerdictWord = 'PASS' | 'INCONCLUSIVE' | 'FAIL' | 'ABORTED';
export const VERDICTS: readonly VerdictWord[] = ['PASS', 'INCONCLUSIVE', 'FAIL', 'ABORTED'];

export type ClaimOperator = '<' | '<=' | '>' | '>=';
export type ClaimUnit = 'ms' | '1/s' | 'ratio' | 's' | 'count';

/** A claim as the configuration declares it, parsed. `id` may end in a window (`latency.p95@10s`). */
export interface Claim {
  id: string;
  title: string;
  op: ClaimOperator;
  claimed: number;
  unit: ClaimUnit;
}

/** A claim with its answer. The true value lies in [low, high] at 95 %; null is an infinity or a lack, see `reason`. */
export interface JudgedClaim extends Claim {
  measured: number | null;
  low: number | null;
  high: number | null;
  verdict: VerdictWord;
  /** Empty for a plain PASS; else one sentence: what, by how much, when. */
  reason: string;
}

/**
 * The seven counts of arrivals, of a run or a part of it. Of a whole run planned = started + dropped, and started = the
 * four outcomes' sum.
 */
export interface Orders {
  planned: number;
  started: number;
  acknowledged: number;
  refused: number;
  unsent: number;
  unknown: number;
  dropped: number;
}

/** The counts by name, in the order in which they are told. */
export const ORDER_COUNTS = [
  'planned',
  'started',
  'acknowledged',
  'refused',
  'unsent',
  'unknown',
  'dropped',
] as const satisfies readonly (keyof Orders)[];

/** The seven counts alone, of what holds more. */
export function ordersOf(counts: Orders): Orders {
  const { planned, started, acknowledged, refused, unsent, unknown, dropped } = counts;
  return { planned, started, acknowledged, refused, unsent, unknown, dropped };
}

export interface Verdict {
  schema: 'stormproof.verdict/1';
  run: string;
  kind: 'load' | 'drill';
  verdict: VerdictWord;
  /** Sentences for people: why the verdict is what it is. Empty when every claim held. */
  reasons: string[];
  claims: JudgedClaim[];
  orders: Orders;
  /** Epoch milliseconds. */
  window: { from_ms: number; to_ms: number };
  generator: {
    /** Mean share of the CPUs that the generator may use, 0 to 1; null where it was not sampled. */
    cpu: number | null;
    /** Over the window, where nothing was dropped. */
    late_p99_ms: number | null;
    /** It was late over the window as a whole, or dropped arrivals for want of CPU. */
    saturated: boolean;
  };
  /** Null for a load. */
  drill: DrillVerdict | null;
  gate: null;
}
