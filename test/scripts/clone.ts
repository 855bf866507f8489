/** A clone in miniature: the files of setup, packages that only look installed, and a PATH of planted programs. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setUp } from '../../scripts/setup/steps.mjs';

/** Programs that the planted ones and setup itself call. */
const SYSTEM = [
  'sh',
  'cat',
  'mkdir',
  'sleep',
  'tar',
  'gzip',
  'unzip',
  'cp',
  'rm',
  'chmod',
  'echo',
  'dirname',
  'bash',
  'mktemp',
  'timeout',
  'id',
];

interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export class Clone {
  readonly root = mkdtempSync(join(tmpdir(), 'stormproof-clone-'));
  /** The only folder on the PATH. */
  readonly bin = join(this.root, 'bin');

  constructor() {
    mkdirSync(this.bin);
    for (const path of ['scripts/setup.mjs', 'scripts/setup', 'engines/k6/search.mjs', '.ci']) {
      cpSync(path, join(this.root, path), { recursive: true });
    }
    symlinkSync(process.execPath, join(this.bin, 'node'));
    for (const name of SYSTEM) {
      const folder = ['/usr/bin', '/bin'].find((each) => exists(join(each, name)));
      if (folder) symlinkSync(join(folder, name), join(this.bin, name));
    }
    this.lock({ 'node_modules/a': { version: '1.0.0' } });
    this.install({ 'node_modules/a': { version: '1.0.0' } });
  }

  /** Puts a shell script on the PATH, or anywhere in the clone. */
  program(name: string, script: string, folder = this.bin): string {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  k6(version: string, folder = this.bin): string {
    return this.program('k6', fakeK6(version), folder);
  }

  /** What package-lock.json asks for. */
  lock(packages: Record<string, object>): void {
    const all = { '': { name: 'clone' }, ...packages };
    this.write('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages: all }));
  }

  /** What stands in node_modules. */
  install(packages: Record<string, object>): void {
    for (const path of Object.keys(packages)) mkdirSync(join(this.root, path), { recursive: true });
    this.write('node_modules/.package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }));
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    // Nothing listens there: whatever is not planted is refused at once, and never leaves this machine.
    return { PATH: this.bin, HOME: this.root, STORMPROOF_K6_RELEASES: 'http://127.0.0.1:9', ...more };
  }

  /** Starts a command in the clone. */
  start(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): Running {
    const child = spawn(command, args, { cwd: this.root, env: this.environment(environment) });
    const finished = new Promise<Finished>((done, fail) => {
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.setEncoding('utf8').on('data', (chunk) => {
        stderr += chunk;
      });
      child.once('error', fail);
      child.once('close', (code, signal) => done({ code, signal, stdout, stderr }));
    });
    return { kill: (signal) => child.kill(signal), finished };
  }

  /** Runs setup's steps in this process; `start` runs the script itself. */
  async setup(
    args: string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number; stderr: string }> {
    let stderr = '';
    const write = (text: string): void => {
      stderr += text;
    };
    const edges = { root: this.root, environment: this.environment(environment), stderr: { write } };
    return { code: await setUp(args, edges), stderr };
  }

  uninstall(): void {
    this.delete('node_modules');
  }

  delete(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  /** Makes a file older than all others. */
  age(path: string): void {
    utimesSync(join(this.root, path), 1e9, 1e9);
  }

  /** What stands in `.tools`. */
  tools(): string[] {
    const folder = join(this.root, '.tools');
    return exists(folder) ? readdirSync(folder).sort() : [];
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return exists(join(this.root, path));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

interface Running {
  kill(signal: NodeJS.Signals): void;
  finished: Promise<Finished>;
}

/** A shell script's text that answers like k6. */
export function fakeK6(version: string): string {
  return `echo "k6 ${version} (commit/abc, go1.26, linux/amd64)"`;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
