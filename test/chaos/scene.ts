/** A world to break, a folder of runs with one run in it, and every process that a test starts there. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { test } from 'vitest';
import { FOLDER, makeWorld } from './file-platform.ts';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
/** One that hangs is ended by this, and its test fails on what is missing. */
const LONGEST_MS = 40_000;

export interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[]) {
    const { NODE_V8_COVERAGE: _coverage, ...env } = process.env;
    this.process = spawn(command, args, { detached: true, stdio: 'pipe', env });
    this.process.stdin!.on('error', () => {});
    for (const name of ['stdout', 'stderr'] as const) {
      this.process[name]!.setEncoding('utf8').on('data', (text: string) => {
        this[name] += text;
      });
    }
    const tooLong = setTimeout(() => this.process.kill('SIGKILL'), LONGEST_MS);
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        clearTimeout(tooLong);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Resolves with the first line of stdout that fits. @throws when it ends without */
  async said(what: RegExp): Promise<RegExpExecArray> {
    let hasEnded = false;
    void this.ended.then(() => {
      hasEnded = true;
    });
    for (;;) {
      const found = what.exec(this.stdout);
      if (found !== null) return found;
      if (hasEnded) throw new Error(`it ended without ${what}: ${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

export class Scene {
  readonly world = makeWorld();
  readonly runs = mkdtempSync(join(FOLDER, 'stormproof-runs-'));
  readonly run = '20261121T101112Z-drill-region-loss-7f3a';
  readonly folder = join(this.runs, this.run);
  readonly #children: Child[] = [];
  /** Watchdogs: they are not children of the test. */
  readonly #others: number[] = [];

  constructor() {
    mkdirSync(this.folder);
  }

  /** @param program in `test/chaos` */
  start(program: string, args: readonly string[], under: readonly string[] = []): Child {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const [command, ...rest] = [...under, process.execPath, '--import', TSX, file, ...args];
    const child = new Child(command!, rest);
    this.#children.push(child);
    return child;
  }

  /** A process that must be gone when the test has ended. */
  mind(pid: number): void {
    this.#others.push(pid);
  }

  /** @returns processes that were left */
  remove(): number[] {
    const pids = this.#children.map((child) => child.process.pid!);
    const left = [...pids, ...this.#others].filter(isAlive);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    for (const folder of [this.world, this.runs]) rmSync(folder, { recursive: true, force: true });
    return left;
  }
}

/** One that has ended and that its parent, being frozen, has not asked for (a zombie) does nothing any more. */
export function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

const DEADLINE_MS = 20_000;

/** Polls. @throws when it does not hold within the deadline */
export async function until(what: string, holds: () => boolean, { everyMs = 30 } = {}): Promise<void> {
  for (const end = Date.now() + DEADLINE_MS; Date.now() < end; ) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
}

export const it = test.extend<{ scene: Scene }>({
  scene: async ({ task: _task }, use) => {
    const scene = new Scene();
    await use(scene);
    const left = scene.remove();
    if (left.length > 0) throw new Error(`processes were left: ${left.join(', ')}`);
  },
});
