import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { readJournal } from '../../chaos/journal.ts';
import type { Verdict } from '../../measure/verdict.ts';
import { accuracyOf } from '../../scripts/bench/drill-accuracy.ts';
import { requirePart } from '../require.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const CHILD = fileURLToPath(new URL('../../scripts/bench/drill-child.ts', import.meta.url));
/** A drill of the lab takes 40 s at a time scale of 0.05. */
const LONGEST_MS = 150_000;

const folders: string[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drill-'));
  folders.push(folder);
  return folder;
}

interface Drilled {
  folder: string;
  truth: string;
  verdict: Verdict;
}

/** Few orders: what is tested is who is right, on however busy a machine. */
async function drill(name: string, seed: number): Promise<Drilled> {
  const folder = newFolder();
  const truth = join(folder, 'truth.jsonl');
  const request = {
    drill: name,
    platform: 'lab',
    rate: 200,
    runsDir: join(folder, 'runs'),
    timeScale: 0.05,
    seed,
    anyway: false,
    command: `npm run drill -- ${name} --seed ${seed}`,
    labTruth: truth,
  };
  const child = spawn(process.execPath, ['--import', TSX, CHILD, JSON.stringify(request)], {
    cwd: ROOT,
    env: { ...process.env, CI: 'true', NODE_V8_COVERAGE: undefined },
  });
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  await once(child, 'close');
  const run = /\nfolder (.*)\n/.exec(said)?.[1];
  if (run === undefined) throw new Error(`seed ${seed}: the drill did not end: ${said}`);
  const verdict = JSON.parse(readFileSync(join(run, 'verdict.json'), 'utf8')) as Verdict;
  return { folder: run, truth, verdict };
}

describe.runIf(requirePart('k6', 'lab'))('a drill in the lab', { timeout: LONGEST_MS }, () => {
  it.each([
    ['region-loss', 11],
    ['region-freeze', 12],
  ] as const)('times %s within its error bar, and names every lost order (seed %d)', async (name, seed) => {
    const { folder, truth, verdict } = await drill(name, seed);
    expect(verdict.drill!.cause.sentence).toMatch(/^failover proved/);
    const { rtoTruth, rto, inside, lostTruth, lost } = accuracyOf(folder, truth);
    expect(lost).toEqual(lostTruth);
    expect({ rtoTruth, rto, inside }).toMatchObject({ inside: true });
    expect(verdict.drill!.restored).toBe(true);
    expect(readJournal(folder)!.isClosed).toBe(true);
  });

  it('finds what a stalled replication has lost, and all of it again after heal', async () => {
    const { folder, truth, verdict } = await drill('replication-stall', 13);
    const { lost, lostTruth } = accuracyOf(folder, truth);
    expect(lost.length).toBeGreaterThan(100);
    expect(lost).toEqual(lostTruth);
    expect(verdict.claims.find(({ id }) => id === 'rpo.seconds')!.verdict).toBe('FAIL');
    expect(verdict.drill!.ledger.healed!.recovered).toBe(lost.length);
  });
});

describe.runIf(requirePart('k6', 'lab'))('a drill that is killed', { timeout: LONGEST_MS }, () => {
  const script = (name: string, ...args: string[]): [string, string[]] => [
    process.execPath,
    ['--import', TSX, join(ROOT, `scripts/${name}.ts`), ...args],
  ];

  it('leaves nothing that npm run restore does not put back, and the next drill starts', async () => {
    const runs = join(newFolder(), 'runs');
    const [node, args] = script('drill', 'region-loss', '--rate', '100', '--runs-dir', runs, '--seed', '5');
    const child = spawn(node, args, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let said = '';
    child.stdout!.resume();
    // As soon as something is broken.
    await new Promise<void>((resolve, reject) => {
      child.stderr!.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (said.includes('fault: kill')) resolve();
      });
      child.once('close', () => reject(new Error(`the drill ended before it broke anything: ${said}`)));
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const restore = spawnSync(...script('restore', '--runs-dir', runs), { cwd: ROOT, encoding: 'utf8' });
    expect(restore.status, restore.stdout + restore.stderr).toBe(0);
    const [run] = readdirSync(runs).filter((name) => name.includes('-drill-'));
    const { opened } = readJournal(join(runs, run!))!;
    const { socket } = opened!.platform.journalled as { socket: string };
    expect(existsSync(socket)).toBe(false);
    const next = spawnSync(...script('drill', '--plan', '--runs-dir', runs), { cwd: ROOT, encoding: 'utf8' });
    expect(next.status, next.stdout + next.stderr).toBe(0);
  });
});
