/** Points on disk before they are sent: whatever happens to the database or to this process, they are in the run's folder. */
import { type FileHandle, open } from 'node:fs/promises';
import type { Backlog } from '../reports/influx/delivery.ts';
import type { Point } from '../reports/influx/schema.ts';
import { codeOf } from './run-folder.ts';

/** Where the disk takes no more, so many points wait in memory; the evidence holds what they would say. */
const MOST_IN_MEMORY = 20_000;

/** Where each point that waits lies in the file. */
interface Place {
  from: number;
  bytes: number;
}

export class Spool implements Backlog {
  readonly #path: string;
  #file: FileHandle | null = null;
  /** Taken and not yet on disk. */
  #fresh: string[] = [];
  /** On disk and not yet sent, oldest first. */
  #places: Place[] = [];
  #end = 0;
  #broken = '';
  #flushing: Promise<void> = Promise.resolve();
  /** Points that found room neither on disk nor in memory. */
  skipped = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Why the file is not whole; empty while it is. */
  get trouble(): string {
    return this.#broken;
  }

  /** What waits: on disk, or in memory where the disk takes no more. */
  get length(): number {
    return this.#places.length + (this.#broken === '' ? 0 : this.#fresh.length);
  }

  /** Points that were taken and not sent, wherever they are. */
  get unsent(): number {
    return this.#places.length + this.#fresh.length + this.skipped;
  }

  take(points: readonly Point[]): void {
    for (const point of points) {
      if (this.#fresh.length >= MOST_IN_MEMORY) this.skipped += 1;
      else this.#fresh.push(`${JSON.stringify(point)}\n`);
    }
  }

  /** Writes what was taken, whole, one call after the other, and waits until it lies on the disk: once a batch. */
  flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    if (this.#fresh.length === 0 || this.#broken !== '') return;
    const lines = this.#fresh;
    this.#fresh = [];
    try {
      this.#file ??= await open(this.#path, 'a+');
      await this.#file.appendFile(lines.join(''));
      await this.#file.datasync();
    } catch (error) {
      this.#broken = codeOf(error);
      this.#fresh = [...lines, ...this.#fresh];
      return;
    }
    for (const line of lines) {
      const size = Buffer.byteLength(line);
      this.#places.push({ from: this.#end, bytes: size });
      this.#end += size;
    }
  }

  async peek(n: number): Promise<Point[]> {
    if (this.#places.length > 0) {
      try {
        return await this.#read(this.#places.slice(0, n));
      } catch (error) {
        // What cannot be read back is not sent from here: the evidence still holds it.
        this.#broken = codeOf(error);
        this.skipped += this.#places.length;
        this.#places = [];
      }
    }
    return this.#fresh.slice(0, n).map((line) => JSON.parse(line) as Point);
  }

  async #read(places: readonly Place[]): Promise<Point[]> {
    const { from } = places[0]!;
    const last = places.at(-1)!;
    const buffer = Buffer.alloc(last.from + last.bytes - from);
    const { bytesRead } = await this.#file!.read(buffer, 0, buffer.length, from);
    if (bytesRead < buffer.length) throw new Error('it was cut off');
    return places.map(
      (place) =>
        JSON.parse(buffer.toString('utf8', place.from - from, place.from - from + place.bytes)) as Point,
    );
  }

  drop(n: number): void {
    const onDisk = Math.min(n, this.#places.length);
    this.#places.splice(0, onDisk);
    this.#fresh.splice(0, n - onDisk);
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#file?.close();
    this.#file = null;
  }
}
