import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { readJournal } from '../../chaos/journal.ts';
import { restoreRuns } from '../../chaos/restore.ts';
import type { DrillChild } from './drill-child.ts';
import { brokenIn, FAST, logOf, reopenFiles } from './file-platform.ts';
import { type Child, isAlive, it, type Scene, until } from './scene.ts';

interface Drill {
  child: Child;
  watchdog: number;
}

/** Starts a drill-like process and waits until its watchdog watches. */
async function startDrill(
  scene: Scene,
  way: DrillChild['way'],
  { leaseMs = 60_000, longestMs = 60_000 } = {},
): Promise<Drill> {
  const { folder, run, world } = scene;
  const settings: DrillChild = { folder, run, world, way, leaseMs, longestMs };
  const child = scene.start('drill-child.ts', [JSON.stringify(settings)]);
  const watchdog = Number((await child.said(/watchdog (\d+)\n/))[1]);
  scene.mind(watchdog);
  return { child, watchdog };
}

const untilGone = (pid: number): Promise<void> => until(`process ${pid} gone`, () => !isAlive(pid));
const restore = (scene: Scene): Child => scene.start('restore-child.ts', [scene.runs]);

/**
 * All is as it was, the journal says so, and nothing was done twice.
 * @param lost lines that the platform's own log may lack: a kill comes between an act and its line
 */
function expectRestored({ world, folder }: Scene, lost = 0): void {
  expect(brokenIn(world)).toEqual([]);
  expect(readJournal(folder)).toMatchObject({ unfinished: [], isClosed: true, restored: true });
  const log = logOf(world);
  expect(new Set(log).size, log.join(', ')).toBe(log.length);
  const done = log.map((line) => line.split(' ')[1]!);
  const once = done.filter((region) => done.indexOf(region) === done.lastIndexOf(region));
  expect(once.length, log.join(', ')).toBeLessThanOrEqual(lost);
}

describe.concurrent('a watchdog', () => {
  it('goes when the drill has put everything back, and has done nothing', async ({ scene }) => {
    const { child, watchdog } = await startDrill(scene, 'whole');
    const { code, stdout, stderr } = await child.ended;
    expect([code, stdout.split('\n').slice(-3), stderr]).toEqual([
      0,
      ['restored true, watchdog: watching', 'dismissed ', ''],
      '',
    ]);
    await untilGone(watchdog);
    expectRestored(scene);
    expect(readJournal(scene.folder)?.takenOver).toBeNull();
  });

  it('goes when it is told to, although the drill could not put everything back', async ({ scene }) => {
    const { child, watchdog } = await startDrill(scene, 'failing');
    const { stdout, stderr } = await child.ended;
    expect([stdout.split('\n').slice(-3), stderr]).toEqual([
      ['restored false, watchdog: watching', 'dismissed ', ''],
      '',
    ]);
    await untilGone(watchdog);
    expect(brokenIn(scene.world)).toEqual(['replication']);
    expect(readJournal(scene.folder)).toMatchObject({ takenOver: null, isClosed: false, restored: false });
  });

  it('survives ctrl-C and SIGTERM to the whole group of the drill, and puts everything back', async ({
    scene,
  }) => {
    const { child, watchdog } = await startDrill(scene, 'hold');
    await child.said(/holding/);
    expect(brokenIn(scene.world)).toEqual(['seoul', 'tokyo']);
    process.kill(watchdog, 'SIGTERM');
    process.kill(-child.process.pid!, 'SIGINT');
    const { signal, stderr } = await child.ended;
    expect(signal).toBe('SIGINT');
    await untilGone(watchdog);
    expect(stderr).toBe(
      `watchdog  the drill (process ${child.process.pid}) was killed or ended early: putting everything back\n` +
        'watchdog  2 of 2 faults undone and read back: all is as it was\n',
    );
    expectRestored(scene);
    expect(readJournal(scene.folder)?.takenOver).toBe('watchdog');
  });

  it('puts everything back when the drill is frozen, and the drill breaks nothing when it wakes', async ({
    scene,
  }) => {
    const { child, watchdog } = await startDrill(scene, 'hold', { leaseMs: 1000 });
    await child.said(/holding/);
    process.kill(child.process.pid!, 'SIGSTOP');
    await untilGone(watchdog);
    expectRestored(scene);
    child.process.stdin!.write('go on\n');
    process.kill(child.process.pid!, 'SIGCONT');
    const { code, stdout, stderr } = await child.ended;
    expect(stderr).toContain('is frozen: putting everything back');
    expect(stdout).toMatch(/refused dns: E_(WATCHDOG|JOURNAL_CLOSED): /);
    expect(stdout).toMatch(/refused replication: E_(WATCHDOG|JOURNAL_CLOSED): /);
    expect([code, stdout]).toEqual([0, expect.stringContaining('restored true')]);
    expectRestored(scene);
  });

  it('ends a drill that is frozen in the middle of an injection: it would go on injecting', async ({
    scene,
  }) => {
    const { child, watchdog } = await startDrill(scene, 'stuck', { leaseMs: 1000 });
    await child.said(/sticking/);
    await until('the intent', () => readJournal(scene.folder)?.faults.length === 3);
    process.kill(child.process.pid!, 'SIGSTOP');
    const { signal, stderr } = await child.ended;
    expect(signal).toBe('SIGKILL');
    expect(stderr).toMatch(/journal\.lock is held by the drill, process \d+/);
    await untilGone(watchdog);
    expectRestored(scene);
  });

  it('leaves a drill alone that has woken up by then: it is heard again', async ({ scene }) => {
    const { child, watchdog } = await startDrill(scene, 'stuck', { leaseMs: 1000 });
    await child.said(/sticking/);
    await until('the intent', () => readJournal(scene.folder)?.faults.length === 3);
    process.kill(child.process.pid!, 'SIGSTOP');
    await until('the end of the lease', () => child.stderr.includes('is frozen'));
    process.kill(child.process.pid!, 'SIGCONT');
    await untilGone(watchdog);
    const last = 'not everything is as it was. Expected all of it. Use npm run restore';
    await until('its last word', () => child.stderr.includes(last));
    expect([child.stderr.includes('was ended'), isAlive(child.process.pid!)]).toEqual([false, true]);
    child.process.kill('SIGKILL');
    await child.ended;
    expect((await restore(scene).ended).code).toBe(0);
    expectRestored(scene);
  });

  it('does not outlive the longest drill', async ({ scene }) => {
    const { child, watchdog } = await startDrill(scene, 'hold', { longestMs: 3000 });
    await child.said(/holding/);
    await untilGone(watchdog);
    expectRestored(scene);
    child.process.stdin!.write('go on\n');
    const { stdout, stderr } = await child.ended;
    expect(stderr).toContain('took longer than it can: putting everything back');
    expect(stdout).toContain('refused dns: E_WATCHDOG: ');
    expect(stdout).toContain('watchdog: the watchdog has ended (exit code 0)');
  });

  it('that was killed lets the drill break nothing more, and put back what there is', async ({ scene }) => {
    const { child, watchdog } = await startDrill(scene, 'hold');
    await child.said(/holding/);
    process.kill(watchdog, 'SIGKILL');
    await untilGone(watchdog);
    child.process.stdin!.write('go on\n');
    const { stdout } = await child.ended;
    expect(stdout).toContain(
      'refused dns: E_WATCHDOG: file.break was not injected: the watchdog has ended (SIGKILL).',
    );
    expect(stdout).toContain('restored true');
    expectRestored(scene);
  });
});

