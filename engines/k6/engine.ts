import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Problem } from '../../measure/problem.ts';
import type { EngineExit, EngineJob, RunningEngine } from '../engine.ts';
import { explainExit } from './exit.ts';

/**
 * k6 behind a guard of its own session: ctrl-C in the terminal reaches neither, and when the harness dies, however it
 * dies, its end of the pipe on descriptor 3 closes and k6 is killed: nobody wants a headless generator.
 * A shell does it, because it is everywhere and weighs a megabyte.
 */
const GUARD = `
"$@" 3<&- 4>&- </dev/null &
pid=$!
echo "$pid" >&4
exec 4>&-
( read -r _ <&3; kill -KILL "$pid" ) 2>/dev/null &
watch=$!
exec 3<&-
wait "$pid"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;

const FLAGS = [
  'run',
  '--quiet',
  '--no-color',
  '--no-thresholds',
  '--summary-mode=disabled',
  '--no-usage-report',
  '--address=',
  '--log-format=raw',
];

/** A generator that was asked to stop and goes on is killed after this. */
const STOP_MS = 1000;
const OVERDUE = {
  complete: false,
  cause: 'the generator went on long after the end of its plan and was killed; engine.log may say why',
};
/** Enough to tell the cause: on a full disk k6 prints a line for each order. */
const KEPT_STDERR = 64 * 1024;
const KEPT_LOG = 64 * 1024;

/** `K6_*` would override the plan, proxies would take the load elsewhere, and `GOMAXPROCS` hides CPUs that count as its own. */
const STRIPPED = /^(K6_.*|GOMAXPROCS|(https?|all|no|ftp)_proxy)$/i;

/**
 * The environment of the generator.
 * @param headers of every request; by the environment, since a file would keep secrets
 */
export function generatorEnvironment(
  environment: NodeJS.ProcessEnv,
  job: Pick<EngineJob, 'target' | 'headers' | 'heapLimitBytes'>,
  http: '1.1' | '2',
): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !STRIPPED.test(name));
  return {
    ...Object.fromEntries(kept),
    // k6 will not start without it.
    HOME: environment.HOME ?? '/',
    ...collection(job.heapLimitBytes),
    // k6 takes HTTP/2 whenever TLS offers it.
    GODEBUG: [environment.GODEBUG, ...(http === '1.1' ? ['http2client=0'] : [])].filter(Boolean).join(','),
    STORMPROOF_TARGET: job.target,
    STORMPROOF_HEADERS: JSON.stringify(job.headers),
  };
}

/** Go's garbage collector: not before the limit, or a quarter as often as by default. */
function collection(limitBytes: number | null): NodeJS.ProcessEnv {
  if (limitBytes === null) return { GOGC: '400' };
  return { GOGC: 'off', GOMEMLIMIT: String(limitBytes), STORMPROOF_HEAP_BYTES: String(limitBytes) };
}

/**
 * Starts k6 on a script.
 * @param k6 path of the program
 * @param script path of the bundled scenario
 * @throws Problem when it cannot be started at all
 */
export async function startK6(
  k6: string,
  script: string,
  job: EngineJob,
  http: '1.1' | '2',
): Promise<RunningEngine> {
  const log = join(job.folder, 'engine.log');
  // By names in its working directory: a comma in the path of a folder would end the option.
  const outputs = ['--console-output=evidence.csv', '--log-output=file=engine.log,level=error'];
  const flags = [...FLAGS, ...outputs, script];
  const guard = spawn('/bin/sh', ['-c', GUARD, 'stormproof-guard', ...job.enter, k6, ...flags], {
    cwd: job.folder,
    detached: true,
    env: generatorEnvironment(process.env, job, http),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const leash = guard.stdio[3] as Writable;
  // The generator's end closes it; that is no news.
  leash.on('error', () => {});
  const stderr = keep(guard.stdio[2] as Readable);
  const closed = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    guard.once('error', () => resolve({ code: 127, signal: null }));
    guard.once('close', (code, signal) => resolve({ code, signal }));
  });
  const pid = await readPid(guard.stdio[4] as Readable);
  if (pid === null) {
    await closed;
    throw new Problem(
      'E_ENGINE_START',
      `k6 could not be started: ${stderr.text || 'no shell'}. Try npm run doctor.`,
    );
  }
  let alive = true;
  const kill = (signal: NodeJS.Signals): void => {
    if (alive) signalTo(pid, signal);
  };
  // A guard that was killed leaves its charge behind, and both hold the pipes whose end `close` waits for.
  const leave = (signal: string | null): void => {
    if (signal === null) return;
    kill('SIGKILL');
    leash.destroy();
  };
  guard.once('exit', (_, signal) => leave(signal));
  leave(guard.signalCode);
  let isOverdue = false;
  const overdue = setTimeout(() => {
    isOverdue = true;
    kill('SIGKILL');
  }, job.longestMs);
  const exited = closed.then(async ({ code, signal }): Promise<EngineExit> => {
    alive = false;
    clearTimeout(overdue);
    leash.destroy();
    const end = { code, signal, stderr: stderr.text, stderrLines: stderr.lines, log: await readHead(log) };
    return { atMs: Date.now(), code, signal, ...(isOverdue ? OVERDUE : explainExit(end)) };
  });
  const stop = (): void => {
    kill('SIGINT');
    setTimeout(() => kill('SIGKILL'), STOP_MS).unref();
  };
  return { pid, stop, exited };
}

/** Drains a stream and keeps its beginning. */
function keep(stream: Readable): { text: string; lines: number } {
  const kept = { text: '', lines: 0 };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (kept.text.length < KEPT_STDERR) kept.text += chunk.slice(0, KEPT_STDERR - kept.text.length);
    for (const character of chunk) if (character === '\n') kept.lines += 1;
  });
  return kept;
}

/** The guard's one line on its own descriptor; null when it ended without. */
async function readPid(stream: Readable): Promise<number | null> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) ? pid : null;
}

async function readHead(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).slice(0, KEPT_LOG);
  } catch {
    return '';
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
