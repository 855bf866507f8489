/**
 * Reads `evidence.csv`: `start_ms,op,seq,attempt,status,duration_ms,wait_ms,error_code,region`, no header, one line an
 * attempt. Any line may be torn (a full disk tears the middle of the file), so every line's columns and ranges are
 * checked and what does not fit is counted, not guessed.
 */

/** One attempt. The decoder hands out the same object again and again: copy what must outlive the call. */
export interface EvidenceLine {
  /** Epoch ms at which the request was sent. */
  startMs: number;
  /** Index into `decoder.ops`. */
  op: number;
  /** Character code of the population's letter. */
  population: number;
  /** The arrival's number in its population, from 0. */
  seq: number;
  /** 1 for the first send. */
  attempt: number;
  /** 0 where no whole response came. */
  status: number;
  /** From the first byte sent to the last received. */
  durationMs: number;
  /** Blocked, connecting and TLS before that. */
  waitMs: number;
  errorCode: number;
  /** Index into `decoder.regions`; 0 is the region that did not say its name. */
  region: number;
}

/** A line with a region of six letters; and with long names and a margin, as disk is asked for. */
export const BYTES_PER_LINE = 55;
export const MOST_BYTES_PER_LINE = 80;

const NEWLINE = 10;
const COMMA = 44;
const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** The longest whole line has some 150 bytes; beyond this a line is garbage. */
const LONGEST_LINE = 512;
const LONGEST_NAME = 32;
/** More different names than this are a sign of torn lines, not of a system. */
const MOST_NAMES = 256;
/** Epoch ms with 13 digits: from 2001 to 2286. A torn number loses digits. */
const EARLIEST_MS = 1e12;
const LATEST_MS = 1e13;

/** Names seen in a column, found again by their bytes without building a string. */
class Names {
  readonly names: string[];
  readonly #bytes: Uint8Array[];
  /** Most lines repeat the name of the line before. */
  #last = 0;

  constructor(first?: string) {
    this.names = first === undefined ? [] : [first];
    this.#bytes = first === undefined ? [] : [new Uint8Array(0)];
  }

  /** The index of the name in buffer[from, to), or -1 when there are too many names. */
  find(buffer: Uint8Array, from: number, to: number): number {
    if (this.#matches(this.#last, buffer, from, to)) return this.#last;
    for (let i = 0; i < this.#bytes.length; i++) {
      if (this.#matches(i, buffer, from, to)) {
        this.#last = i;
        return i;
      }
    }
    if (this.names.length >= MOST_NAMES) return -1;
    // A copy: `slice` of a Buffer is a view into what its owner overwrites.
    const bytes = new Uint8Array(buffer.subarray(from, to));
    this.names.push(Buffer.from(bytes).toString('utf8'));
    this.#bytes.push(bytes);
    this.#last = this.names.length - 1;
    return this.#last;
  }

  #matches(index: number, buffer: Uint8Array, from: number, to: number): boolean {
    const bytes = this.#bytes[index];
    if (bytes === undefined || bytes.length !== to - from) return false;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buffer[from + i]) return false;
    return true;
  }
}

