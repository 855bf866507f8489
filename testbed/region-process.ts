/** A region's process as its starter sees it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Problem } from '../measure/problem.ts';
import type { Counts } from './account.ts';
import type { FromRegion, RegionSettings, ToRegion } from './region-channel.ts';

/** A region that ended although nobody had asked it to. */
export interface RegionExit {
  region: string;
  pid: number;
  /** When it was noticed, epoch ms. */
  atMs: number;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** A sentence. */
  cause: string;
}

/** It takes 0.3 s on a calm machine. */
const LONGEST_START_MS = 15_000;
/** A region that cannot answer within this is stopped (SIGSTOP) or busy beyond use. */
const LONGEST_ANSWER_MS = 2000;
/** Enough of a stack trace to find its cause. */
const STDERR_KEPT = 4096;

export class RegionProcess {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  /** Questions without an answer yet, by id. */
  readonly #waiting = new Map<number, (counts: Counts | null) => void>();
  #questions = 0;
  readonly #exited: Promise<void>;
  #exit: RegionExit | null = null;
  #listeners: ((exit: RegionExit) => void)[] = [];
  #stopped: Promise<Counts | null> | null = null;

  private constructor(settings: RegionSettings, port: number, child: ChildProcess, stderr: () => string) {
    this.name = settings.region;
    this.url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
    this.pid = child.pid!;
    this.#child = child;
    child.on('message', (message: FromRegion) => {
      if (message.kind === 'account' || message.kind === 'stopped') this.#settle(message.id, message.counts);
    });
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        for (const id of [...this.#waiting.keys()]) this.#settle(id, null);
        if (this.#stopped === null) this.#tellExit(code, signal, stderr());
        resolve();
      });
    });
  }

  /**
   * Starts a region and waits until it listens. It runs in a process group of its own: ctrl-C reaches the starter's
   * whole group, and a region must not die of it before the load has stopped.
   * @throws Problem E_PORT_IN_USE, E_ADDRESS where it cannot listen there
   */
  static async start(settings: RegionSettings): Promise<RegionProcess> {
    // By path and not by name: the folder that a person stands in may know another tsx, or none.
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const program = fileURLToPath(new URL('region.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', tsx, program, JSON.stringify(settings)], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: cleanEnvironment(),
    });
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT);
    });
    const first = await firstWord(child, () => stderr);
    if (first.kind === 'listening') return new RegionProcess(settings, first.port, child, () => stderr);
    child.kill('SIGKILL');
    throw first.kind === 'failed'
      ? addressProblem(settings, first)
      : new Error(`a region began with "${first.kind}"`);
  }

  /** @param listener is told of an exit that nobody asked for, also of one that has happened already */
  onExit(listener: (exit: RegionExit) => void): void {
    if (this.#exit === null) this.#listeners.push(listener);
    else listener(this.#exit);
  }

  /** The account as it stands, or null where the region is dead or stopped and cannot tell. */
  account(): Promise<Counts | null> {
    return this.#stopped ?? this.#ask('account');
  }

  /** Ends the region, by force if it must. @returns its last account, or null where it could not tell */
  stop(): Promise<Counts | null> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<Counts | null> {
    const counts = await this.#ask('stop');
    // SIGKILL ends a process that is stopped (SIGSTOP) too.
    const force = setTimeout(() => this.#child.kill('SIGKILL'), counts === null ? 0 : LONGEST_ANSWER_MS);
    await this.#exited;
    clearTimeout(force);
    return counts;
  }

  #ask(kind: ToRegion['kind']): Promise<Counts | null> {
    const { exitCode, signalCode, connected } = this.#child;
    if (exitCode !== null || signalCode !== null || !connected) return Promise.resolve(null);
    this.#questions++;
    const id = this.#questions;
    return new Promise((resolve) => {
      const tooLate = setTimeout(() => this.#settle(id, null), LONGEST_ANSWER_MS);
      this.#waiting.set(id, (counts) => {
        clearTimeout(tooLate);
        resolve(counts);
      });
      // A pipe that has just broken is told of by the exit too.
      this.#child.send({ kind, id } satisfies ToRegion, () => {});
    });
  }

  #settle(id: number, counts: Counts | null): void {
    this.#waiting.get(id)?.(counts);
    this.#waiting.delete(id);
  }

  #tellExit(code: number | null, signal: NodeJS.Signals | null, stderr: string): void {
    const how = signal === null ? `with status ${code}` : `by ${signal}`;
    const said = stderr.trim() === '' ? '' : ` It said: ${stderr.trim()}`;
    const cause = `the testbed's region ${this.name} (process ${this.pid}) ended ${how}.${said}`;
    this.#exit = { region: this.name, pid: this.pid, atMs: Date.now(), code, signal, cause };
    for (const listener of this.#listeners) listener(this.#exit);
    this.#listeners = [];
  }
}

function firstWord(child: ChildProcess, stderr: () => string): Promise<FromRegion> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(tooLate);
      child.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (message: FromRegion): void => {
      settle();
      resolve(message);
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onExit = (): void =>
      onError(new Error(`a region of the testbed ended before it listened. ${stderr()}`));
    const tooLate = setTimeout(() => {
      child.kill('SIGKILL');
      onError(new Error(`a region of the testbed did not listen within ${LONGEST_START_MS} ms. ${stderr()}`));
    }, LONGEST_START_MS);
    child.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}

/** A debugger's or a coverage tool's settings are for the starter: a region would listen on the same port, or slow down. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return rest;
}

function addressProblem(
  { host, port }: RegionSettings,
  { code, message }: { code: string; message: string },
): Problem {
  const address = `${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new Problem(
      'E_PORT_IN_USE',
      `something listens on ${address} already. The testbed needs that port free. Stop it, or choose another port with --port.`,
    );
  }
  return new Problem(
    'E_ADDRESS',
    `the testbed cannot listen on ${address} (${message}). Expected an address of this machine and a port that it may use. ` +
      'Choose another port with --port.',
  );
}
