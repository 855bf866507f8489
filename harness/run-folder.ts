/** A run's folder: everything that a run leaves, and how it is written without leaving halves. */
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { Problem } from '../measure/problem.ts';

/** `20261121T001503Z-load-quick-7f3a`. */
const RUN_NAME = /^\d{8}T\d{6}Z-[a-z]+-[a-z0-9_-]+-[0-9a-f]{4}$/;

/** The name of a run that starts now. */
export function newRunName(kind: string, profile: string, now: Date): string {
  const utc = now.toISOString().replaceAll(/[-:]/g, '').replace(/\.\d+/, '');
  return `${utc}-${kind}-${profile}-${randomBytes(2).toString('hex')}`;
}

/**
 * Looks whether runs can be written there, without writing anything.
 * @throws Problem where the nearest folder that exists cannot be written, or is none
 */
export function checkRunsDir(runsDir: string): void {
  const at = nearestExisting(resolve(runsDir));
  try {
    if (!statSync(at).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    accessSync(at, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotBeMade(resolve(runsDir), error);
  }
}

/**
 * Makes the folder of a run and points `latest` at it.
 * @throws Problem when it cannot be made
 */
export function createRunFolder(runsDir: string, run: string): string {
  const folder = resolve(runsDir, run);
  try {
    makeFolder(folder);
  } catch (error) {
    throw cannotBeMade(folder, error);
  }
  pointLatest(runsDir, run);
  return folder;
}

/** One by one: `mkdirSync` with `recursive` goes round for ever where the system denies that the folder above exists. */
function makeFolder(folder: string): void {
  if (!existsSync(dirname(folder))) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // It was there, or another run has just made it.
    if (codeOf(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
  }
}

/** Bytes of one name, on every file system that matters. */
const LONGEST_NAME = 255;

function nearestExisting(path: string): string {
  const long = path.split(sep).find((name) => Buffer.byteLength(name) > LONGEST_NAME);
  if (long !== undefined) throw cannotBeMade(path, { code: 'ENAMETOOLONG' });
  let at = path;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  return at;
}

function cannotBeMade(folder: string, error: unknown): Problem {
  return new Problem(
    'E_RUNS_DIR',
    `${folder} cannot be made (${codeOf(error)}). Expected a folder that can be written. Use --runs-dir DIR.`,
    '--runs-dir',
  );
}

/** The link is a convenience: where links cannot be made, it is left out. */
function pointLatest(runsDir: string, run: string): void {
  const link = join(runsDir, 'latest');
  const temporary = `${link}.${process.pid}`;
  try {
    symlinkSync(run, temporary);
    renameSync(temporary, link);
  } catch {
    rmSync(temporary, { force: true });
  }
}

/** Writes a file whole or not at all: beside it, to the disk, then renamed. */
export function writeWhole(file: string, content: string): void {
  const temporary = `${file}.part`;
  try {
    const descriptor = openSync(temporary, 'w');
    try {
      writeFully(descriptor, Buffer.from(content));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * As `writeWhole`.
 * @throws Problem where it cannot be written
 */
export function writeOrExplain(file: string, content: string): void {
  try {
    writeWhole(file, content);
  } catch (error) {
    throw new Problem(
      'E_WRITE',
      `${file} could not be written (${codeOf(error)}). Expected a folder with room in it. Free the disk or use --runs-dir.`,
    );
  }
}

function writeFully(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

/** Names of the runs in a folder, the newest last. */
export function listRunNames(runsDir: string): string[] {
  try {
    return readdirSync(runsDir)
      .filter((name) => RUN_NAME.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** Bytes of all files in a run's folder. */
export function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/**
 * The folder of a run by what a person types: a path, a name, or nothing for the newest.
 * @throws Problem when there is no such run
 */
export function findRunFolder(runsDir: string, wanted: string | undefined): string {
  const names = listRunNames(runsDir);
  const newest = names.at(-1);
  if (wanted === undefined || wanted === 'latest') {
    if (newest !== undefined) return resolve(runsDir, newest);
    throw new Problem(
      'E_RUN_NOT_FOUND',
      `there is no run in ${runsDir}. Expected one. Start with npm run load.`,
    );
  }
  for (const candidate of [wanted, join(runsDir, wanted)]) {
    if (hasFile(join(candidate, 'run.json'))) return resolve(candidate);
  }
  const near = newest === undefined ? '' : ` The newest is ${newest}.`;
  throw new Problem(
    'E_RUN_NOT_FOUND',
    `${wanted} is no run's folder: it has no run.json. Expected a path or a name out of npm run report -- --list.${near}`,
    '--run',
  );
}

function hasFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** `ENOSPC`, `EACCES`... of a system error. */
export function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code ?? (error instanceof Error ? error.message : String(error));
}
