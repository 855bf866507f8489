/** Where a region's orders are worked on: what its tasks ask for passes through the queue, is stored, and is answered. */
import { keyOf } from '../order-record.ts';
import { type Reading, readListing, readOrderById } from '../reading.ts';
import { ASK, FLAG, ORDER_ANSWER, ORDER_HEAD, TELL } from './channel.ts';
import { FrameWriter, readFrames } from './frames.ts';
import type { RegionStore } from './region-store.ts';
import type { Replicator } from './replicator.ts';
import { TaskQueue } from './task-queue.ts';
import type { Task } from './tasks.ts';

/** An order, or a question after health, on its way. */
interface Errand {
  from: Desk;
  kind: number;
  ticket: number;
  payload: Buffer;
}

/** What became of an order. */
interface Placed {
  errand: Errand;
  /** In the store, or 0. */
  place: number;
  hash: number;
  fate: 'stored' | 'replayed' | 'dropped';
}

/** A task's end of the pipe. */
interface Desk {
  writer: FrameWriter;
  gone: boolean;
}

export class OrderFloor {
  readonly #store: RegionStore;
  readonly #replicator: Replicator;
  readonly #queue: TaskQueue<Errand>;
  readonly #desks = new Map<number, Desk>();
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Number.POSITIVE_INFINITY;

  /** @param taskCapacity orders a second that one task serves */
  constructor(store: RegionStore, replicator: Replicator, taskCapacity: number) {
    this.#store = store;
    this.#replicator = replicator;
    this.#queue = new TaskQueue(1000 / taskCapacity);
  }

  /** A task's process has begun. */
  open({ id, pipe }: Task): void {
    const desk: Desk = { writer: new FrameWriter(pipe), gone: false };
    this.#desks.set(id, desk);
    readFrames(pipe, (kind, ticket, payload) => {
      if (kind === ASK.order && payload[0] === FLAG.rehearse) {
        // Before it serves: there may be nobody yet to do what is in the queue.
        const nowMs = Date.now();
        this.#answer(this.#place({ from: desk, kind, ticket, payload }, nowMs), nowMs);
      } else if (kind === ASK.order || kind === ASK.health) {
        this.#queue.add({ from: desk, kind, ticket, payload }, performance.now());
        this.#soon();
      } else {
        this.#read(desk, kind, ticket, payload.toString());
      }
    });
  }

  /** A task adds to what the region can do. */
  join({ id }: Task): void {
    this.#queue.addTask(id, performance.now());
    this.#work();
  }

  /** It does no more. What it asked for is still done, and answered where it can be. */
  leave({ id }: Task): void {
    this.#queue.removeTask(id);
  }

  /** Its connections are dead: what it asked for and is not begun will not be done. */
  close(task: Task): void {
    this.leave(task);
    const desk = this.#desks.get(task.id);
    if (desk !== undefined) desk.gone = true;
    this.#desks.delete(task.id);
  }

  #soon(): void {
    const nowMs = performance.now();
    this.#queue.begin(nowMs);
    this.#schedule(nowMs);
  }

  #work(): void {
    const nowMs = performance.now();
    const done = [...this.#queue.done(nowMs)].filter(({ from }) => !from.gone);
    const writtenMs = Date.now();
    const orders = done
      .filter(({ kind }) => kind === ASK.order)
      .map((errand) => this.#place(errand, writtenMs));
    // No answer before the orders are with the system.
    this.#store.write();
    for (const placed of orders) this.#answer(placed, writtenMs);
    for (const { from, kind, ticket } of done) {
      if (kind === ASK.health) from.writer.open(TELL.health, ticket, 0);
    }
    this.#schedule(nowMs);
  }

  #place(errand: Errand, nowMs: number): Placed {
    const { payload } = errand;
    const record = payload.subarray(ORDER_HEAD);
    const hash = payload.readInt32LE(1);
    const place = this.#store.find(keyOf(record, 0), hash);
    if (place !== 0) return { errand, place, hash, fate: 'replayed' };
    if (payload[0] !== FLAG.store) return { errand, place, hash, fate: 'dropped' };
    return { errand, place: this.#store.place(record, hash, nowMs), hash, fate: 'stored' };
  }

  #answer({ errand, place, hash, fate }: Placed, nowMs: number): void {
    const number = fate === 'dropped' ? 0 : this.#store.numberAt(place);
    if (fate === 'stored') this.#replicator.written(number, hash, nowMs);
    const { bytes, view, start } = errand.from.writer.open(TELL.order, errand.ticket, ORDER_ANSWER);
    bytes[start] = fate === 'replayed' ? 1 : 0;
    view.setInt32(start + 1, number, true);
    view.setFloat64(start + 5, number === 0 ? 0 : this.#store.writtenMs(place), true);
  }

  #read({ writer }: Desk, kind: number, ticket: number, question: string): void {
    const { status, body }: Reading =
      kind === ASK.listing ? readListing(this.#store, question) : readOrderById(this.#store, question);
    const { bytes, view, start } = writer.open(TELL.reading, ticket, 2 + Buffer.byteLength(body));
    view.setUint16(start, status, true);
    bytes.write(body, start + 2);
  }

  #schedule(nowMs: number): void {
    const { nextMs } = this.#queue;
    if (nextMs === Number.POSITIVE_INFINITY || (this.#timer !== null && this.#timerMs <= nextMs)) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerMs = nextMs;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#work();
      },
      Math.ceil(nextMs - nowMs),
    );
  }
}
