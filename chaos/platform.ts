/**
 * Where a drill takes place, behind one small interface: faults, observers, system of record and restore. A platform
 * is opened again by `npm run restore` from what the journal holds, in a process that knows nothing of the drill.
 */
import type { Timers } from '../measure/drill.ts';
import type { RunEvent } from '../measure/events.ts';

export type { Timers };

/** What can be written into a journal and read out of it unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** One fault, aimed. Every method may throw; what it throws is told to a person. */
export interface Fault {
  /** In words: "kill seoul: every process of it, at once". */
  words: string;
  /** The value before, for the journal: read and on disk before `inject` is called. */
  read(): Promise<Json>;
  /**
   * Breaks it.
   * @param expiresMs it undoes itself after this where the platform can
   * @returns what is ours now, for compare-and-set on undo
   */
  inject(prior: Json, expiresMs: number): Promise<Json>;
  /** Puts the prior value back if what is there is still ours (or was never set). Asked twice, it does no harm. */
  undo(prior: Json, ours: Json | undefined): Promise<'undone' | 'not-ours'>;
  /** Reads back. @returns why it is not as it was, empty where it is */
  verify(prior: Json): Promise<string>;
}

/** A key of the system of record. */
export interface ListedKey {
  key: string;
  orderId: string | null;
  /** Epoch ms. */
  writtenMs: number | null;
}

export type Observation = Extract<
  RunEvent,
  { kind: 'region.health' | 'dns.answer' | 'standby.tasks' | 'replication.lag' | 'fault.undone' }
>;

export interface Platform {
  name: 'lab' | 'commands';
  /** As the service's region header names them. */
  primary: string;
  standby: string;
  /** Origin that the load is sent to: a name that fails over. */
  target: string;
  /** What stands before the generator's command so that it runs where the target is; empty: nothing. */
  enter: readonly string[];
  /** How long the generator may keep an answer of DNS, ms. */
  dnsTtlMs: number;
  /** Enough to open it again: no secrets. */
  journalled: Json;
  timers(): Promise<Timers | null>;
  /** @throws Problem where there is no such fault, or its arguments do not fit */
  fault(name: string, region: string | null, args: Readonly<Record<string, number | string>>): Fault;
  /** What is not as a drill needs it (a fault in place, a region unhealthy), as sentences. */
  complaints(): Promise<string[]>;
  /** Why the platform itself is gone, a sentence, empty while it is not; left out where it cannot be. */
  ended?(): Promise<string>;
  /** Tells what it sees until the function that it returns is called. */
  observe(tell: (event: Observation) => void): Promise<() => Promise<void>>;
  /** All stored keys of a region, in any order. Throws where it cannot be read to its end. */
  listKeys(region: string, signal: AbortSignal): AsyncIterable<ListedKey>;
  /** Ends what the drill itself started, and nothing else. @returns why something is left, empty where nothing is */
  close(): Promise<string>;
}
