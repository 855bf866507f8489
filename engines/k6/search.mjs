/**
 * Where k6 is. Plain JavaScript on Node's built-ins only: `scripts/setup.mjs` asks before any package is installed.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** The pinned version: what setup installs, and what figures in the documentation were measured with. */
export const K6_VERSION = 'v1.8.1';
export const K6_INSTALL_URL = 'https://grafana.com/docs/k6/latest/set-up/install-k6/';

/** Version 0 knows no `--summary-mode`; what 3 will have taken away is not known. */
const MAJORS = [1, 2];
/** `k6 version` takes 40 ms; a program that takes this long is none. */
const ANSWER_MS = 10_000;

/**
 * @typedef {object} K6
 * @property {string} path an absolute path
 * @property {string} version `v1.8.1`
 * @property {'K6_BIN' | 'PATH' | '.tools'} source
 */

/**
 * @typedef {object} K6Search
 * @property {K6 | null} found
 * @property {string[]} refused a sentence without a full stop for each k6 that is there and cannot be used
 * @property {boolean} explicit K6_BIN was set: then nothing else was tried, and nothing else may take its place
 */

/**
 * Looks for k6: `K6_BIN`, `PATH`, `.tools/k6`, in this order.
 * @param {string} root folder of the project
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<K6Search>}
 */
export async function searchK6(root, environment = process.env) {
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const wish = environment.K6_BIN ?? '';
  if (wish !== '') {
    const candidates = /[\\/]/.test(wish) ? [resolve(wish)] : folders.map((folder) => join(folder, wish));
    const search = await firstUsable(await programs(candidates), 'K6_BIN', environment);
    if (search.found === null && search.refused.length === 0)
      search.refused.push(`${candidates.length === 1 ? candidates[0] : wish} is no program that can be run`);
    return { ...search, explicit: true };
  }
  const onPath = await firstUsable(
    await programs(folders.map((folder) => join(folder, 'k6'))),
    'PATH',
    environment,
  );
  if (onPath.found !== null) return { ...onPath, explicit: false };
  const own = await firstUsable(await programs([ownK6(root)]), '.tools', environment);
  return { found: own.found, refused: [...onPath.refused, ...own.refused], explicit: false };
}

/**
 * What to say when K6_BIN names no k6 that can be used.
 * @param {K6Search} search
 */
export function explainWish({ refused }) {
  return `${refused.join('; ')}. Expected k6 v1 or v2. Mend K6_BIN, or unset it to have k6 found.`;
}

/**
 * Where setup puts the k6 that it installed.
 * @param {string} root folder of the project
 */
export function ownK6(root) {
  return join(root, '.tools', 'k6');
}

/**
 * Asks a program for its version.
 * @param {string} path
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<{ version: string } | { refused: string }>} `refused` is a sentence without a full stop
 */
export async function checkK6(path, environment = process.env) {
  const { error, stdout, stderr } = await run(path, ['version'], environment);
  if (error !== null) {
    const said = stderr.trim().split('\n').at(-1) || error.message.split('\n')[0];
    return { refused: `${path} does not run: ${said}` };
  }
  const version = parseK6Version(stdout);
  if (version === null) return { refused: `${path} is no k6: it does not print a version` };
  const major = Number(version.slice(1).split('.')[0]);
  if (MAJORS.includes(major)) return { version };
  return { refused: `${path} is k6 ${version}, too ${major < 1 ? 'old' : 'new'}: v1 or v2 is needed` };
}

/**
 * `k6 v1.8.1 (commit/devel, go1.26.8, linux/amd64)` is v1.8.1; null for anything else.
 * @param {string} text what `k6 version` prints
 */
export function parseK6Version(text) {
  const match = /^k6(?:\.exe)? v?(\d+\.\d+\.\d+[\w.+-]*)/m.exec(text);
  return match === null ? null : `v${match[1]}`;
}

/**
 * @param {string[]} paths
 * @param {K6['source']} source
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<{ found: K6 | null, refused: string[] }>}
 */
async function firstUsable(paths, source, environment) {
  const refused = [];
  for (const path of paths) {
    const answer = await checkK6(path, environment);
    if ('version' in answer) return { found: { path, version: answer.version, source }, refused };
    refused.push(answer.refused);
  }
  return { found: null, refused };
}

/**
 * Those that can be run, each once: /bin is often a link to /usr/bin.
 * @param {string[]} paths
 */
async function programs(paths) {
  /** @type {Map<string, string>} */
  const byFile = new Map();
  for (const path of paths.map((each) => resolve(each))) {
    try {
      await access(path, constants.X_OK);
      if (!(await stat(path)).isFile()) continue;
      const file = await realpath(path);
      if (!byFile.has(file)) byFile.set(file, path);
    } catch {
      // Not there, or not ours to run.
    }
  }
  return [...byFile.values()];
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ error: Error | null, stdout: string, stderr: string }>}
 */
function run(command, args, env) {
  return new Promise((done) => {
    const options = { env, timeout: ANSWER_MS, killSignal: /** @type {const} */ ('SIGKILL') };
    execFile(command, args, options, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
}
