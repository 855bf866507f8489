import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_MS = 200;
/** Longer than installing and compiling take on a slow machine. */
const PATIENCE_MS = 20 * 60_000;

/**
 * Does work that no other process may do at the same time. A lock whose owner has ended is taken over; one of another
 * machine (a shared folder) is waited for, and given up on in the end.
 * @template T
 * @param {string} file the lock
 * @param {{ say: (line: string) => void, signal: AbortSignal, patienceMs?: number }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, { say, signal, patienceMs = PATIENCE_MS }, work) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${process.pid} ${hostname()}`;
  const until = Date.now() + patienceMs;
  let said = false;
  while (!take(file, mine)) {
    const owner = readOwner(file);
    if (owner === null || hasEnded(owner)) {
      remove(file, owner);
      continue;
    }
    if (Date.now() > until)
      throw new Error(`${file} is still held by process ${owner}; remove it if that is not so`);
    if (!said) say(`another setup is at work (process ${owner}), waiting for it`);
    said = true;
    await pause(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Written aside and linked, so that nobody ever sees a lock without its owner.
 * @param {string} file
 * @param {string} mine
 */
function take(file, mine) {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, mine);
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string} file */
function readOwner(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** @param {string} owner `<process> <host>` */
function hasEnded(owner) {
  const [pid, host] = owner.split(' ');
  if (!Number(pid)) return true;
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/**
 * Removes the lock of an owner that has ended, and puts it back where another waiter was faster and holds it by now.
 * @param {string} file
 * @param {string | null} owner
 */
function remove(file, owner) {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
    if (readOwner(aside) !== owner) linkSync(aside, file);
  } catch {
    // Gone, or taken again.
  }
  rmSync(aside, { force: true });
}
