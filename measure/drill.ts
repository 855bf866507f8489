/** What a drill declares, predicts and finds. `DrillRecord` stands in `run.json`, `DrillVerdict` in `verdict.json`. */
import type { PopulationKind } from './plan.ts';
import type { Claim } from './verdict.ts';

/**
 * What the faults are meant to do: `outage` (orders fail until the standby serves), `degradation` (orders get slow or
 * fail in part), `failover` (the standby takes over although nothing failed), `none`.
 */
export type Bite = 'outage' | 'degradation' | 'failover' | 'none';

/**
 * When an outage counts as ended: the acknowledged order from which every prefix of at least 1 s of the window meets
 * success, throughput and latency.
 */
export interface SustainedRule {
  windowMs: number;
  /** Acknowledged share of the arrivals that are due, 0 to 1. */
  success: number;
  /** Acknowledged orders against planned ones, 0 to 1. */
  throughput: number;
  /** The window's p95 may be this many times the baseline's. */
  latencyTimes: number;
}

/** A fault on the drill's timeline; times on the run's clock, ms. */
export interface PlannedFault {
  /** Unique in the drill. */
  id: string;
  /** `region.kill`, `replication.pause`... */
  fault: string;
  /** What it is done to; null where it is nobody's (`dns.stale`). */
  region: string | null;
  injectAtMs: number;
  /** The drill undoes it then. */
  undoAtMs: number;
  args: Readonly<Record<string, number | string>>;
}

/** Timers as the platform has them now, scaled or not: what a prediction is computed from. */
export interface Timers {
  healthCheck: { intervalMs: number; threshold: number; timeoutMs: number };
  /** From the health verdict until the name server answers with it. */
  propagationMs: { low: number; high: number };
  ttlMs: number;
  /** Null where the standby is at full strength already. */
  scale: { tasks: number; scaleTo: number; startMs: number } | null;
  /** Null where it is not known: then RPO is not predicted. */
  replicationLagMs: { p50: number; p99: number; max: number | null } | null;
}

/** One addend of a predicted RTO. */
export interface PredictedStep {
  name: 'detect' | 'propagate' | 'ttl' | 'scale';
  /** Null: never. */
  lowMs: number | null;
  highMs: number | null;
  /** `3 x 500 ms + 200 ms timeout`. */
  arithmetic: string;
}

export type PredictedVerdict = 'PASS' | 'FAIL' | 'uncertain';

/** What the live configuration allows to be said before anything is broken. */
export interface Prediction {
  /** Null where the platform does not tell its timers, or no outage is meant to happen. A bound of null: never. */
  rto: { lowMs: number | null; highMs: number | null; steps: PredictedStep[] } | null;
  rpo: { lowMs: number; highMs: number; arithmetic: string } | null;
  verdict: PredictedVerdict;
  /** One sentence a claim: why. */
  reasons: string[];
}

export interface DrillRecord {
  name: string;
  /** A sentence. */
  hypothesis: string;
  bite: Bite;
  /** The verdict that shows that the system does what the drill's author knows of it. */
  expected: 'PASS' | 'FAIL';
  platform: string;
  /** As the service's region header names them. */
  primary: string;
  standby: string;
  faults: PlannedFault[];
  /** An outage is judged on each of these: which region is lost, and from when on (ms on the run's clock). */
  losses: { region: string; atMs: number; untilMs: number }[];
  sustained: SustainedRule;
  /** Where normal is learnt; ms on the run's clock. */
  baseline: { fromMs: number; toMs: number };
  /** The claims as they were written, before `--time-scale`. */
  claimsAsDeclared: Claim[];
  predicted: Prediction;
}

/** One outage of one population. Epoch ms. */
export interface Outage {
  population: PopulationKind;
  /** T_f, the first unserved order's start, and what it lies between. */
  fromMs: number;
  fromLowMs: number;
  fromHighMs: number;
  /** The first acknowledged order after it; null: never. */
  firstSuccessMs: number | null;
  /** The acknowledged order from which service was sustained; null: never. */
  sustainedMs: number | null;
  /** Who answered from then on, as the region header says it; empty where unknown. */
  region: string;
  /** Error bar of `sustainedMs - fromMs`, ms. */
  rtoLowMs: number;
  rtoHighMs: number;
}

/** Orders that the lost region acknowledged, against a listing of the survivor. */
export interface LedgerCounts {
  /** Acknowledged by the lost region until cut-over. */
  acknowledged: number;
  /** Of these, in the listing. */
  found: number;
  /** Of these, not in the listing. */
  lost_acked: number;
  /** Unknown to their client and in the listing, or not. */
  unknown_present: number;
  unknown_absent: number;
  /** Keys with two order ids. */
  duplicated: number;
  /** Keys in the listing that nobody sent. */
  unexpected: number;
  /** After heal: lost at cut-over and found then. */
  recovered: number;
}

/** A stretch of the drill, for the waterfall. Epoch ms; `to_ms` null: it did not end. */
export interface DrillPhase {
  name:
    | 'baseline'
    | 'detect'
    | 'dns'
    | 'ttl'
    | 'scale'
    | 'degraded'
    | 'sustained'
    | 'heal'
    | 'catch-up'
    | 'failback';
  from_ms: number;
  to_ms: number | null;
}

/** An order that its client saw acknowledged and that the survivor does not have. */
export interface LostOrder {
  key: string;
  /** When its client had the acknowledgement, epoch ms. */
  acknowledgedMs: number;
  region: string;
  /** Found after heal. */
  recovered: boolean;
}

/** The `drill` of `verdict.json`. Field names are the file's own. */
export interface DrillVerdict {
  name: string;
  bite: Bite;
  expected: 'PASS' | 'FAIL';
  /** By the fresh population, the longest outage; null: none was found. */
  rto: { seconds: number | null; low: number; high: number | null } | null;
  rpo: { seconds: number; low: number; high: number; orders_low: number; orders_high: number } | null;
  /** After T_f. */
  first_success_ms: number | null;
  sustained_ms: number | null;
  outages: {
    population: PopulationKind;
    from_ms: number;
    from_low_ms: number;
    from_high_ms: number;
    first_success_ms: number | null;
    sustained_ms: number | null;
    region: string;
  }[];
  phases: DrillPhase[];
  ledger: { cutover: LedgerCounts | null; healed: LedgerCounts | null };
  /** Acknowledged orders a second, before the fault and after the outage. */
  capacity: { before: number; after: number | null };
  /** Proof that the failover ended the outage, or why there is none. */
  cause: { proved: boolean; sentence: string };
  predicted: {
    verdict: PredictedVerdict;
    rto_low_s: number | null;
    rto_high_s: number | null;
    held: boolean | null;
  };
  /** Every fault was undone and read back; null while that is not known. */
  restored: boolean | null;
}
