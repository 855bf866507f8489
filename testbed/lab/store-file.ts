/** A region's orders on disk: entries one after the other, only ever appended to. */
import { ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** An entry: size of its record (4), number (4), arrivedMs (8; 0: written here), the record (`order-record.ts`). */
const HEAD = 16;
const NUMBER = 4;
const FIRST_BUFFER = 64 * 1024;

export interface Entry {
  /** By the region that issued the order's id, from 1. */
  number: number;
  /** When it came from the peer, epoch ms; null: it was written here. */
  arrivedMs: number | null;
  record: Buffer;
}

/** Every stored order, in the order of the listing. */
export const ordersFile = (folder: string): string => join(folder, 'orders.log');

/** Numbers of own orders that the peer has acknowledged. */
export const deliveredFile = (folder: string): string => join(folder, 'delivered.log');

/** Whole entries: a kill may have torn the last one. A file that is missing has none. */
export function* readEntries(file: string): Generator<Entry> {
  const bytes = readWhole(file);
  for (let at = 0, end = endOf(bytes, at); end > at; at = end, end = endOf(bytes, at)) {
    const arrivedMs = bytes.readDoubleLE(at + 8);
    yield {
      number: bytes.readUInt32LE(at + 4),
      arrivedMs: arrivedMs === 0 ? null : arrivedMs,
      record: bytes.subarray(at + HEAD, end),
    };
  }
}

export function readNumbers(file: string): number[] {
  const bytes = readWhole(file);
  return Array.from({ length: Math.floor(bytes.length / NUMBER) }, (_, i) => bytes.readUInt32LE(i * NUMBER));
}

/** Takes what is to be written, and writes it at once when it is told to: orders of one moment share a write(2). */
export class Appender {
  readonly #file: number;
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER);
  #used = 0;

  /** @param wholeBytes what is beyond them is torn, and cut off */
  constructor(file: string, wholeBytes: number) {
    this.#file = openSync(file, 'a');
    ftruncateSync(this.#file, wholeBytes);
  }

  entry({ number, arrivedMs, record }: Entry): void {
    const at = this.#reserve(HEAD + record.length);
    this.#buffer.writeUInt32LE(record.length, at);
    this.#buffer.writeUInt32LE(number, at + 4);
    this.#buffer.writeDoubleLE(arrivedMs ?? 0, at + 8);
    this.#buffer.set(record, at + HEAD);
  }

  number(number: number): void {
    const at = this.#reserve(NUMBER);
    this.#buffer.writeUInt32LE(number, at);
  }

  /** What the system has taken outlives the process, however it ends. */
  write(): void {
    for (let from = 0; from < this.#used; ) {
      from += writeSync(this.#file, this.#buffer, from, this.#used - from);
    }
    this.#used = 0;
  }

  #reserve(size: number): number {
    const at = this.#used;
    this.#used += size;
    if (this.#used > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#used, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, at));
      this.#buffer = larger;
    }
    return at;
  }
}

export const entryBytes = (record: Buffer): number => HEAD + record.length;

export const numbersBytes = (numbers: number[]): number => NUMBER * numbers.length;

/** The end of the entry at `at`, or `at` where none is whole. */
function endOf(bytes: Buffer, at: number): number {
  if (at + HEAD > bytes.length) return at;
  const end = at + HEAD + bytes.readUInt32LE(at);
  return end > bytes.length ? at : end;
}

function readWhole(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
