/**
 * The watchdog's own side: it waits until the drill falls silent (killed: the pipe closes; frozen: no heartbeat for a
 * lease), undoes what is unfinished and ends. It outlives neither its task nor the longest drill.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../measure/problem.ts';
import { causeOf } from './cause.ts';
import { readJournal } from './journal.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { ReopenByName } from './platforms.ts';
import { keepRestored } from './restored.ts';
import { countBack, type UndoneAll, undoLeft } from './undo.ts';
import { DISMISSED, READY, type WatchSettings } from './watch-settings.ts';

type Silence = 'was killed or ended early' | 'is frozen' | 'took longer than it can';

/** A platform that is in trouble itself may answer a little later. */
const TRIES = 3;
const TRY_AGAIN_MS = 2000;

/**
 * The whole life of a watchdog, on this process's standard streams.
 * @param argument `WatchSettings` as JSON
 * @param reopen opens the platform of the journal again
 */
export async function watch(argument: string, reopen: ReopenByName, limits: Limits = LIMITS): Promise<void> {
  const settings = JSON.parse(argument) as WatchSettings;
  // They are meant for the drill, which ends in its own time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  // The drill and its terminal may be gone by then.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const { silence, isStillSilent } = await untilSilent(settings);
  if (silence === null || isClosed(settings)) return;
  const say = (line: string): void => void process.stderr.write(`watchdog  ${line}\n`);
  say(`the drill (process ${settings.drillPid}) ${silence}: putting everything back`);
  for (let left = TRIES; left > 0; left--) {
    try {
      const done = await undoLeft(settings, reopen, 'watchdog', limits);
      describe(done).forEach(say);
      keepRestored(settings.folder, done.restored);
      if (done.restored) return;
      // What somebody else has changed stays as it is, however often it is tried.
      if (isClosed(settings)) break;
    } catch (error) {
      say(`it could not: ${causeOf(error)}`);
      if (isLocked(error) && isStillSilent()) fence(settings, say);
    }
    if (left > 1) await pause(TRY_AGAIN_MS);
  }
  say('not everything is as it was. Expected all of it. Use npm run restore');
}

/** Nothing was left when the drill ended, although it did not say so. */
function isClosed({ folder }: WatchSettings): boolean {
  try {
    return readJournal(folder)?.isClosed ?? false;
  } catch {
    // Said when it is to be undone.
    return false;
  }
}

interface Heard {
  /** Null where the drill has said that all is done. */
  silence: Silence | null;
  /** Nothing was heard of the drill since then. */
  isStillSilent(): boolean;
}

function untilSilent({ leaseMs, longestMs }: WatchSettings): Promise<Heard> {
  return new Promise((resolve) => {
    let lastMs = performance.now();
    // The pipe is read between two looks: a watchdog that was itself frozen finds the heartbeats that wait in it.
    let isOverdue = false;
    const looks = setInterval(() => {
      const wasOverdue = isOverdue;
      isOverdue = performance.now() - lastMs > leaseMs;
      if (isOverdue && wasOverdue) end('is frozen');
    }, leaseMs / 10);
    const longest = setTimeout(() => end('took longer than it can'), longestMs);
    const end = (silence: Silence | null): void => {
      clearInterval(looks);
      clearTimeout(longest);
      const silentMs = performance.now();
      resolve({ silence, isStillSilent: () => lastMs < silentMs });
    };
    process.stdin.setEncoding('utf8');
    process.stdin.on('data', (text: string) => {
      lastMs = performance.now();
      if (text.includes(DISMISSED)) end(null);
    });
    process.stdin.on('end', () => end('was killed or ended early'));
    process.stdin.on('error', () => end('was killed or ended early'));
    process.stdout.write(READY);
  });
}

function describe({ undoings, restored, trouble }: UndoneAll): string[] {
  const lines = undoings
    .filter((each) => !each.restored)
    .map(({ fault, region, words }) => `${[fault, region].filter(Boolean).join(' ')}: ${words}`);
  if (trouble !== '') lines.push(trouble);
  const end = restored ? 'all is as it was' : 'not all is as it was';
  return [...lines, `${countBack(undoings)}: ${end}`];
}

const isLocked = (error: unknown): boolean => error instanceof Problem && error.code === 'E_JOURNAL_LOCKED';

/**
 * A drill that is frozen while it injects holds the lock, and would go on injecting when it wakes: it is ended. Our
 * parent is the drill for as long as it lives, so that no other process can be meant.
 */
function fence({ drillPid }: WatchSettings, say: (line: string) => void): void {
  if (process.ppid !== drillPid) return;
  process.kill(drillPid, 'SIGKILL');
  say(`the drill (process ${drillPid}) was ended: it was frozen in the middle of a fault`);
}
