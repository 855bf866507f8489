/** Follows a file that another process appends to. */
import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const readFile = promisify(read);
const closeFile = promisify(close);

const CHUNK_BYTES = 1024 * 1024;
/** Ten looks a second keep the live view fresh and cost nothing. */
const LOOK_MS = 100;

export class Tail {
  readonly #file: string;
  readonly #take: (chunk: Uint8Array) => void;
  readonly #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #descriptor: number | null = null;
  #at = 0;
  #timer: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();

  /** @param take is given bytes that are only its own until it returns */
  constructor(file: string, take: (chunk: Uint8Array) => void) {
    this.#file = file;
    this.#take = take;
  }

  start(): void {
    const look = (): void => {
      this.#reading = this.#readOn().finally(() => {
        if (this.#timer !== null) this.#timer = setTimeout(look, LOOK_MS);
      });
    };
    this.#timer = setTimeout(look, LOOK_MS);
  }

  /** Reads to the end of the file as it is now, and closes it. */
  async finish(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#reading;
    await this.#readOn();
    if (this.#descriptor !== null) await closeFile(this.#descriptor);
    this.#descriptor = null;
  }

  async #readOn(): Promise<void> {
    try {
      this.#descriptor ??= await openFile(this.#file, 'r');
    } catch (error) {
      // The generator has not written its first line yet.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    for (;;) {
      const { bytesRead } = await readFile(this.#descriptor, this.#buffer, 0, CHUNK_BYTES, this.#at);
      if (bytesRead === 0) return;
      this.#at += bytesRead;
      this.#take(this.#buffer.subarray(0, bytesRead));
    }
  }
}
