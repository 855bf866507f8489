/** What carries a region's own orders to its peer, each some time after it was written. */
import { connect } from 'node:net';
import { hashKey } from '../key-hash.ts';
import { keyOf } from '../order-record.ts';
import { lognormal } from '../planted.ts';
import { Calendar } from './calendar.ts';
import { FrameWriter, readFrames } from './frames.ts';
import type { RegionStore } from './region-store.ts';

/** What leaves a region for its peer. */
export type ReplicationState =
  | 'running'
  /** What has left already still arrives; what is written from now on waits, and leaves when it is running again. */
  | 'paused'
  /** Nothing arrives; all that has not arrived leaves anew when it is running again. */
  | 'cut'
  /** As running, and each order arrives this much later, as long as it stays so. */
  | { lagMs: number };

/** How long an order takes to the peer, ms: lognormal, and never longer than `max`. */
export interface Lag {
  p50: number;
  p99: number;
  max: number;
}

export interface ReplicatorSettings {
  /** 0 to 2^32 - 1. */
  seed: number;
  /** From the write until the peer has it: lognormal. */
  lagMs: Lag;
  peer: { host: string; replicationPort: number };
}

/** Frames: the replicator sends entries and then BATCH with their count, the peer answers that with TAKEN. */
export const ENTRY = 1;
const BATCH = 2;
export const TAKEN = 3;

const LARGEST_BATCH = 2000;
const TICK_MS = 2;
const RECONNECT_MS = 50;

/** How long an order takes to the peer, ms: by seed and key, whatever else happens. */
export const lagOf = (seed: number, hash: number, { p50, p99, max }: Lag): number =>
  Math.min(max, lognormal(seed, hash, p50, p99));

export class Replicator {
  readonly #store: RegionStore;
  readonly #settings: ReplicatorSettings;
  #state: ReplicationState = 'running';
  readonly #travelling = new Calendar(Date.now());
  /** Will leave when replication is running again. */
  #held: number[] = [];
  /** Due at the peer and not sent. */
  #due: number[] = [];
  /** Sent, and not acknowledged. One batch at a time: what a peer that is frozen does not take stays here. */
  #sent: number[] = [];
  #writer: FrameWriter | null = null;
  #tick: NodeJS.Timeout | null = null;

  /** What the peer does not have yet leaves now. */
  constructor(store: RegionStore, settings: ReplicatorSettings, state: ReplicationState) {
    this.#store = store;
    this.#settings = settings;
    this.#held = store.undeliveredNumbers();
    this.set(state);
    this.#connect();
  }

  /** An own order is on the disk. */
  written(number: number, hash: number, writtenMs: number): void {
    if (!this.#leaving) {
      this.#held.push(number);
      return;
    }
    this.#travelling.add(number, writtenMs + lagOf(this.#settings.seed, hash, this.#settings.lagMs));
    this.#wake();
  }

  set(state: ReplicationState): void {
    this.#state = state;
    if (state === 'cut') this.#held = [...this.#held, ...this.#due.splice(0), ...this.#travelling.takeAll()];
    if (this.#leaving) {
      const nowMs = Date.now();
      for (const number of this.#held.splice(0)) {
        const hash = hashKey(keyOf(this.#store.ownRecord(number), 0));
        this.written(number, hash, nowMs);
      }
    }
    this.#wake();
  }

  get #leaving(): boolean {
    return this.#state === 'running' || typeof this.#state === 'object';
  }

  #wake(): void {
    if (this.#tick !== null || this.#travelling.empty || this.#state === 'cut') return;
    this.#tick = setTimeout(() => {
      this.#tick = null;
      const addedMs = typeof this.#state === 'object' ? this.#state.lagMs : 0;
      if (this.#state !== 'cut') this.#due = this.#due.concat(this.#travelling.takeDue(Date.now() - addedMs));
      this.#send();
      this.#wake();
    }, TICK_MS);
  }

  #send(): void {
    const writer = this.#writer;
    if (writer === null || this.#sent.length > 0 || this.#due.length === 0) return;
    this.#sent = this.#due.splice(0, LARGEST_BATCH);
    for (const number of this.#sent) {
      const record = this.#store.ownRecord(number);
      const { bytes, start } = writer.open(ENTRY, number, record.length);
      bytes.set(record, start);
    }
    writer.open(BATCH, this.#sent.length, 0);
    writer.flush();
  }

  /** Again and again: the peer may be dead. What it did not acknowledge is sent again; it takes nothing twice. */
  #connect(): void {
    const { host, replicationPort: port } = this.#settings.peer;
    const socket = connect({ host, port, noDelay: true });
    socket.once('connect', () => {
      this.#writer = new FrameWriter(socket);
      this.#send();
    });
    readFrames(socket, () => {
      this.#store.setDelivered(this.#sent);
      this.#sent = [];
      this.#send();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#writer = null;
      const unsure = this.#sent.splice(0);
      if (this.#state === 'cut') this.#held.push(...unsure);
      else this.#due = [...unsure, ...this.#due];
      setTimeout(() => this.#connect(), RECONNECT_MS);
    });
  }
}
