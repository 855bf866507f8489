/**
 * `journal.jsonl`: what a drill is about to break, with what was there before, on the disk before it is broken. Whoever
 * writes holds the journal's lock (`journal-lock.ts`).
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../harness/run-folder.ts';
import { Problem } from '../measure/problem.ts';
import { causeOf } from './cause.ts';
import { foldJournal, JOURNAL_SCHEMA, type JournalEntry, type JournalState } from './journal-state.ts';
import type { Json } from './platform.ts';

const NAME = 'journal.jsonl';

/** A journal, by the folder of its run. */
export interface Journal {
  folder: string;
  run: string;
  /** Its watchdog's: why it does not watch any more, empty while it does. */
  unwatched?: () => string;
}

/**
 * Begins the journal of a run, before anything is started that would have to be undone.
 * @param platform what `reopenPlatform` is given by a process that knows nothing of the drill
 * @throws Problem E_JOURNAL where it cannot be written
 */
export function createJournal(
  folder: string,
  run: string,
  platform: { name: string; journalled: Json },
): Journal {
  const journal = { folder, run };
  try {
    closeSync(openSync(join(folder, NAME), 'wx'));
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  appendEntry(journal, {
    kind: 'opened',
    schema: JOURNAL_SCHEMA,
    run,
    platform: { name: platform.name, journalled: platform.journalled },
    pid: process.pid,
    bootId: bootId(),
    startedAt: new Date().toISOString(),
  });
  try {
    syncFolder(folder);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
  return journal;
}

/** Else the file's name may be gone after a power cut, whatever the file holds. */
function syncFolder(folder: string): void {
  // Windows opens no folders; its file system writes names by itself.
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes one line and waits until the disk has it.
 * @throws Problem E_JOURNAL where the disk does not take it: then it must not be acted upon
 */
export function appendEntry({ folder }: Journal, entry: JournalEntry): void {
  try {
    const descriptor = openSync(join(folder, NAME), 'a+');
    try {
      append(descriptor, `${JSON.stringify(entry)}\n`);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/** As `appendEntry`, for what must go on all the same. @returns why it is not written, empty where it is */
export function noteEntry(journal: Journal, entry: JournalEntry): string {
  try {
    appendEntry(journal, entry);
    return '';
  } catch (error) {
    return causeOf(error);
  }
}

function append(descriptor: number, line: string): void {
  const size = fstatSync(descriptor).size;
  // A line that a crash has cut off must not swallow this one.
  const bytes = Buffer.from(isTorn(descriptor, size) ? `\n${line}` : line);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } catch (error) {
    // What was not written whole must not look as if it had been: nobody acts upon it.
    ftruncateSync(descriptor, size);
    throw error;
  }
}

function isTorn(descriptor: number, size: number): boolean {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last.toString() !== '\n';
}

function cannotWrite(folder: string, error: unknown): Problem {
  return new Problem(
    'E_JOURNAL',
    `${join(folder, NAME)} could not be written (${codeOf(error)}). Expected a disk with room: nothing is broken before it is written down how it is put back. Free the disk or use --runs-dir.`,
  );
}

/**
 * What the journal of a run's folder comes to, or null where there is none.
 * @throws Problem E_JOURNAL where it is there and cannot be read
 */
export function readJournal(folder: string): JournalState | null {
  try {
    return foldJournal(readFileSync(join(folder, NAME), 'utf8'));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new Problem(
      'E_JOURNAL',
      `${join(folder, NAME)} cannot be read (${code}). Expected the journal of a drill. Run it as who ran the drill.`,
    );
  }
}

/** Linux tells; elsewhere it is not known. */
function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** The drill that wrote it is still running, as far as can be told. */
export function isUnderWay({ opened }: JournalState): boolean {
  if (opened === null || opened.bootId !== bootId()) return false;
  try {
    process.kill(opened.pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
