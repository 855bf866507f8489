/** `events.jsonl`: one stream of typed events, written as they come, heard by every renderer. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ObservedEvent, RunEvent } from '../measure/events.ts';
import { codeOf } from './run-folder.ts';

export type Listener = (event: RunEvent) => void;

export class EventLog {
  /** What was observed so far, in order: evidence. */
  readonly observed: ObservedEvent[] = [];
  readonly #descriptor: number;
  readonly #listeners: Listener[] = [];
  /** Observed events that the disk did not take: they are tried again with the next one. */
  #unwritten: string[] = [];
  /** A line was cut off: what follows must begin on one of its own. */
  #isTorn = false;
  #cause = '';

  constructor(file: string) {
    this.#descriptor = openSync(file, 'a');
  }

  /** Why observed events are missing in the file; empty where none is. The run goes on: it is said at its end. */
  get trouble(): string {
    return this.#unwritten.length === 0 ? '' : `events.jsonl could not be written (${this.#cause})`;
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Writes one event as a whole line, then tells the listeners. */
  write(event: RunEvent): void {
    if (event.observed) this.observed.push(event);
    const line = `${JSON.stringify(event)}\n`;
    const rest = [...this.#unwritten, line];
    while (rest.length > 0 && this.#append(rest[0]!)) rest.shift();
    // What is derived can be derived again.
    this.#unwritten = event.observed ? rest : rest.filter((each) => each !== line);
    for (const listener of this.#listeners) listener(event);
  }

  #append(line: string): boolean {
    try {
      const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
      const written = writeSync(this.#descriptor, bytes);
      if (written === bytes.length) {
        this.#isTorn = false;
        return true;
      }
      this.#isTorn ||= written > 0;
      this.#cause = 'ENOSPC';
    } catch (error) {
      this.#cause = codeOf(error);
    }
    return false;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
