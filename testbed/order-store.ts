/**
 * The orders of one region: an append-only log of packed records outside the garbage collector's heap, about 100
 * bytes an order. Nothing is ever changed or removed, so a listing by order number is stable while orders come in.
 */
import { hashKey } from './key-hash.ts';
import { KeyIndex } from './key-index.ts';
import type { NewOrder, OrderItem } from './order.ts';

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

/*
 * A record: written_ms (8), lengths of key and user id, count of items (1 each), key, user id, then for each item
 * its length (1), product id, quantity (2) and price (8). Text is ASCII, as `readOrder` guarantees.
 */
const TIME = 0;
const KEY_LENGTH = 8;
const USER_LENGTH = 9;
const ITEM_COUNT = 10;
const TEXT = 11;
const ITEM_FIXED = 11;

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
    const { user_id: user, idempotency_key: key, items } = order;
    let size = TEXT + key.length + user.length;
    for (const item of items) size += ITEM_FIXED + item.product_id.length;
    if (this.#next + size > CHUNK_BYTES) this.#addChunk();
    const last = this.#bytes.length - 1;
    const start = this.#next;
    this.#write(this.#bytes[last]!, this.#views[last]!, start, order, writtenMs);
    this.#next = Math.ceil((start + size) / ALIGNMENT) * ALIGNMENT;

    const slot = this.#count % POSITIONS;
    if (slot === 0) this.#positions.push(new Uint32Array(POSITIONS));
    this.#positions.at(-1)![slot] = (last * CHUNK_BYTES + start) / ALIGNMENT;
    this.#count++;
    this.#index.add(hash, this.#count);
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
    return this.#views[chunkOf(position)]!.getFloat64(offsetOf(position) + TIME, true);
  }

  /** @param order 1 to `count` */
  readKey(order: number): StoredKey {
    const position = this.#positionOf(order);
    const bytes = this.#bytes[chunkOf(position)]!;
    const start = offsetOf(position);
    return {
      idempotency_key: bytes.toString('latin1', start + TEXT, start + TEXT + bytes[start + KEY_LENGTH]!),
      order_id: this.orderId(order),
      written_ms: this.writtenMs(order),
    };
  }

  /** @param order 1 to `count` */
  read(order: number): StoredOrder {
    const position = this.#positionOf(order);
    const bytes = this.#bytes[chunkOf(position)]!;
    const view = this.#views[chunkOf(position)]!;
    const start = offsetOf(position);
    const userFrom = start + TEXT + bytes[start + KEY_LENGTH]!;
    let at = userFrom + bytes[start + USER_LENGTH]!;
    const user_id = bytes.toString('latin1', userFrom, at);
    const items: OrderItem[] = [];
    for (let left = bytes[start + ITEM_COUNT]!; left > 0; left--) {
      const idTo = at + 1 + bytes[at]!;
      items.push({
        product_id: bytes.toString('latin1', at + 1, idTo),
        quantity: view.getUint16(idTo, true),
        price: view.getFloat64(idTo + 2, true),
      });
      at = idTo + 10;
    }
    return { ...this.readKey(order), user_id, items };
  }

  #write(bytes: Buffer, view: DataView, start: number, order: NewOrder, writtenMs: number): void {
    const { user_id: user, idempotency_key: key, items } = order;
    view.setFloat64(start + TIME, writtenMs, true);
    bytes[start + KEY_LENGTH] = key.length;
    bytes[start + USER_LENGTH] = user.length;
    bytes[start + ITEM_COUNT] = items.length;
    let at = writeAscii(bytes, start + TEXT, key);
    at = writeAscii(bytes, at, user);
    for (const item of items) {
      bytes[at] = item.product_id.length;
      at = writeAscii(bytes, at + 1, item.product_id);
      view.setUint16(at, item.quantity, true);
      view.setFloat64(at + 2, item.price, true);
      at += 10;
    }
  }

  #hasKey(order: number, key: string): boolean {
    const position = this.#positionOf(order);
    const bytes = this.#bytes[chunkOf(position)]!;
    const start = offsetOf(position);
    if (bytes[start + KEY_LENGTH] !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (bytes[start + TEXT + i] !== key.charCodeAt(i)) return false;
    return true;
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

/** @returns the offset after the text. For such short texts this is quicker than the call into `Buffer.write`. */
function writeAscii(bytes: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
