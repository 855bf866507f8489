import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../measure/verdict.ts';
import { requirePart } from '../require.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const EXAMPLE = 'examples/redis';
const PORT = 17_100;

const children: ChildProcess[] = [];
let folder = '';
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  // The primary that the drill started again is nobody's child any more.
  const primary = new Redis({ port: PORT + 3, retryStrategy: () => null });
  primary.on('error', () => {});
  await primary.shutdown('NOSAVE').catch(() => {});
  primary.disconnect();
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[]): ChildProcess {
  const env = {
    ...process.env,
    EXAMPLE_PORT: String(PORT),
    EXAMPLE_FOLDER: join(folder, 'redis'),
    CI: 'true',
    NODE_V8_COVERAGE: undefined,
  };
  return spawn(process.execPath, ['--import', TSX, ...args], { cwd: ROOT, env });
}

async function keysOf(port: number): Promise<Set<string>> {
  const redis = new Redis({ port });
  const keys = new Set<string>();
  for await (const names of redis.scanStream({ match: 'order:*', count: 1000 }))
    for (const name of names as string[]) keys.add(name.slice('order:'.length));
  redis.disconnect();
  return keys;
}

describe.runIf(requirePart('k6', 'redis'))('the example of two Redis servers', { timeout: 120_000 }, () => {
  it('names as lost what Redis itself has in the primary and not in the replica', async () => {
    folder = mkdtempSync(join(tmpdir(), 'redis-drill-'));
    const system = start([`${EXAMPLE}/system.ts`]);
    children.push(system);
    let told = '';
    system.stderr!.setEncoding('utf8').on('data', (text) => (told += text));
    system.stdout!.setEncoding('utf8').on('data', (text) => (told += text));
    while (!told.includes('orders at')) {
      if (system.exitCode !== null) throw new Error(`the example did not start: ${told}`);
      await once(system.stdout!, 'data');
    }
    const runs = join(folder, 'runs');
    const config = `${EXAMPLE}/stormproof.config.ts`;
    const drill = start([
      'scripts/drill.ts',
      `${EXAMPLE}/replication-cut.ts`,
      ...['--platform', 'commands', '--config', config, '--runs-dir', runs, '--rate', '200', '--seed', '3'],
    ]);
    let said = '';
    for (const stream of [drill.stdout!, drill.stderr!])
      stream.setEncoding('utf8').on('data', (text) => (said += text));
    const [status] = await once(drill, 'close');
    expect(status, said).toBe(99);

    const [run] = readdirSync(runs).filter((name) => name.includes('-drill-'));
    const verdict = JSON.parse(readFileSync(join(runs, run!, 'verdict.json'), 'utf8')) as Verdict;
    const [, ...lines] = readFileSync(join(runs, run!, 'lost-orders.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    const lost = lines.map((line) => line.split(',')[0]!).sort();
    const [a, b] = await Promise.all([keysOf(PORT + 3), keysOf(PORT + 4)]);
    const acknowledged = new Set(
      readFileSync(join(runs, run!, 'evidence.csv'), 'utf8')
        .split('\n')
        .map((line) => line.split(','))
        .filter(([, , , , code, , , , region]) => code === '201' && region === 'a')
        .map(([, , seq]) => `${run}-${seq}`),
    );
    const missing = [...a].filter((key) => !b.has(key) && acknowledged.has(key)).sort();
    expect(missing.length).toBeGreaterThan(50);
    expect(lost).toEqual(missing);
    expect(verdict.drill!.restored).toBe(true);
    expect(verdict.drill!.ledger.healed!.recovered).toBe(lost.length);
  });
});
