/**
 * The orders of one region: an append-only log of packed records outside the garbage collector's heap, about 100
 * bytes an order. Nothing is ever changed or removed, so a listing by order number is stable while orders come in.
 */
import { hashKey } from './key-hash.ts';
import { KeyIndex } from './key-index.ts';
import type { NewOrder } from './order.ts';
import {
  hasKey,
  keyOf,
  packedSize,
  readRecord,
  recordSize,
  writeRecord,
  writtenMsOf,
} from './order-record.ts';

export interface StoredOrder extends NewOrder {
  order_id: string;
  /** Epoch ms. */
  written_ms: number;
}

/** A line of the listing. */
export interface StoredKey {
  idempotency_key: string;
  order_id: string;
  /** Epoch ms. */
  written_ms: number;
}

/** Pages of the log are mapped by the system as they are written, so a large chunk costs nothing before. */
const CHUNK_BYTES = 4 * 1024 * 1024;
/** Records begin on multiples of this: 2^32 positions then reach 16 GB. */
const ALIGNMENT = 4;
const POSITIONS = 65_536;

export class OrderStore {
  readonly region: string;
  #count = 0;
  /** Where each order begins, in units of ALIGNMENT, over all chunks. */
  readonly #positions: Uint32Array[] = [];
  readonly #bytes: Buffer[] = [];
  readonly #views: DataView[] = [];
  #next = CHUNK_BYTES;
  readonly #index = new KeyIndex((order, key) => this.#hasKey(order, key));

  /** @param region becomes part of every order id, so that ids of two regions never meet */
  constructor(region: string) {
    this.region = region;
  }

  /** Orders are numbered from 1 to this. */
  get count(): number {
    return this.#count;
  }

  /**
   * The number of the order with this key, or 0.
   * @param hash of the key, where the caller has it
   */
  find(key: string, hash = hashKey(key)): number {
    return this.#index.find(key, hash);
  }

  /**
   * Stores an order whose key `find` did not find.
   * @param order valid, as from `readOrder`
   * @param writtenMs epoch ms
   * @returns its number
   */
  add(order: NewOrder, writtenMs: number, hash = hashKey(order.idempotency_key)): number {
    const start = this.#reserve(recordSize(order));
    writeRecord(this.#bytes.at(-1)!, this.#views.at(-1)!, start, order, writtenMs);
    this.#index.add(hash, this.#count);
    return this.#count;
  }

  /**
   * Stores an order as another store packed it. One whose key is here already gets a number too, and `find` goes on
   * giving the first.
   * @param record as of `writeRecord`; copied
   * @returns its number
   */
  addRecord(record: Uint8Array, hash: number): number {
    const start = this.#reserve(record.length);
    const bytes = this.#bytes.at(-1)!;
    bytes.set(record, start);
    if (this.#index.find(keyOf(bytes, start), hash) === 0) this.#index.add(hash, this.#count);
    return this.#count;
  }

  /** The id that clients see. */
  orderId(order: number): string {
    return `${this.region}-${order}`;
  }

  /** The number of an order id, or 0 where this region never issued it. */
  orderOf(orderId: string): number {
    const digits = orderId.startsWith(`${this.region}-`) ? orderId.slice(this.region.length + 1) : '';
    const order = /^[1-9]\d{0,9}$/.test(digits) ? Number(digits) : 0;
    return order <= this.#count ? order : 0;
  }

  /** When an order was stored, epoch ms. @param order 1 to `count` */
  writtenMs(order: number): number {
    const position = this.#positionOf(order);
    return writtenMsOf(this.#views[chunkOf(position)]!, offsetOf(position));
  }

  /** @param order 1 to `count` */
  readKey(order: number): StoredKey {
    const position = this.#positionOf(order);
    return {
      idempotency_key: keyOf(this.#bytes[chunkOf(position)]!, offsetOf(position)),
      order_id: this.orderId(order),
      written_ms: this.writtenMs(order),
    };
  }

  /** @param order 1 to `count` */
  read(order: number): StoredOrder {
    const position = this.#positionOf(order);
    const chunk = chunkOf(position);
    return {
      ...this.readKey(order),
      ...readRecord(this.#bytes[chunk]!, this.#views[chunk]!, offsetOf(position)),
    };
  }

  /** Its packed bytes, in place. @param order 1 to `count` */
  record(order: number): Buffer {
    const position = this.#positionOf(order);
    const bytes = this.#bytes[chunkOf(position)]!;
    const start = offsetOf(position);
    return bytes.subarray(start, start + packedSize(bytes, start));
  }

  #hasKey(order: number, key: string): boolean {
    const position = this.#positionOf(order);
    return hasKey(this.#bytes[chunkOf(position)]!, offsetOf(position), key);
  }

  /** Makes the next number's place, in the last chunk. @returns where its record begins there */
  #reserve(size: number): number {
    if (this.#next + size > CHUNK_BYTES) this.#addChunk();
    const start = this.#next;
    this.#next = Math.ceil((start + size) / ALIGNMENT) * ALIGNMENT;
    const slot = this.#count % POSITIONS;
    if (slot === 0) this.#positions.push(new Uint32Array(POSITIONS));
    this.#positions.at(-1)![slot] = ((this.#bytes.length - 1) * CHUNK_BYTES + start) / ALIGNMENT;
    this.#count++;
    return start;
  }

  #positionOf(order: number): number {
    const index = order - 1;
    return this.#positions[Math.floor(index / POSITIONS)]![index % POSITIONS]! * ALIGNMENT;
  }

  #addChunk(): void {
    const chunk = new ArrayBuffer(CHUNK_BYTES);
    this.#bytes.push(Buffer.from(chunk));
    this.#views.push(new DataView(chunk));
    this.#next = 0;
  }
}

const chunkOf = (position: number): number => Math.floor(position / CHUNK_BYTES);
const offsetOf = (position: number): number => position % CHUNK_BYTES;