/** Bytes in, attempts out: no string is built for a line, and a line may be cut anywhere between two chunks. */
export class EvidenceDecoder {
  lines = 0;
  /** Lines left out: torn, foreign or out of range. */
  malformed = 0;
  readonly #ops = new Names();
  readonly #regions = new Names('');
  readonly #line: EvidenceLine = {
    startMs: 0,
    op: 0,
    population: 0,
    seq: 0,
    attempt: 0,
    status: 0,
    durationMs: 0,
    waitMs: 0,
    errorCode: 0,
    region: 0,
  };
  #rest: Uint8Array = new Uint8Array(0);
  #buffer: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Operation names in the order of their first line. */
  get ops(): readonly string[] {
    return this.#ops.names;
  }

  /** Region names in the order of their first line; index 0 is the empty name. */
  get regions(): readonly string[] {
    return this.#regions.names;
  }

  /** Decodes every whole line of `chunk`, together with what the chunk before it left over. */
  push(chunk: Uint8Array, take: (line: EvidenceLine) => void): void {
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
      this.#take(buffer, from, end, take);
      from = end + 1;
    }
    // A line without an end that is already too long will not become a good one: keep its head only.
    this.#rest = new Uint8Array(buffer.subarray(from, from + 2 * LONGEST_LINE));
  }

  /** A last line without its newline was torn by the generator's death. */
  end(): void {
    if (this.#rest.length > 0) this.malformed += 1;
    this.#rest = new Uint8Array(0);
  }

  #take(buffer: Uint8Array, from: number, end: number, take: (line: EvidenceLine) => void): void {
    if (end === from) return;
    if (end - from <= LONGEST_LINE && this.#parse(buffer, from, end)) {
      this.lines += 1;
      take(this.#line);
    } else {
      this.malformed += 1;
    }
  }

  #parse(buffer: Uint8Array, from: number, end: number): boolean {
    this.#buffer = buffer;
    this.#at = from;
    const line = this.#line;
    line.startMs = this.#number(end);
    if (!(line.startMs >= EARLIEST_MS && line.startMs < LATEST_MS) || !this.#comma()) return false;
    const opFrom = this.#at;
    const opEnd = this.#column(end);
    if (opEnd <= opFrom || opEnd - opFrom > LONGEST_NAME || !this.#isName(opFrom, opEnd) || !this.#comma())
      return false;
    line.population = buffer[this.#at] ?? 0;
    if (line.population < 97 || line.population > 122) return false;
    this.#at += 1;
    line.seq = this.#integer(end);
    if (line.seq < 0 || !this.#comma()) return false;
    line.attempt = this.#integer(end);
    if (line.attempt < 1 || line.attempt > 1000 || !this.#comma()) return false;
    line.status = this.#integer(end);
    if ((line.status !== 0 && (line.status < 100 || line.status > 999)) || line.status < 0 || !this.#comma())
      return false;
    line.durationMs = this.#number(end);
    if (!(line.durationMs >= 0 && line.durationMs < 1e8) || !this.#comma()) return false;
    line.waitMs = this.#number(end);
    if (!(line.waitMs >= 0 && line.waitMs < 1e8) || !this.#comma()) return false;
    line.errorCode = this.#integer(end);
    if (line.errorCode < 0 || line.errorCode > 99_999 || !this.#comma()) return false;
    const regionFrom = this.#at;
    if (this.#column(end) !== end || end - regionFrom > LONGEST_NAME) return false;
    line.op = this.#ops.find(buffer, opFrom, opEnd);
    line.region = this.#regions.find(buffer, regionFrom, end);
    return line.op >= 0 && line.region >= 0;
  }

  #comma(): boolean {
    if (this.#buffer[this.#at] !== COMMA) return false;
    this.#at += 1;
    return true;
  }

  /** Moves to the end of the column and returns it. */
  #column(end: number): number {
    while (this.#at < end && this.#buffer[this.#at] !== COMMA) this.#at += 1;
    return this.#at;
  }

  /** Letters, digits, `_` and `-`: what an operation may be called. */
  #isName(from: number, to: number): boolean {
    for (let i = from; i < to; i++) {
      const c = this.#buffer[i]!;
      const fits =
        (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= ZERO && c <= NINE) || c === 95 || c === 45;
      if (!fits) return false;
    }
    return true;
  }

  /** A whole number of at most 12 digits, or -1. */
  #integer(end: number): number {
    const from = this.#at;
    let value = 0;
    while (this.#at < end) {
      const c = this.#buffer[this.#at]!;
      if (c < ZERO || c > NINE) break;
      value = value * 10 + (c - ZERO);
      this.#at += 1;
    }
    const digits = this.#at - from;
    return digits === 0 || digits > 12 ? -1 : value;
  }

  /** A decimal number without sign or exponent, or NaN. */
  #number(end: number): number {
    const from = this.#at;
    let value = 0;
    let scale = 0;
    while (this.#at < end) {
      const c = this.#buffer[this.#at]!;
      if (c === DOT && scale === 0) {
        scale = 1;
      } else if (c >= ZERO && c <= NINE) {
        value = value * 10 + (c - ZERO);
        scale *= 10;
      } else {
        break;
      }
      this.#at += 1;
    }
    const length = this.#at - from;
    if (length === 0 || length > 24 || scale === 1) return Number.NaN;
    return scale === 0 ? value : value / scale;
  }
}
