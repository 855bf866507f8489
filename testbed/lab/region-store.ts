/** The orders of one region of the lab: its own and those of its peer, in memory as on its disk. */
import { mkdirSync } from 'node:fs';
import { Bitmap } from '../../measure/bitmap.ts';
import { hashKey } from '../key-hash.ts';
import { keyOf } from '../order-record.ts';
import { OrderStore, type StoredKey, type StoredOrder } from '../order-store.ts';
import type { ReadableOrders } from '../reading.ts';
import {
  Appender,
  deliveredFile,
  entryBytes,
  numbersBytes,
  ordersFile,
  readEntries,
  readNumbers,
} from './store-file.ts';

/**
 * Places in the listing are 1 to `count`, own orders and the peer's mixed as they came; numbers are those in order
 * ids. A key that was written in both regions has a place for each.
 */
export class RegionStore implements ReadableOrders {
  readonly #region: string;
  readonly #peer: string;
  readonly #orders: OrderStore;
  /** By place: the number, negative where the peer issued it. */
  readonly #numbers: number[] = [0];
  /** By number: the place. */
  readonly #own: number[] = [0];
  readonly #peers: number[] = [0];
  readonly #delivered = new Bitmap();
  readonly #ordersLog: Appender;
  readonly #deliveredLog: Appender;

  /** Loads what is in the folder, and makes it where it is missing. */
  constructor(region: string, peer: string, folder: string) {
    this.#region = region;
    this.#peer = peer;
    this.#orders = new OrderStore(region);
    mkdirSync(folder, { recursive: true });
    let bytes = 0;
    for (const { number, arrivedMs, record } of readEntries(ordersFile(folder))) {
      this.#add(record, hashKey(keyOf(record, 0)), number, arrivedMs === null);
      bytes += entryBytes(record);
    }
    this.#ordersLog = new Appender(ordersFile(folder), bytes);
    const delivered = readNumbers(deliveredFile(folder));
    for (const number of delivered) this.#delivered.add(number);
    this.#deliveredLog = new Appender(deliveredFile(folder), numbersBytes(delivered));
  }

  get count(): number {
    return this.#orders.count;
  }

  /** Own orders that the peer has not acknowledged. */
  get undelivered(): number {
    return this.#own.length - 1 - this.#delivered.size;
  }

  /** The place of the first order with this key, or 0. */
  find(key: string, hash: number): number {
    return this.#orders.find(key, hash);
  }

  /**
   * Takes an own order whose key `find` did not find. On disk only after `write`.
   * @param record packed; its time is set here
   * @returns its place
   */
  place(record: Buffer, hash: number, writtenMs: number): number {
    record.writeDoubleLE(writtenMs, 0);
    const number = this.#own.length;
    this.#ordersLog.entry({ number, arrivedMs: null, record });
    return this.#add(record, hash, number, true);
  }

  /** Takes an order of the peer's; one that is here already is left as it is. On disk only after `write`. */
  take(number: number, record: Buffer, arrivedMs: number): void {
    if (this.#peers[number] !== undefined) return;
    this.#ordersLog.entry({ number, arrivedMs, record });
    this.#add(record, hashKey(keyOf(record, 0)), number, false);
  }

  /** Nothing may be told to anyone before. */
  write(): void {
    this.#ordersLog.write();
  }

  /** The peer has these own orders. */
  setDelivered(numbers: readonly number[]): void {
    for (const number of numbers) if (this.#delivered.add(number)) this.#deliveredLog.number(number);
    this.#deliveredLog.write();
  }

  /** Own numbers that the peer has not acknowledged, ascending. */
  undeliveredNumbers(): number[] {
    const numbers: number[] = [];
    for (let n = 1; n < this.#own.length; n++) if (!this.#delivered.has(n)) numbers.push(n);
    return numbers;
  }

  /** The packed bytes of an own order, in place. */
  ownRecord(number: number): Buffer {
    return this.#orders.record(this.#own[number]!);
  }

  /** The number in its id, negative where the peer issued it. @param place 1 to `count` */
  numberAt(place: number): number {
    return this.#numbers[place]!;
  }

  writtenMs(place: number): number {
    return this.#orders.writtenMs(place);
  }

  orderOf(orderId: string): number {
    const [, region, digits] = /^(.+)-([1-9]\d{0,9})$/.exec(orderId) ?? [];
    if (region === this.#region) return this.#own[Number(digits)] ?? 0;
    return region === this.#peer ? (this.#peers[Number(digits)] ?? 0) : 0;
  }

  readKey(place: number): StoredKey {
    return { ...this.#orders.readKey(place), order_id: this.#orderId(place) };
  }

  read(place: number): StoredOrder {
    return { ...this.#orders.read(place), order_id: this.#orderId(place) };
  }

  #orderId(place: number): string {
    const number = this.#numbers[place]!;
    return number > 0 ? `${this.#region}-${number}` : `${this.#peer}-${-number}`;
  }

  #add(record: Buffer, hash: number, number: number, own: boolean): number {
    const place = this.#orders.addRecord(record, hash);
    this.#numbers.push(own ? number : -number);
    (own ? this.#own : this.#peers)[number] = place;
    return place;
  }
}
