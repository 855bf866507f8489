/** `events.jsonl`: one stream of typed events, written as they come, heard by every renderer. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { ObservedEvent, RunEvent } from '../measure/events.ts';
import { codeOf } from './run-folder.ts';

export type Listener = (event: RunEvent) => void;

export class EventLog {
  /** What was observed so far, in order: evidence. */
  readonly observed: ObservedEvent[] = [];
  /** Why events could not be written; empty while they can. The run goes on: it is said at its end. */
  trouble = '';
  readonly #descriptor: number;
  readonly #listeners: Listener[] = [];

  constructor(file: string) {
    this.#descriptor = openSync(file, 'a');
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Writes one event as a whole line, then tells the listeners. */
  write(event: RunEvent): void {
    if (event.observed) this.observed.push(event);
    try {
      writeSync(this.#descriptor, `${JSON.stringify(event)}\n`);
    } catch (error) {
      this.trouble ||= `events.jsonl could not be written (${codeOf(error)})`;
    }
    for (const listener of this.#listeners) listener(event);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The observed events of a log; torn or foreign lines are left out, as a full disk leaves them. */
export function readObservedEvents(file: string): ObservedEvent[] {
  const events: ObservedEvent[] = [];
  for (const line of readLines(file)) {
    try {
      const event: unknown = JSON.parse(line);
      if (isObserved(event)) events.push(event);
    } catch {
      // Torn.
    }
  }
  return events;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function isObserved(event: unknown): event is ObservedEvent {
  if (typeof event !== 'object' || event === null) return false;
  const { t, kind, observed } = event as Partial<RunEvent>;
  return typeof t === 'number' && typeof kind === 'string' && observed === true;
}
