/**
 * One at a time: drill, watchdog and restore may come to the same journal at once. The lock is the kernel's, on an open
 * file: it ends with its process, however that ends, so that there is no stale one to guess about.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf } from '../harness/run-folder.ts';
import { Problem } from '../measure/problem.ts';

const NAME = 'journal.lock';
const LOOK_MS = 20;

export type LockHolder = 'drill' | 'watchdog' | 'restore';

/**
 * Does work that nobody else may do on this journal meanwhile. Not to be asked for again from within.
 * @param waitMs how long another one is waited for
 * @throws Problem E_JOURNAL_LOCKED, naming who has it, where that is too short
 */
export async function withJournalLock<T>(
  folder: string,
  holder: LockHolder,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const tryLock = await loadTryLock();
  const file = join(folder, NAME);
  const descriptor = openLock(file);
  try {
    const until = performance.now() + waitMs;
    while (!tryLock(descriptor)) {
      if (performance.now() > until) throw isLocked(file, waitMs);
      await pause(LOOK_MS);
    }
    writeHolder(descriptor, `${holder}, process ${process.pid}`);
    return await work();
  } finally {
    closeSync(descriptor);
  }
}

/** A native part: loaded late, so that a machine without it can still do everything but drills. */
async function loadTryLock(): Promise<(descriptor: number) => boolean> {
  try {
    return (await import('fs-native-extensions')).tryLock;
  } catch (error) {
    throw new Problem(
      'E_LOCK',
      `the lock of a journal does not work here (${codeOf(error)}). Expected Linux with glibc, macOS or Windows. Run drills there.`,
    );
  }
}

function openLock(file: string): number {
  try {
    return openSync(file, 'a+');
  } catch (error) {
    throw new Problem(
      'E_JOURNAL',
      `${file} cannot be opened (${codeOf(error)}). Expected a folder that can be written. Run it as who ran the drill.`,
    );
  }
}

/** For people only: on a full disk it is left out. */
function writeHolder(descriptor: number, holder: string): void {
  try {
    ftruncateSync(descriptor);
    writeSync(descriptor, holder);
  } catch {
    // The lock holds all the same.
  }
}

function isLocked(file: string, waitMs: number): Problem {
  const holder = readFileSync(file, 'utf8') || 'another process';
  return new Problem(
    'E_JOURNAL_LOCKED',
    `${file} is held by the ${holder}, for more than ${waitMs / 1000} s. Expected it to let go. Wait until it is done, or end it.`,
  );
}
