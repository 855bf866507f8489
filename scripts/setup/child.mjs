import { spawn } from 'node:child_process';

/** npm finishes what it has begun before it heeds an interrupt (npm/cli#5976); a person does not wait that long. */
const GRACE_MS = 3000;
/** Enough of the end of what it printed to say why it failed. */
const KEPT_CHARACTERS = 16_384;

/**
 * @typedef {object} ChildEnd
 * @property {boolean} ok it exited with 0
 * @property {string} how `exit 1`, `SIGKILL`, or why it could not be started
 * @property {string[]} lines the last lines of stdout and stderr, blank ones left out
 */

/**
 * Runs a program to its end, in a process group of its own, so that all that it started ends with it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, environment: NodeJS.ProcessEnv, signal: AbortSignal }} options
 * @returns {Promise<ChildEnd>}
 * @throws the signal's reason once the group has ended, when it was aborted
 */
export async function runChild(command, args, { cwd, environment, signal }) {
  signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let kept = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      kept = (kept + chunk).slice(-KEPT_CHARACTERS);
    });
  }
  /** @type {NodeJS.Timeout | undefined} */
  let grace;
  const stop = () => {
    killGroup(child.pid, 'SIGTERM');
    grace = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', stop, { once: true });
  /** @type {string} */
  const how = await new Promise((done) => {
    child.once('error', (error) => done(error.message));
    child.once('close', (code, killer) => done(killer ?? `exit ${code}`));
  });
  clearTimeout(grace);
  signal.removeEventListener('abort', stop);
  if (signal.aborted) {
    // Whoever outlived its leader.
    killGroup(child.pid, 'SIGKILL');
    signal.throwIfAborted();
  }
  const lines = kept.split('\n').map((line) => line.trim());
  return { ok: how === 'exit 0', how, lines: lines.filter((line) => line !== '') };
}

/**
 * @param {number | undefined} leader
 * @param {NodeJS.Signals} signal
 */
function killGroup(leader, signal) {
  try {
    if (leader !== undefined) process.kill(-leader, signal);
  } catch {
    // It has ended already.
  }
}