describe('a drill that is killed at any moment', () => {
  const SEED = 20261121;
  /** Of a drill that was not killed: opened, four faults of three lines each, closed. */
  const WHOLE_LINES = 14;
  const linesOf = ({ folder }: Scene): number =>
    readFileSync(join(folder, 'journal.jsonl'), 'utf8').split('\n').length - 1;
  const hasEnded = ({ process: { exitCode, signalCode } }: Child): boolean =>
    (exitCode ?? signalCode) !== null;
  /** mulberry32: after how many lines, as a share of all. */
  const randoms = Array.from({ length: 10 }, (_, i) => {
    let t = (SEED + i * 0x6d2b79f5) | 0;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });

  it.for(randoms.map((random, i) => [i, random] as const))(
    `is undone by its watchdog, by restore, or by both at once (seed ${SEED}, %i)`,
    async ([i, random], { scene }) => {
      const { child, watchdog } = await startDrill(scene, 'whole');
      const lines = 1 + Math.floor(random * WHOLE_LINES);
      await until(`${lines} lines of journal`, () => linesOf(scene) >= lines || hasEnded(child), {
        everyMs: 1,
      });
      const killers = ['watchdog', 'restore', 'both'] as const;
      const by = killers[i % 3]!;
      if (by === 'restore') killIfAlive(watchdog);
      // To its whole group, as `kill -9` of a job does.
      if (!hasEnded(child)) killIfAlive(-child.process.pid!);
      const restoring = by === 'watchdog' ? [] : [restore(scene)];
      await child.ended;
      for (const each of restoring) {
        const { code, stdout, stderr } = await each.ended;
        expect([code, stderr], stdout).toEqual([0, '']);
      }
      await untilGone(watchdog);
      expectRestored(scene, 1);
      expect(readJournal(scene.folder)?.leftOut).toBeLessThanOrEqual(1);
      const said: string[] = [];
      const where = { runsDir: scene.runs, wanted: undefined };
      expect(await restoreRuns(where, reopenFiles, (line) => said.push(line), FAST)).toBe(true);
      expect(said).toEqual([`nothing to undo: no drill in ${scene.runs} has left anything broken`]);
    },
  );
});

/** It may end by itself at any moment: a drill that is through dismisses its watchdog. @param pid of a group where negative */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
