/**
 * The drill's side of its watchdog: a process of a session of its own, started before the first injection. As long as it
 * hears from the drill it does nothing; when it does not, it undoes everything (`watch.ts`).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Problem } from '../measure/problem.ts';
import type { Journal } from './journal.ts';
import { BEAT, DISMISSED, READY, type WatchSettings } from './watch-settings.ts';
import { within } from './within.ts';

export interface Watchdog {
  pid: number;
  /** Why it does not watch any more: then nothing may be injected. Empty while it does. */
  trouble(): string;
  /** The drill has ended and put everything back: it may go. @returns why it did not go by itself, empty where it did */
  dismiss(): Promise<string>;
}

export interface WatchdogOptions {
  /** A drill that is not heard of for this long is frozen or dead, ms. */
  leaseMs?: number;
  /** Longer than the drill can take, ms: then the watchdog undoes everything, whatever it hears. */
  longestMs?: number;
  /** Its program; another one in tests. */
  program?: string;
}

/** Longer than a busy event loop is held up, shorter than anybody wants a fault to stay. */
const LEASE_MS = 10_000;
const LONGEST_MS = 4 * 60 * 60_000;
const BEATS_PER_LEASE = 10;
const START_MS = 20_000;
const GO_MS = 5000;

/**
 * Starts the watchdog of a journal and waits until it watches.
 * @throws Problem E_WATCHDOG where it does not
 */
export async function startWatchdog(journal: Journal, options: WatchdogOptions = {}): Promise<Watchdog> {
  const { leaseMs = LEASE_MS, longestMs = LONGEST_MS } = options;
  const program = options.program ?? fileURLToPath(new URL('watchdog-process.ts', import.meta.url));
  const { folder, run } = journal;
  const settings: WatchSettings = { folder, run, drillPid: process.pid, leaseMs, longestMs };
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = spawn(process.execPath, ['--import', tsx, program, JSON.stringify(settings)], {
    detached: true,
    // What it says when the drill is gone is for the drill's terminal.
    stdio: ['pipe', 'pipe', 'inherit'],
    env: cleanEnvironment(),
  });
  const ended = endOf(child);
  const lead = child.stdin as Socket;
  // Its end closes it; that is told by `trouble`.
  lead.on('error', () => {});
  const beats = setInterval(() => lead.write(BEAT), leaseMs / BEATS_PER_LEASE);
  let trouble = '';
  journal.unwatched = () => trouble;
  void ended.then((how) => {
    clearInterval(beats);
    trouble = `the watchdog has ended (${how})`;
  });
  try {
    await within(START_MS, 'starting it', () => untilReady(child, ended));
  } catch (error) {
    child.kill('SIGKILL');
    throw new Problem(
      'E_WATCHDOG',
      `the watchdog does not watch: ${(error as Error).message}. Expected one before anything is broken. Try again, with less load on this machine.`,
    );
  }
  // A drill that has nothing left to do ends, and is found out by the closed pipe.
  for (const handle of [child, beats, lead, child.stdout as Socket]) handle.unref();
  return {
    pid: child.pid!,
    trouble: () => trouble,
    async dismiss() {
      clearInterval(beats);
      child.ref();
      lead.end(DISMISSED);
      try {
        await within(GO_MS, 'its end', () => ended);
        return '';
      } catch (error) {
        child.kill('SIGKILL');
        return `the watchdog was killed: ${(error as Error).message}`;
      }
    },
  };
}

/** @returns how it ended, in words; it does not throw */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

async function untilReady(child: ChildProcess, ended: Promise<string>): Promise<void> {
  const ready = new Promise<string>((resolve) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(READY)) resolve('');
    });
  });
  const how = await Promise.race([ready, ended]);
  if (how !== '') throw new Error(`it ended at once (${how})`);
}

/** A debugger's or a coverage tool's settings are for the drill. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return rest;
}
