import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool } from '../../harness/spool.ts';
import type { Point } from '../../reports/influx/schema.ts';
import { behindMounts, canMount } from './private-mounts.ts';

const pointsOf = (from: number, n: number): Point[] =>
  Array.from({ length: n }, (_, i) => ({
    measurement: 'orders',
    tags: { run: 'läuft' },
    fields: { planned: i },
    timestamp: from + i,
  }));

const times = (points: readonly Point[]): number[] => points.map(({ timestamp }) => timestamp);

let folder: string;
let file: string;
let spool: Spool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stormproof-spool-'));
  file = join(folder, 'influx.jsonl');
  spool = new Spool(file);
});
afterEach(async () => {
  await spool.close();
  rmSync(folder, { recursive: true });
});

describe('the spool', () => {
  it('gives back what it took, in its order, from the disk', async () => {
    spool.take(pointsOf(0, 3));
    expect([spool.length, spool.unsent]).toEqual([0, 3]);
    await spool.flush();
    spool.take(pointsOf(3, 2));
    await spool.flush();
    expect([spool.length, spool.unsent, spool.trouble]).toEqual([5, 5, '']);
    expect(await spool.peek(2)).toEqual(
      pointsOf(0, 5)
        .slice(0, 2)
        .map((_, i) => pointsOf(0, 3)[i]),
    );
    spool.drop(2);
    expect(times(await spool.peek(10))).toEqual([2, 3, 4]);
    spool.drop(1);
    expect([times(await spool.peek(1)), spool.unsent]).toEqual([[3], 2]);
    spool.drop(2);
    expect([await spool.peek(1), spool.length, spool.unsent]).toEqual([[], 0, 0]);
    // What was sent stays in the file.
    expect(
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([...pointsOf(0, 3), ...pointsOf(3, 2)]);
  });

  it('writes in order although flushes come together', async () => {
    const flushes = [];
    for (let i = 0; i < 20; i++) {
      spool.take(pointsOf(i, 1));
      flushes.push(spool.flush());
    }
    await Promise.all(flushes);
    expect(times(await spool.peek(100))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('has written all that it was told to write when it is closed', async () => {
    spool.take(pointsOf(0, 2000));
    void spool.flush();
    await spool.close();
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2000);
  });

  it('keeps in memory what the disk does not take, and gives it back', async () => {
    spool = new Spool('/dev/full');
    spool.take(pointsOf(0, 3));
    await spool.flush();
    spool.take(pointsOf(3, 1));
    await spool.flush();
    expect([spool.trouble, spool.length, spool.unsent]).toEqual(['ENOSPC', 4, 4]);
    expect(times(await spool.peek(2))).toEqual([0, 1]);
    spool.drop(3);
    expect([times(await spool.peek(9)), spool.unsent]).toEqual([[3], 1]);
  });

  it('keeps no more in memory than it may, and counts the rest', async () => {
    spool = new Spool(join(folder, 'nowhere', 'influx.jsonl'));
    spool.take(pointsOf(0, 25_000));
    await spool.flush();
    expect([spool.trouble, spool.length, spool.unsent]).toEqual(['ENOENT', 20_000, 25_000]);
  });

  it('does not read what was cut off: it is unsent, and nothing is thrown', async () => {
    spool.take(pointsOf(0, 10));
    await spool.flush();
    spool.drop(1);
    truncateSync(file, 200);
    expect(await spool.peek(10)).toEqual([]);
    expect([spool.length, spool.unsent]).toEqual([0, 9]);
    expect(spool.trouble).toBe('it was cut off');
  });

  it.runIf(canMount())('survives a disk that fills in the middle of a write', () => {
    const script = `
      const { Spool } = await import(${JSON.stringify(new URL('../../harness/spool.ts', import.meta.url).href)});
      const spool = new Spool('${folder}/influx.jsonl');
      const points = (from, n) => Array.from({ length: n }, (_, i) => (
        { measurement: 'orders', tags: {}, fields: { planned: 1 }, timestamp: from + i }));
      spool.take(points(0, 10));
      await spool.flush();
      spool.take(points(10, 1000));
      await spool.flush();
      const first = await spool.peek(2000);
      spool.drop(first.length);
      const second = await spool.peek(2000);
      console.log(JSON.stringify([spool.trouble, first.map((p) => p.timestamp), second.map((p) => p.timestamp)]));`;
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const mount = behindMounts(`mount -t tmpfs -o size=16k tmpfs '${folder}'`);
    const [command, ...rest] = [
      ...mount,
      process.execPath,
      '--import',
      tsx,
      '--input-type=module',
      '-e',
      script,
    ];
    const { stdout, stderr } = spawnSync(command!, rest, { encoding: 'utf8' });
    expect(stderr).toBe('');
    const [trouble, first, second] = JSON.parse(stdout) as [string, number[], number[]];
    expect(trouble).toBe('ENOSPC');
    expect(first).toEqual(times(pointsOf(0, 10)));
    expect(second).toEqual(times(pointsOf(10, 1000)));
  });
});
