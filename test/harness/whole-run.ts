/** Whole runs as a person starts them: `scripts/load.ts` in a process group of its own, and all that it left. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { test } from 'vitest';
import type { RunEvent } from '../../measure/events.ts';
import type { Verdict } from '../../measure/verdict.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
/** A run that hangs is ended by this, and its test fails on what is missing. */
const LONGEST_RUN_MS = 50_000;

/** What a test plants: a folder with a configuration, scenarios beside it, and the runs. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'stormproof-'));
  readonly runs = join(this.folder, 'runs');

  /** @param config what `stormproof.config.ts` exports, as source */
  configure(config: string): void {
    const harness = JSON.stringify(join(ROOT, 'harness/config.ts'));
    this.write(
      'stormproof.config.ts',
      `import { defineConfig, env } from ${harness};\nvoid env;\nexport default defineConfig(${config});\n`,
    );
  }

  write(name: string, content: string, mode = 0o644): string {
    const file = join(this.folder, name);
    writeFileSync(file, content, { mode });
    return file;
  }

  /**
   * @param before statements of the module, run when it is loaded; they begin on its second line
   * @param iteration what an arrival does with `client`
   */
  writeScenario(name: string, before: string, iteration: string): void {
    mkdirSync(join(this.folder, 'scenarios'), { recursive: true });
    const library = JSON.stringify(join(ROOT, 'scenarios/lib/scenario.ts'));
    this.write(
      `scenarios/${name}.ts`,
      `import { defineScenario } from ${library};
${before}
export default defineScenario({
  operations: { order: { success: 201 } },
  iteration({ send, seq, orderPath }) {
    ${iteration}
  },
});
`,
    );
  }

  /** The folders of the runs, the newest last. */
  runFolders(): string[] {
    if (!existsSync(this.runs)) return [];
    return readdirSync(this.runs)
      .filter((name) => name !== 'latest')
      .sort()
      .map((name) => join(this.runs, name));
  }

  /** Whatever a failed test has left running names this folder in its command line, and nothing else does. */
  remove(): void {
    for (const { pid, command } of processes()) if (command.includes(this.folder)) kill(pid);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Tests that get a place of their own, so that several may run beside each other. */
export const it = test.extend<{ place: Place }>({
  place: async ({ task: _task }, use) => {
    const place = new Place();
    await use(place);
    place.remove();
  },
});

export interface WholeRun {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** Everything that a person saw. */
  said: string;
  /** The newest run's folder, '' where there is none. */
  folder: string;
  verdict: Verdict | null;
}

export interface StartOptions {
  script?: 'load' | 'report';
  env?: NodeJS.ProcessEnv;
  /** What runs the harness: `['taskset', '-c', '0']`. */
  under?: readonly string[];
}

export class StartedRun {
  readonly pid: number;
  readonly finished: Promise<WholeRun>;
  readonly #place: Place;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(
    place: Place,
    args: readonly string[],
    { script = 'load', env = {}, under = [] }: StartOptions,
  ) {
    this.#place = place;
    const node = [process.execPath, '--import', TSX, join(ROOT, 'scripts', `${script}.ts`)];
    const where = args.includes('--runs-dir') ? [] : ['--runs-dir', place.runs];
    const [command, ...rest] = [...under, ...node, ...where, ...args];
    const { NODE_V8_COVERAGE: _coverage, ...inherited } = process.env;
    this.#child = spawn(command!, rest, {
      cwd: place.folder,
      // Its own process group, as a terminal gives to a command.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, CI: 'true', ...env },
    });
    this.pid = this.#child.pid!;
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), LONGEST_RUN_MS);
    this.finished = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        clearTimeout(tooLong);
        resolve(this.#end(code, signal));
      });
    });
  }

  get folder(): string {
    return this.#place.runFolders().at(-1) ?? '';
  }

  /** To the harness' whole process group, as ctrl-C does. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Resolves once so many lines of evidence are there. */
  async underLoad(lines = 30): Promise<void> {
    await until(`${lines} lines of evidence`, () => {
      if (this.#child.exitCode !== null) throw new Error(`the run ended: ${this.#stderr}${this.#stdout}`);
      return read(join(this.folder, 'evidence.csv')).split('\n').length > lines;
    });
  }

  /** Guard, generator and regions of this run. @throws where one is missing */
  parts(): { guard: number; k6: number; region: number | null } {
    const all = processes();
    const below = (parent: number, what: RegExp): number | null =>
      all.find((each) => each.parent === parent && what.test(each.command))?.pid ?? null;
    const guard = below(this.pid, /stormproof-guard/);
    const k6 = guard === null ? null : below(guard, /--summary-mode=disabled/);
    if (guard === null || k6 === null) throw new Error('no generator is running');
    return { guard, k6, region: below(this.pid, /region/) };
  }

  #end(code: number | null, signal: string | null): WholeRun {
    const { folder } = this;
    const verdict = read(join(folder, 'verdict.json'));
    return {
      code,
      signal,
      stdout: this.#stdout,
      stderr: this.#stderr,
      said: `${this.#stderr}${this.#stdout}`,
      folder,
      verdict: verdict === '' ? null : (JSON.parse(verdict) as Verdict),
    };
  }
}

export function start(place: Place, args: readonly string[], options: StartOptions = {}): StartedRun {
  return new StartedRun(place, args, options);
}

/** Runs to its end. */
export function load(
  place: Place,
  args: readonly string[],
  options: Omit<StartOptions, 'script'> = {},
): Promise<WholeRun> {
  return start(place, args, options).finished;
}

export function report(place: Place, args: readonly string[]): Promise<WholeRun> {
  return start(place, args, { script: 'report' }).finished;
}

export function eventsOf(folder: string): RunEvent[] {
  return read(join(folder, 'events.jsonl'))
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as RunEvent];
      } catch {
        return [];
      }
    });
}

/** @returns '' where there is no such file */
export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Polls. @throws when it does not hold within the deadline */
export async function until(what: string, holds: () => boolean, deadlineMs = 40_000): Promise<void> {
  for (const end = Date.now() + deadlineMs; Date.now() < end; ) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`);
}

export async function untilGone(...pids: (number | null)[]): Promise<void> {
  const wanted = pids.filter((pid) => pid !== null);
  await until(`processes ${wanted.join(', ')} gone`, () => !wanted.some(isAlive), 10_000);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** One that has ended and that nobody has asked for (a zombie) does nothing any more. */
function isAlive(pid: number): boolean {
  return processes().some((each) => each.pid === pid && !each.state.startsWith('Z'));
}

function processes(): { pid: number; parent: number; state: string; command: string }[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    return match === null
      ? []
      : [{ pid: Number(match[1]), parent: Number(match[2]), state: match[3]!, command: match[4]! }];
  });
}
