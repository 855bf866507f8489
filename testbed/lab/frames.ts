/**
 * Packed messages over a byte stream: size of the rest (4), ticket (4), kind (1), payload. What is said in one turn
 * of the event loop goes out in one write.
 */
import type { Duplex } from 'node:stream';

const HEAD = 9;
const CHUNK = 64 * 1024;

/** A message whose payload is still to be written. */
export interface OpenFrame {
  bytes: Buffer;
  view: DataView;
  /** Where the payload begins. */
  start: number;
}

export class FrameWriter {
  readonly #stream: Duplex;
  #bytes = Buffer.alloc(0);
  #view = new DataView(new ArrayBuffer(0));
  /** Handed to the stream until here; what follows until `#end` is still to be. */
  #sent = 0;
  #end = 0;
  #due = false;
  readonly #flushLater = (): void => this.flush();

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** @param size of the payload, which the caller writes before it does anything else */
  open(kind: number, ticket: number, size: number): OpenFrame {
    if (this.#end + HEAD + size > this.#bytes.length) this.#renew(HEAD + size);
    const at = this.#end;
    this.#view.setUint32(at, HEAD - 4 + size, true);
    this.#view.setUint32(at + 4, ticket, true);
    this.#bytes[at + 8] = kind;
    this.#end = at + HEAD + size;
    if (!this.#due) {
      this.#due = true;
      setImmediate(this.#flushLater);
    }
    return { bytes: this.#bytes, view: this.#view, start: at + HEAD };
  }

  flush(): void {
    this.#due = false;
    if (this.#end === this.#sent) return;
    // The stream may hold on to these bytes: they are not used again.
    if (this.#stream.writable) this.#stream.write(this.#bytes.subarray(this.#sent, this.#end));
    this.#sent = this.#end;
  }

  #renew(size: number): void {
    const due = this.#due;
    this.flush();
    this.#due = due;
    const memory = new ArrayBuffer(Math.max(CHUNK, size));
    this.#bytes = Buffer.from(memory);
    this.#view = new DataView(memory);
    this.#sent = 0;
    this.#end = 0;
  }
}

/** @param payload in place: good for as long as the caller keeps it */
export type OnFrame = (kind: number, ticket: number, payload: Buffer) => void;

export function readFrames(stream: Duplex, onFrame: OnFrame): void {
  let rest: Buffer | null = null;
  stream.on('data', (chunk: Buffer) => {
    const bytes = rest === null ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at + HEAD <= bytes.length) {
      const end = at + 4 + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      onFrame(bytes[at + 8]!, bytes.readUInt32LE(at + 4), bytes.subarray(at + HEAD, end));
      at = end;
    }
    rest = at === bytes.length ? null : bytes.subarray(at);
  });
}
