/** One life of a region: its process group, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../../measure/problem.ts';
import type { FromRegion, ProcessSettings, RegionState, ToRegion } from './channel.ts';

/** A region that cannot answer within this is frozen or busy beyond use. */
const LONGEST_ANSWER_MS = 2000;
const LONGEST_START_MS = 15_000;
const LONGEST_END_MS = 5000;
/** Enough of a stack trace to find its cause. */
const STDERR_KEPT = 4096;

type Answer = Extract<FromRegion, { kind: 'done' }>['value'];

export interface RegionGroupListeners {
  onTasks(): void;
  /** @param cause a sentence */
  onExit(cause: string): void;
}

export class RegionGroup {
  /** Pids of tasks that serve, and of those that are about to. */
  running: number[] = [];
  starting: number[] = [];
  /** Of the region's process, and of the group. */
  readonly pid: number;
  /** Done when all of its tasks serve. Rejects with a Problem where it cannot listen. */
  readonly serving: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listeners: RegionGroupListeners;
  /** Questions without an answer yet, by id. */
  readonly #waiting = new Map<number, (value: Answer) => void>();
  #questions = 0;
  #ended = false;
  #stderr = '';

  /** @param program as of `writeProgram` */
  constructor(program: string, settings: ProcessSettings, listeners: RegionGroupListeners) {
    this.#listeners = listeners;
    const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env,
    });
    this.#child = child;
    this.pid = child.pid!;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    });
    this.serving = new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => {
        this.signal('SIGKILL');
        reject(
          new Error(
            `the region ${settings.name} did not serve within ${LONGEST_START_MS} ms. ${this.#stderr}`,
          ),
        );
      }, LONGEST_START_MS);
      child.on('message', (message: FromRegion) => {
        if (message.kind === 'serving' || message.kind === 'failed') clearTimeout(tooLate);
        if (message.kind === 'serving') resolve();
        else if (message.kind === 'failed') {
          this.#stderr = message.message;
          reject(addressProblem(settings, message));
        } else this.#hear(message);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(tooLate);
        const how = signal === null ? `with status ${code}` : `by ${signal}`;
        const said = this.#stderr.trim() === '' ? '' : ` It said: ${this.#stderr.trim()}`;
        const cause = `the region ${settings.name} (process ${this.pid}) ended ${how}.${said}`;
        reject(new Error(cause));
        this.#end(cause);
      });
    });
    // Whoever waits for it hears of it; nobody has to.
    this.serving.catch(() => {});
  }

  /** To all its processes at once. */
  signal(signal: NodeJS.Signals): void {
    if (this.#ended) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** To some of its tasks, which are not counted any more. */
  killTasks(pids: readonly number[]): void {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    this.running = this.running.filter((pid) => !pids.includes(pid));
    this.starting = this.starting.filter((pid) => !pids.includes(pid));
  }

  /** What a frozen one is told comes into force when it goes on. */
  tell(state: RegionState): void {
    this.#send({ kind: 'set', id: 0, state });
  }

  /** Done when it is in force, or cannot be. */
  async set(state: RegionState): Promise<void> {
    await this.#ask((id) => ({ kind: 'set', id, state }));
  }

  /** Null where it cannot tell. */
  waiting(): Promise<Answer> {
    return this.#ask((id) => ({ kind: 'waiting', id }));
  }

  /** @returns JSON, or null where it cannot tell */
  listing(query: string): Promise<Answer> {
    return this.#ask((id) => ({ kind: 'listing', id, query }));
  }

  /** Waits until no process of it is left, so that its port is free. */
  async gone(): Promise<void> {
    const deadline = Date.now() + LONGEST_END_MS;
    while (hasMembers(this.pid)) {
      if (Date.now() > deadline) throw new Error(`processes of group ${this.pid} outlived their SIGKILL`);
      await pause(2);
    }
  }

  #hear(message: FromRegion): void {
    if (message.kind === 'tasks') {
      this.running = message.running;
      this.starting = message.starting;
      this.#listeners.onTasks();
    } else if (message.kind === 'done') {
      this.#settle(message.id, message.value);
    }
  }

  #ask(question: (id: number) => ToRegion): Promise<Answer> {
    if (this.#ended) return Promise.resolve(null);
    this.#questions++;
    const id = this.#questions;
    return new Promise((resolve) => {
      const tooLate = setTimeout(() => this.#settle(id, null), LONGEST_ANSWER_MS);
      this.#waiting.set(id, (value) => {
        clearTimeout(tooLate);
        resolve(value);
      });
      this.#send(question(id));
    });
  }

  #send(message: ToRegion): void {
    // A pipe that has just broken is told of by the exit too.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #settle(id: number, value: Answer): void {
    this.#waiting.get(id)?.(value);
    this.#waiting.delete(id);
  }

  #end(cause: string): void {
    // Its tasks end with it by themselves, frozen ones do not.
    this.signal('SIGKILL');
    this.#ended = true;
    this.running = [];
    this.starting = [];
    for (const id of [...this.#waiting.keys()]) this.#settle(id, null);
    this.#listeners.onExit(cause);
  }
}

/** Whether a process of the group lives. One that is dead and was not collected (a zombie) holds nothing any more. */
function hasMembers(group: number): boolean {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(pgrp) === group && state !== 'Z' && state !== 'X') return true;
    } catch {
      // Ended meanwhile.
    }
  }
  return false;
}

function addressProblem(
  { name, host, port, replicationPort }: ProcessSettings,
  { code, message }: { code: string; message: string },
): Problem {
  const places = `${host}, ports ${port} and ${replicationPort}`;
  return code === 'EADDRINUSE'
    ? new Problem(
        'E_PORT_IN_USE',
        `something listens there already (${places}). Region ${name} needs both ports free. Stop what has them, or choose others.`,
      )
    : new Problem(
        'E_ADDRESS',
        `region ${name} cannot listen (${places}: ${message}). Expected an address of this machine and ports that it may use.`,
      );
}
