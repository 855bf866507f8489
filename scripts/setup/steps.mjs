import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainWish, searchK6 } from '../../engines/k6/search.mjs';
import { withLock } from './lock.mjs';
import { installPackages, packagesState } from './packages.mjs';
import { sayWhy, Trouble } from './trouble.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FLAGS = ['--no-k6', '--keep-going'];
/** What a shell reports for a program that a signal ended: 128 and the signal's number. */
const SIGNALS = /** @type {const} */ ({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

/**
 * Does what is missing: npm packages, then k6.
 * @param {readonly string[]} argv `--no-k6` leaves k6 out; `--keep-going` makes it 0 as long as there are packages
 * @param {{ root?: string, environment?: NodeJS.ProcessEnv, stderr?: { write(text: string): unknown } }} [edges] for tests
 * @returns {Promise<number>} the exit status: 0, 2 for what a person can mend, 130 after ctrl-c
 */
export async function setUp(argv, { root = ROOT, environment = process.env, stderr = process.stderr } = {}) {
  const interrupt = new AbortController();
  /** @type {keyof typeof SIGNALS | null} */
  let stoppedBy = null;
  /** @param {NodeJS.Signals} name */
  const stop = (name) => {
    stoppedBy ??= /** @type {keyof typeof SIGNALS} */ (name);
    interrupt.abort(new Error(`stopped by ${name}`));
  };
  for (const name of Object.keys(SIGNALS)) process.on(name, stop);
  const say = (/** @type {string} */ line) => stderr.write(`setup  ${line}\n`);
  try {
    const unknown = argv.find((word) => !FLAGS.includes(word));
    if (unknown !== undefined) {
      throw new Trouble('E_FLAG_UNKNOWN', `no such flag: ${unknown}. Expected ${FLAGS.join(' or ')}.`);
    }
    const options = { environment, signal: interrupt.signal, say };
    await providePackages(root, options);
    if (!argv.includes('--no-k6')) await provideK6(root, options);
    return 0;
  } catch (error) {
    if (stoppedBy !== null) {
      say(`stopped by ${stoppedBy}; the next command begins anew`);
      return SIGNALS[stoppedBy];
    }
    if (!(error instanceof Trouble) && !isSystemError(error)) throw error;
    stderr.write(
      `${error instanceof Trouble ? error.message : `E_SETUP: ${sayWhy(error)}. Expected to write here. Mend that and try again.`}\n`,
    );
    // Without its packages whatever comes next would only add a stack trace.
    return argv.includes('--keep-going') && packagesState(root) !== 'missing' ? 0 : 2;
  } finally {
    for (const name of Object.keys(SIGNALS)) process.off(name, stop);
  }
}

/** @typedef {{ environment: NodeJS.ProcessEnv, signal: AbortSignal, say: (line: string) => void }} Options */

/**
 * @param {string} root
 * @param {Options} options
 */
async function providePackages(root, options) {
  if (packagesState(root) === 'current') return;
  await alone(root, options, async () => {
    // Whoever held the lock may have done it.
    const state = packagesState(root);
    if (state === 'current') return;
    const why = state === 'stale' ? 'package-lock.json has changed' : 'a fresh clone';
    options.say(`installing npm packages (${why}), up to a minute`);
    await installPackages(root, options);
  });
}

/**
 * @param {string} root
 * @param {Options} options
 */
async function provideK6(root, options) {
  const search = await searchK6(root, options.environment);
  for (const sentence of search.explicit ? [] : search.refused) options.say(`${sentence}; looking on`);
  if (search.found !== null) return;
  if (search.explicit) {
    throw new Trouble('E_K6_BIN', explainWish(search));
  }
  await alone(root, options, async () => {
    if ((await searchK6(root, options.environment)).found !== null) return;
    // Node's network modules take longer to load than all the rest, and are seldom needed.
    const { installK6 } = await import('./k6.mjs');
    await installK6(root, options);
  });
}

/**
 * @template T
 * @param {string} root
 * @param {Options} options
 * @param {() => Promise<T>} work
 */
function alone(root, options, work) {
  return withLock(join(root, '.tools', 'setup.lock'), options, work);
}

/** @param {unknown} error a full disk, a folder that may not be written */
function isSystemError(error) {
  return error instanceof Error && 'syscall' in error;
}
