import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkK6, K6_INSTALL_URL, K6_VERSION, ownK6, searchK6 } from '../../engines/k6/search.mjs';
import { compileK6 } from './compile.mjs';
import { fetchRelease } from './release.mjs';
import { sayWhy, Trouble } from './trouble.mjs';

const TEMPORARY = 'installing-';
const PROGRESS_MS = 15_000;

/**
 * @typedef {object} Way a way to get k6
 * @property {string} name as the list of attempts shows it
 * @property {string} progress what is said when it begins
 * @property {(folder: string, options: { environment: NodeJS.ProcessEnv, signal: AbortSignal }) => Promise<string>} get
 */

/** @type {readonly Way[]} in the order in which they are tried */
const WAYS = [
  { name: 'release', progress: `downloading k6 ${K6_VERSION}`, get: fetchRelease },
  { name: 'go install', progress: `compiling k6 ${K6_VERSION} with Go, about a minute`, get: compileK6 },
];

/**
 * Installs the pinned k6 as `.tools/k6`. It appears there whole and working, or not at all.
 * @param {string} root folder of the project
 * @param {{ environment: NodeJS.ProcessEnv, signal: AbortSignal, say: (line: string) => void }} options
 * @throws Trouble E_K6_NOT_FOUND with what every way said
 */
export async function installK6(root, { environment, signal, say }) {
  const target = ownK6(root);
  const tools = dirname(target);
  mkdirSync(tools, { recursive: true });
  // Left by setups that were killed: whoever is here holds the lock.
  for (const name of readdirSync(tools)) {
    if (name.startsWith(TEMPORARY)) rmSync(join(tools, name), { recursive: true, force: true });
  }
  /** @type {[string, string][]} */
  const attempts = [];
  for (const way of WAYS) {
    const folder = mkdtempSync(join(tools, TEMPORARY));
    const began = Date.now();
    const progress = setInterval(
      () => say(`still at it after ${Math.round((Date.now() - began) / 1000)} s`),
      PROGRESS_MS,
    );
    say(way.progress);
    try {
      const k6 = await way.get(folder, { environment, signal });
      chmodSync(k6, 0o755);
      const answer = await checkK6(k6, environment);
      if ('refused' in answer) throw new Error(answer.refused);
      renameSync(k6, target);
      say(`installed k6 ${answer.version} as .tools/k6`);
      return;
    } catch (error) {
      signal.throwIfAborted();
      attempts.push([way.name, sayWhy(error)]);
    } finally {
      clearInterval(progress);
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const { refused } = await searchK6(root, environment);
  throw notFound([['PATH, .tools', refused.join('; ') || 'no k6 there'], ...attempts]);
}

/** @param {[string, string][]} attempts */
function notFound(attempts) {
  const ways = /** @type {[string, string][]} */ ([
    ['install it', K6_INSTALL_URL],
    ['name one', 'K6_BIN=/path/to/k6 npm run load'],
    ['a mirror', 'STORMPROOF_K6_RELEASES=https://mirror.example.com/k6/releases/download'],
    ['with Go', 'allow the Go module proxy (GOPROXY), with Go from https://go.dev/dl/'],
  ]);
  const lines = [
    'k6 generates the load, and there is none. Expected k6 v1 or v2.',
    'tried',
    ...columns(attempts),
    'any of these helps',
    ...columns(ways),
  ];
  return new Trouble('E_K6_NOT_FOUND', lines.join('\n'));
}

/** @param {[string, string][]} rows */
function columns(rows) {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
