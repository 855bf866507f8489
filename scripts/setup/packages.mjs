import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { Trouble } from './trouble.mjs';

/**
 * One entry of a lockfile: https://docs.npmjs.com/cli/configuring-npm/package-lock-json
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean,
 *   extraneous?: boolean, link?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages by path; the project itself is at ''
 */

/** Both are kept by name and content, since git and caches set times as they like. */
const WANTED = 'package-lock.json';
const INSTALLED = join('node_modules', '.package-lock.json');
/** Remembers which tree npm made of which lockfile: should they differ for good, it is not made again for ever. */
const SETTLED = join('node_modules', '.stormproof-setup');

/** Of what npm said when it failed. */
const SHOWN_LINES = 6;

/**
 * Whether node_modules is what package-lock.json asks for.
 * @param {string} root folder of the project
 * @returns {'missing' | 'stale' | 'current'}
 */
export function packagesState(root) {
  const wanted = readPackages(join(root, WANTED));
  if (wanted === null) return existsSync(join(root, INSTALLED)) ? 'current' : 'missing';
  const installed = readPackages(join(root, INSTALLED));
  // npm writes it last: without it an installation was interrupted.
  if (installed === null) return 'missing';
  const differs =
    missingFolders(root, installed).length > 0 || findDifference(wanted, installed, process) !== null;
  return !differs || readText(join(root, SETTLED)) === fingerprint(root) ? 'current' : 'stale';
}

/**
 * The first package in which the tree differs from the lockfile, or null.
 * @param {LockedPackages} wanted
 * @param {LockedPackages} installed
 * @param {{ platform: string, arch: string }} machine
 * @returns {string | null}
 */
function findDifference(wanted, installed, machine) {
  for (const [path, locked] of Object.entries(wanted)) {
    if (path === '') continue;
    const there = installed[path];
    if (there === undefined) {
      if (isNeeded(locked, machine)) return path;
    } else if (there.version !== locked.version) return path;
    else if (there.integrity && locked.integrity && there.integrity !== locked.integrity) return path;
  }
  const left = Object.entries(installed).find(([path, there]) => !(path in wanted) && !there.extraneous);
  return left?.[0] ?? null;
}

/**
 * Optional packages may be missing, save those made for this machine: a folder may have been copied from another one.
 * @param {LockedPackage} locked
 * @param {{ platform: string, arch: string }} machine
 */
function isNeeded(locked, machine) {
  if (!locked.optional && !locked.devOptional) return true;
  if (locked.os === undefined && locked.cpu === undefined) return false;
  // Which libc this is takes longer to find out than all the rest.
  if (locked.libc !== undefined) return false;
  return (
    (locked.os ?? [machine.platform]).includes(machine.platform) &&
    (locked.cpu ?? [machine.arch]).includes(machine.arch)
  );
}

/**
 * Runs `npm ci`.
 * @param {string} root folder of the project
 * @param {{ environment: NodeJS.ProcessEnv, signal: AbortSignal }} options
 * @throws Trouble E_NPM_CI
 */
export async function installPackages(root, { environment, signal }) {
  // NODE_ENV=production and omit=dev would leave out what the tests need; npm run -s would hide why it failed.
  const flags = [
    '--include=dev',
    '--include=optional',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const end = await runChild('npm', ['ci', ...flags], { cwd: root, environment, signal });
  if (!end.ok) {
    // The cause comes first; the usage of npm ci, or where its log is, comes after.
    const said = end.lines.filter((line) => /^npm (?:ERR!|error) \S/.test(line));
    const details = (said.length > 0 ? said : end.lines)
      .slice(0, SHOWN_LINES)
      .map((line) => `\n  ${line}`)
      .join('');
    throw new Trouble(
      'E_NPM_CI',
      `npm ci failed (${end.how}). Expected it to install ${WANTED}. Mend what it says, then try again.${details}`,
    );
  }
  writeFileSync(join(root, SETTLED), fingerprint(root));
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of [WANTED, INSTALLED]) hash.update(`${readText(join(root, file))}\0`);
  for (const path of missingFolders(root, readPackages(join(root, INSTALLED)) ?? {}))
    hash.update(`${path}\0`);
  return hash.digest('hex');
}

/**
 * What npm says it installed and somebody has deleted since.
 * @param {string} root
 * @param {LockedPackages} installed
 */
function missingFolders(root, installed) {
  return Object.keys(installed).filter((path) => !existsSync(join(root, path)));
}

/**
 * @param {string} file
 * @returns {LockedPackages | null}
 */
function readPackages(file) {
  try {
    return JSON.parse(readText(file) ?? '').packages ?? null;
  } catch {
    return null;
  }
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
