/**
 * The example's system: two Redis servers, b the asynchronous replica of a, an order service over each, and a front door.
 * `node --import tsx examples/redis/system.ts` runs it until ctrl-C.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { PORTS, type Region } from './ports.ts';

const folder = process.env.EXAMPLE_FOLDER ?? mkdtempSync(join(tmpdir(), 'redis-example-'));
const LONGEST_START_MS = 15_000;
const children: ChildProcess[] = [];

function start(command: string, args: readonly string[]): void {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  child.on('error', (error) => {
    process.stderr.write(`${command} could not be started: ${error.message}\n`);
    process.exitCode = 1;
    stop();
  });
  children.push(child);
}

const program = (name: string, ...args: string[]): void =>
  start(process.execPath, [
    '--import',
    'tsx',
    fileURLToPath(new URL(`${name}.ts`, import.meta.url)),
    ...args,
  ]);

/** Every write is in its file before it is answered, as far as the operating system: a killed server loses nothing. */
function redis(region: Region): void {
  const own = join(folder, region);
  start('sh', [
    '-c',
    `mkdir -p "$0" && exec redis-server --port "$1" --bind 127.0.0.1 --dir "$0" --appendonly yes --appendfsync no --save "" $2`,
    own,
    String(PORTS.redis[region]),
    region === 'b' ? `--replicaof 127.0.0.1 ${PORTS.redis.a}` : '',
  ]);
}

async function ready(): Promise<void> {
  const until = Date.now() + LONGEST_START_MS;
  const replica = new Redis({ port: PORTS.redis.b, retryStrategy: () => 100 });
  replica.on('error', () => {});
  for (;;) {
    const link = await replica.info('replication').catch(() => '');
    const answer = await fetch(`http://127.0.0.1:${PORTS.front}/healthz`).catch(() => null);
    if (link.includes('master_link_status:up') && answer?.ok) break;
    if (Date.now() > until) throw new Error('the example did not start within 15 s');
    await pause(100);
  }
  replica.disconnect();
}

function stop(): void {
  // Also one that a drill has started again.
  for (const port of Object.values(PORTS.redis))
    spawnSync('redis-cli', ['-p', String(port), 'shutdown', 'nosave']);
  for (const child of children) child.kill('SIGKILL');
  if (process.env.EXAMPLE_FOLDER === undefined) rmSync(folder, { recursive: true, force: true });
}

redis('a');
redis('b');
program('api', 'a');
program('api', 'b');
program('front');
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    stop();
    process.exit(0);
  });
await ready();
process.stdout.write(
  `orders at http://127.0.0.1:${PORTS.front}/api/v1/orders, files in ${folder}; ctrl-C stops it\n`,
);
