/** What the harness asks of whoever generates the load. */
import type { Plan } from '../measure/plan.ts';

export interface EngineJob {
  /** The run's folder, an absolute path: evidence and log are written there. */
  folder: string;
  plan: Plan;
  /** Origin of the target. */
  target: string;
  /** Sent with every request, secrets included: they stay in memory and in the generator's environment. */
  headers: Readonly<Record<string, string>>;
  /** Its heap may grow to this before it is collected; null: as usual. */
  heapLimitBytes: number | null;
  /** A generator that goes on longer than this hangs, and is killed. */
  longestMs: number;
  /** What stands before the generator's command (`nsenter ... --`), so that it runs where the target is. */
  enter: readonly string[];
}

export interface EngineExit {
  /** Epoch ms. */
  atMs: number;
  code: number | null;
  signal: string | null;
  /** It ran its plan to the end, and all its evidence was written. */
  complete: boolean;
  /** One sentence without a full stop; empty when there is nothing to say. */
  cause: string;
}

export interface RunningEngine {
  /** Of the process that sends: what is sampled. */
  pid: number;
  /** Asks it to stop; it is killed when it does not within a second. */
  stop(): void;
  exited: Promise<EngineExit>;
}
