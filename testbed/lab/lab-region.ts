/** One region of the lab as its supervisor sees it: a process group that can be killed, frozen and started again. */
import type { ListingPage } from '../listing.ts';
import type { LabEntry } from './truth.ts';

/** What leaves a region for its peer. */
export type ReplicationState =
  | 'running'
  /** What has left already still arrives; what is written from now on waits, and leaves when it is running again. */
  | 'paused'
  /** Nothing arrives; all that has not arrived leaves anew when it is running again. */
  | 'cut'
  /** As running, and each order arrives this much later, as long as it stays so. */
  | { lagMs: number };

export interface LabRegionSettings {
  /** Part of order ids (`seoul-1`) and of the `x-region` header. */
  name: string;
  /** An address of this machine: of the service and of the port that replicated orders come in by. */
  host: string;
  port: number;
  replicationPort: number;
  /** The other region: its name, and where it takes replicated orders. */
  peer: { name: string; host: string; replicationPort: number };
  /** Of this region alone; made where it is missing. What is in it is loaded. */
  folder: string;
  /** 0 to 2^32 - 1: what fails, and how long an order takes to the peer, depend on it and the order's key. */
  seed: number;
  /** Desired tasks at first; these are up when `startLabRegion` is done. */
  tasks: number;
  /** Orders a second that one task serves. */
  taskCapacity: number;
  /** From the wish for one more task until it serves. */
  taskStartMs: number;
  /** From the write until the peer has it: lognormal. */
  replicationLagMs: { p50: number; p99: number };
}

export interface TaskCounts {
  desired: number;
  running: number;
}

/** A region that ended although nobody had asked it to. */
export interface LabRegionExit {
  region: string;
  atMs: number;
  /** A sentence. */
  cause: string;
}

export interface LabRegion {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `killed` also where it ended by itself. */
  readonly process: 'running' | 'frozen' | 'killed';
  /** The region's process first, then its tasks; empty where it is killed. */
  pids(): number[];
  /** One SIGKILL to the whole process group. Dead already: no harm. @returns epoch ms of it */
  kill(): number;
  /** One SIGSTOP to the whole process group. @returns epoch ms of it */
  freeze(): number;
  /** SIGCONT. @returns epoch ms of it */
  thaw(): number;
  /** After a kill: again from its disk, with all that was set meanwhile. Done when its desired tasks serve. */
  start(): Promise<void>;
  /*
   * What is set is in force when its promise is done; for a region that is killed or frozen that is at once, and it
   * comes into force when the region runs again.
   */
  /** `refused`: the listening socket is closed and every connection reset; the store and replication go on. */
  setPort(port: 'open' | 'refused'): Promise<void>;
  /** Added to each order, ms. */
  setSlow(ms: number): Promise<void>;
  /** Share of the orders that are answered 503, by seed and key; half of them are stored all the same. */
  setErrors(share: number): Promise<void>;
  /** What leaves this region. */
  setReplication(state: ReplicationState): Promise<void>;
  /** Each task more comes up `taskStartMs` later; those that are too many finish what they have. */
  setDesired(tasks: number): Promise<void>;
  /** SIGKILL to this many tasks (or all there are), which are not replaced. @returns epoch ms of it */
  killWorkers(tasks: number): number;
  /** Replaces killed tasks: each comes up `taskStartMs` later. */
  restoreWorkers(): Promise<void>;
  tasks(): TaskCounts;
  /** Own orders that the peer has not acknowledged; of a killed region, from its disk. */
  waitingToReplicate(): Promise<number>;
  /** A page as of the service, however the port is. Null where the region is killed or frozen, or the cursor is none. */
  listing(cursor: number, limit: number): Promise<ListingPage | null>;
  /** Told of each change of `tasks()`. */
  onTasks(listener: (tasks: TaskCounts) => void): void;
  /** Told of an end that was not asked for. */
  onExit(listener: (exit: LabRegionExit) => void): void;
  /** Every order that is on its disk, as it is now, in the order of the listing. */
  truth(): LabEntry[];
  /** Ends every process of it. Asked twice, it does no harm. */
  stop(): Promise<void>;
}

/**
 * Starts a region from what is in its folder, and waits until its tasks serve.
 * @throws Problem E_PORT_IN_USE, E_ADDRESS where it cannot listen there
 */
export async function startLabRegion(settings: LabRegionSettings): Promise<LabRegion> {
  throw new Error(`the region ${settings.name} is not built yet`);
}
