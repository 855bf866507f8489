/**
 * Reads a listing of stored keys: `key,order_id,written_ms`, no header; the last two may be empty where a system of
 * record does not tell them. Keys of other runs are nobody's business here and are counted only.
 */

/** A stored key of this run. The decoder hands out the same object again and again. */
export interface StoredKeyLine {
  /** Character code of the population's letter. */
  letter: number;
  seq: number;
  /** 32-bit hash of the order id, never 0; 0 where there is none. */
  idHash: number;
}

const NEWLINE = 10;
const COMMA = 44;
const ZERO = 48;
const LONGEST_LINE = 512;
const LONGEST_NUMBER = 12;
/** Epoch ms have 13 digits from 2001 to 2286. A torn number loses digits. */
const EPOCH_DIGITS = 13;

/** Bytes in, keys out; a line may be cut anywhere between two chunks. */
export class KeyListing {
  /** Whole lines, other runs' keys included. */
  lines = 0;
  /** Lines left out because they were torn. */
  torn = 0;
  /** Keys of this run that are none that it could have made, each once, up to `MOST_STRANGE`. */
  readonly strange = new Set<string>();
  readonly #prefix: Uint8Array;
  readonly #line: StoredKeyLine = { letter: 0, seq: 0, idHash: 0 };
  #rest: Uint8Array = new Uint8Array(0);

  /** @param run its id: keys begin with it and a hyphen */
  constructor(run: string) {
    this.#prefix = new TextEncoder().encode(`${run}-`);
  }

  push(chunk: Uint8Array, take: (line: StoredKeyLine) => void): void {
    let buffer = chunk;
    if (this.#rest.length > 0) {
      buffer = new Uint8Array(this.#rest.length + chunk.length);
      buffer.set(this.#rest);
      buffer.set(chunk, this.#rest.length);
    }
    let from = 0;
    for (;;) {
      const end = buffer.indexOf(NEWLINE, from);
      if (end < 0) break;
      if (end > from) this.#take(buffer, from, end, take);
      from = end + 1;
    }
    this.#rest = new Uint8Array(buffer.subarray(from, from + 2 * LONGEST_LINE));
  }

  /** A last line without its newline was torn. */
  end(): void {
    if (this.#rest.length > 0) this.torn += 1;
    this.#rest = new Uint8Array(0);
  }

  /** Notes a key of this run that it cannot have made. */
  addStrange(key: string): void {
    if (this.strange.size < MOST_STRANGE) this.strange.add(key);
  }

  #take(buffer: Uint8Array, from: number, end: number, take: (line: StoredKeyLine) => void): void {
    const keyEnd = buffer.indexOf(COMMA, from);
    const idEnd = keyEnd < 0 ? -1 : buffer.indexOf(COMMA, keyEnd + 1);
    const whole = keyEnd > from && idEnd > 0 && idEnd < end && isInstant(buffer, idEnd + 1, end);
    if (!whole || end - from > LONGEST_LINE) {
      this.torn += 1;
      return;
    }
    this.lines += 1;
    if (!this.#isOurs(buffer, from, keyEnd)) return;
    const at = from + this.#prefix.length;
    const seq = wholeNumber(buffer, at + 1, keyEnd);
    const letter = buffer[at]!;
    if (seq < 0 || letter < 97 || letter > 122) {
      this.addStrange(Buffer.from(buffer.subarray(from, keyEnd)).toString('utf8'));
      return;
    }
    this.#line.letter = letter;
    this.#line.seq = seq;
    this.#line.idHash = hash(buffer, keyEnd + 1, idEnd);
    take(this.#line);
  }

  #isOurs(buffer: Uint8Array, from: number, keyEnd: number): boolean {
    if (keyEnd - from <= this.#prefix.length) return false;
    for (let i = 0; i < this.#prefix.length; i++) if (buffer[from + i] !== this.#prefix[i]) return false;
    return true;
  }
}

/** More than this many tell nothing new. */
const MOST_STRANGE = 100_000;

function isInstant(buffer: Uint8Array, from: number, to: number): boolean {
  return from === to || (to - from === EPOCH_DIGITS && digits(buffer, from, to));
}

function digits(buffer: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (buffer[i]! < ZERO || buffer[i]! > ZERO + 9) return false;
  return true;
}

/** A number as a key has it, without leading zeros; -1 where it is none. */
function wholeNumber(buffer: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > LONGEST_NUMBER || !digits(buffer, from, to)) return -1;
  if (buffer[from] === ZERO && to - from > 1) return -1;
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + buffer[i]! - ZERO;
  return value;
}

/** FNV-1a, 32 bits. */
function hash(buffer: Uint8Array, from: number, to: number): number {
  if (from === to) return 0;
  let value = 0x811c9dc5;
  for (let i = from; i < to; i++) value = Math.imul(value ^ buffer[i]!, 0x01000193);
  return value >>> 0 || 1;
}
