/** What the supervisor, a region's process and its tasks say to each other. */
import type { Lag, ReplicationState } from './replicator.ts';

/** How a region's process is started: its one argument, as JSON. */
export interface ProcessSettings {
  name: string;
  host: string;
  port: number;
  replicationPort: number;
  peer: { name: string; host: string; replicationPort: number };
  folder: string;
  seed: number;
  taskCapacity: number;
  taskStartMs: number;
  spareTasks: number;
  rehearsals: number;
  replicationLagMs: Lag;
  state: RegionState;
}

/** All that can be set, told as a whole each time. */
export interface RegionState {
  port: 'open' | 'refused';
  slowMs: number;
  errors: number;
  replication: ReplicationState;
  desired: number;
  /** Of the desired tasks: killed and not to be replaced. */
  missing: number;
  /** Pids of killed tasks, whose end may not have been noticed yet. */
  dead: number[];
}

/** An answer (`done`) carries its question's id. */
export type ToRegion =
  | { kind: 'set'; id: number; state: RegionState }
  | { kind: 'waiting'; id: number }
  | { kind: 'listing'; id: number; query: string };

export type FromRegion =
  | { kind: 'serving' }
  /** It cannot listen; `code` as of the system: `EADDRINUSE`. */
  | { kind: 'failed'; code: string; message: string }
  /** Pids of tasks that serve, and of those that are about to. */
  | { kind: 'tasks'; running: number[]; starting: number[] }
  | { kind: 'done'; id: number; value: number | string | null };

/** How a task is started: its one argument, as JSON. */
export interface TaskSettings {
  region: string;
  peer: string;
  host: string;
  port: number;
  seed: number;
  /** Orders that it sends itself before it serves. */
  rehearsals: number;
}

export interface TaskState {
  listening: boolean;
  slowMs: number;
  errors: number;
}

/**
 * `leave`: take nothing new, finish what has begun, say `left`. `end`: the region's process has heard that, and hands
 * over no more connections: end with the last of them.
 */
export type ToTask = { kind: 'set'; id: number; state: TaskState } | { kind: 'leave' } | { kind: 'end' };

/** `code` is empty where all went well. */
export type FromTask =
  | { kind: 'ready' }
  | { kind: 'left' }
  | { kind: 'done'; id: number; code: string; message: string };

/** Frames from a task to its region's process. */
export const ASK = { order: 1, health: 2, oneOrder: 3, listing: 4 } as const;

/** An order's frame: a flag of FLAG (1), hash of its key (4, signed), record. */
export const ORDER_HEAD = 5;
/** What becomes of an order whose key is new. */
export const FLAG = { store: 0, drop: 1, rehearse: 2 } as const;

/** Frames back. `order`: replay (1), number (4, signed; 0: not stored, negative: of the peer), written_ms (8). */
export const TELL = { order: 1, health: 2, reading: 3 } as const;
export const ORDER_ANSWER = 13;

/** The file descriptor of a task's pipe for frames, after stdio and Node's own channel. */
export const FRAMES_FD = 4;
