/**
 * The typed event log of a run (`events.jsonl`): one stream that the terminal, the report, CI formats and
 * databases render. `t` is epoch milliseconds. `observed` events were seen happening and are kept as evidence;
 * derived ones follow from the evidence and can be derived again.
 */
import type { JudgedClaim, Orders, VerdictWord } from './verdict.ts';

/** All that is known of one second of the run's clock, once it has closed. */
export interface Second extends Orders {
  /** Whole seconds since the run's clock began. */
  index: number;
  /** Epoch ms of its beginning. */
  startMs: number;
  /** Arrivals under way at its end. */
  inFlight: number;
  /** What its acknowledged orders are worth, KRW; 0 where the scenario's orders are not ours to price. */
  value: number;
  /** What became of each operation's attempts, by its name. */
  operations: Record<string, { acknowledged: number; failed: number }>;
  /** Latency of the order (or the scenario's only operation) over planned arrivals; null is infinite or nothing planned. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
  /** How late the generator's sends were at p99. */
  lateP99Ms: number;
  /** Attempts that were not acknowledged, by `errorLabel`. */
  errors: Record<string, number>;
  /** Acknowledged arrivals by answering region (`-` where it did not say). */
  regions: Record<string, number>;
  /** Acknowledged latencies in microseconds: HdrHistogram V2, compressed, base64. */
  latency: string;
}

export type RunEvent =
  | {
      t: number;
      kind: 'run.started';
      observed: true;
      run: string;
      profile: string;
      target: string;
      scenario: string;
    }
  | {
      t: number;
      kind: 'stage.entered';
      observed: false;
      stage: number;
      targetPerSecond: number;
      hold: boolean;
    }
  | { t: number; kind: 'second'; observed: false; second: Second }
  | {
      t: number;
      kind: 'generator.sample';
      observed: true;
      /** Share of the CPUs the generator may use (affinity, cgroup), 0 to 1. */
      cpu: number;
      /** How busy the CPUs are that the generator may run on, whoever uses them: a share of all their time, 0 to 1. */
      machine: number;
      rssBytes: number;
      /** How long the harness's own event loop was held up, ms: the collector's health. */
      loopDelayMs: number;
    }
  | {
      t: number;
      kind: 'generator.exited';
      observed: true;
      code: number | null;
      signal: string | null;
      /** True when it ran its plan to the end. */
      complete: boolean;
      /** One sentence; empty when it ended as planned. */
      cause: string;
      /** Size of `evidence.csv` when it had ended; absent where it could not be read. */
      evidenceBytes?: number;
    }
  /** The target's own word on a region: here, the testbed saw one of its processes end. */
  | { t: number; kind: 'region.health'; observed: true; region: string; healthy: boolean; cause: string }
  | { t: number; kind: 'signal'; observed: true; signal: string }
  /** What became of the points for the database, told when it changes. */
  | {
      t: number;
      kind: 'sink.influx';
      observed: true;
      state: 'sending' | 'away' | 'refused' | 'finished';
      /** Points that the database took, and those that it has not taken yet. */
      sent: number;
      unsent: number;
      /** One sentence without a full stop; empty while all is well. */
      cause: string;
    }
  /** Looked at before the first fault: nothing is broken in a system that is not well. */
  | { t: number; kind: 'steady.state'; observed: true; held: boolean; sentence: string }
  /** The drill could not go on: what is in place is undone, and nothing is judged as if all had gone as planned. */
  | { t: number; kind: 'drill.trouble'; observed: true; sentence: string }
  /** By its id in the drill. `t`: its injecting began. */
  | {
      t: number;
      kind: 'fault.injected';
      observed: true;
      id: string;
      fault: string;
      region: string | null;
      words: string;
    }
  /** `t`: its undoing began, and from then on it may not hold any more. Written when it was read back. */
  | {
      t: number;
      kind: 'fault.undone';
      observed: true;
      id: string;
      fault: string;
      region: string | null;
      by: 'drill' | 'expiry' | 'watchdog' | 'restore';
      /** Read back and found as it was before. */
      restored: boolean;
      words: string;
    }
  /** What the service's name resolves to: the region's name, null where it is not known whose address it is. */
  | { t: number; kind: 'dns.answer'; observed: true; answer: string; region: string | null }
  | { t: number; kind: 'standby.tasks'; observed: true; region: string; desired: number; running: number }
  /** Nothing is waiting to be replicated from this region any more, or it is again. */
  | { t: number; kind: 'replication.lag'; observed: true; region: string; waiting: number }
  /** The survivor's stored keys were read into a file of the run's folder. */
  | {
      t: number;
      kind: 'listing.read';
      observed: true;
      region: string;
      at: 'cutover' | 'healed';
      file: string;
      keys: number;
      reads: number;
      /** Two full reads agreed. */
      complete: boolean;
      cause: string;
    }
  | { t: number; kind: 'phase'; observed: false; name: string; fromMs: number; toMs: number | null }
  | { t: number; kind: 'claim.judged'; observed: false; claim: JudgedClaim }
  | { t: number; kind: 'run.finished'; observed: true; verdict: VerdictWord };

export type ObservedEvent = Extract<RunEvent, { observed: true }>;
