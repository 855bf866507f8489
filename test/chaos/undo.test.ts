import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { injectFault } from '../../chaos/inject.ts';
import { createJournal, type Journal, readJournal } from '../../chaos/journal.ts';
import { withJournalLock } from '../../chaos/journal-lock.ts';
import { foldJournal, type JournalEntry, parseJournal } from '../../chaos/journal-state.ts';
import { undoAll, undoFault, undoLeft } from '../../chaos/undo.ts';
import { aimAt, brokenIn, FAST, logOf, openFiles, readRegion, reopenFiles, write } from './file-platform.ts';
import { it, type Scene } from './scene.ts';

const journalText = (folder: string): string => readFileSync(join(folder, 'journal.jsonl'), 'utf8');
const entriesOf = (folder: string): JournalEntry[] => parseJournal(journalText(folder)).entries;
const kindsOf = (folder: string): string[] => entriesOf(folder).map(({ kind }) => kind);

function begin({ folder, run, world }: Scene): Journal {
  return createJournal(folder, run, openFiles(world));
}

async function breakRegion(
  journal: Journal,
  world: string,
  region: string,
  does?: Parameters<typeof aimAt>[1],
): Promise<void> {
  const aim = aimAt(region, does);
  await injectFault(journal, aim, openFiles(world).fault(aim.fault, region, aim.args), FAST);
}

describe('a journal', () => {
  it('has the value before on the disk before anything is broken', async ({ scene }) => {
    const journal = begin(scene);
    const aim = aimAt('seoul');
    const fault = openFiles(scene.world).fault(aim.fault, 'seoul', {});
    const seen: string[][] = [];
    const spied = {
      ...fault,
      inject: (prior: Parameters<typeof fault.inject>[0], ms: number) => {
        seen.push(kindsOf(scene.folder));
        return fault.inject(prior, ms);
      },
    };
    const { fromMs, atMs } = await injectFault(journal, aim, spied, FAST);
    expect(seen).toEqual([['opened', 'intent']]);
    const [opened, intent, injected] = entriesOf(scene.folder);
    expect(opened).toMatchObject({ run: scene.run, pid: process.pid, platform: { journalled: scene.world } });
    expect(intent).toEqual({ kind: 'intent', ...aim, prior: 'seoul is well', atMs: fromMs });
    expect(injected).toEqual({ kind: 'injected', id: 'break-seoul', ours: 'broken', atMs });
  });

  it('is undone backwards, read back and closed, and then takes no fault any more', async ({ scene }) => {
    const journal = begin(scene);
    for (const region of ['seoul', 'tokyo', 'dns']) await breakRegion(journal, scene.world, region);
    expect(brokenIn(scene.world)).toEqual(['seoul', 'tokyo', 'dns']);
    const platform = openFiles(scene.world);
    const first = await undoFault(journal, platform, 'break-tokyo', 'drill', FAST);
    expect(first).toMatchObject({ outcome: 'undone', restored: true });
    expect(await undoFault(journal, platform, 'break-tokyo', 'drill', FAST)).toBeNull();
    const { undoings, restored, trouble } = await undoAll(journal, platform, 'drill', FAST);
    expect(undoings.map(({ id }) => id)).toEqual(['break-dns', 'break-seoul']);
    expect([restored, trouble, brokenIn(scene.world)]).toEqual([true, '', []]);
    expect(entriesOf(scene.folder).at(-1)).toEqual({ kind: 'closed', by: 'drill', restored: true });
    await expect(breakRegion(journal, scene.world, 'replication')).rejects.toThrow(/^E_JOURNAL_CLOSED: /);
    expect(await undoAll(journal, platform, 'drill', FAST)).toEqual({
      undoings: [],
      restored: true,
      trouble: '',
    });
    expect(kindsOf(scene.folder).filter((kind) => kind === 'closed')).toHaveLength(1);
  });

  it('takes no fault after a watchdog has been at work, even one that could not undo all', async ({
    scene,
  }) => {
    const journal = begin(scene);
    await breakRegion(journal, scene.world, 'seoul', 'undo-throws');
    expect((await undoLeft(journal, reopenFiles, 'watchdog', FAST)).restored).toBe(false);
    await expect(breakRegion(journal, scene.world, 'tokyo')).rejects.toThrow(/E_JOURNAL_CLOSED: .*watchdog/);
    expect(brokenIn(scene.world)).toEqual(['seoul']);
  });

  it('cut off at any byte is read, and everything that may be broken is undone', async ({ scene }) => {
    const { world, folder } = scene;
    const journal = begin(scene);
    await breakRegion(journal, world, 'seoul');
    await breakRegion(journal, world, 'tokyo');
    await undoFault(journal, openFiles(world), 'break-seoul', 'drill', FAST);
    await undoAll(journal, openFiles(world), 'drill', FAST);
    const whole = journalText(folder);
    for (let bytes = 0; bytes <= whole.length; bytes++) {
      const prefix = whole.slice(0, bytes);
      const { opened, faults, leftOut } = foldJournal(prefix);
      expect(leftOut).toBeLessThanOrEqual(1);
      // At the crash the last intent may have been carried out already or not.
      const isOpen = faults.some(({ ours, last }) => ours === undefined && last === null);
      for (const wasInjected of isOpen ? [true, false] : [true]) {
        for (const { intent, ours, last } of faults) {
          const isBroken = last === null && (ours !== undefined || wasInjected);
          write(world, intent.region!, isBroken ? 'broken' : String(intent.prior));
        }
        writeFileSync(join(folder, 'journal.jsonl'), prefix);
        const after = await undoLeft(journal, reopenFiles, 'restore', { ...FAST, settleMs: 0 });
        expect({ bytes, broken: brokenIn(world), ...after }).toMatchObject({ broken: [], restored: true });
        expect(readJournal(folder)).toMatchObject({ unfinished: [], isClosed: true, restored: true });
      }
      if (opened === null) expect(faults).toEqual([]);
    }
  });

  it('of whatever bytes is read without a throw, and lines of garbage change nothing', () => {
    const line = fc.oneof(fc.string(), fc.json(), fc.constant('{"kind":"intent","id":"break-seoul"}'));
    const good = [
      '{"kind":"opened","schema":"stormproof.journal/1","run":"r","platform":{"name":"lab","journalled":{"a":[1]}},"pid":1,"bootId":null,"startedAt":"x"}',
      '{"kind":"intent","id":"a","fault":"f","region":null,"args":{"n":1},"prior":{"x":null},"expiresMs":1,"atMs":1}',
      '{"kind":"injected","id":"a","ours":7,"atMs":2}',
      '{"kind":"intent","id":"b","fault":"f","region":"seoul","args":{},"prior":0,"expiresMs":1,"atMs":3}',
    ];
    const { leftOut: none, ...expected } = foldJournal(good.join('\n'));
    expect([none, expected.unfinished.map(({ intent }) => intent.id)]).toEqual([0, ['b', 'a']]);
    fc.assert(
      fc.property(fc.array(line, { minLength: 5, maxLength: 5 }), (garbage) => {
        const text = garbage.flatMap((each, i) => [each, ...good.slice(i, i + 1)]).join('\n');
        const { leftOut: _leftOut, ...found } = foldJournal(text);
        expect(found).toEqual(expected);
      }),
    );
  });

  it('with a torn end goes on on a line of its own', async ({ scene }) => {
    const journal = begin(scene);
    await breakRegion(journal, scene.world, 'seoul');
    appendFileSync(join(scene.folder, 'journal.jsonl'), '{"kind":"undone","id":"break-se');
    await undoAll(journal, openFiles(scene.world), 'drill', FAST);
    expect(readJournal(scene.folder)).toMatchObject({ leftOut: 1, unfinished: [], restored: true });
  });

  it('that has lost the intent of a fault is never called restored', async ({ scene }) => {
    const journal = begin(scene);
    await breakRegion(journal, scene.world, 'seoul');
    const lines = journalText(scene.folder).split('\n');
    lines[1] = lines[1]!.slice(0, 30);
    writeFileSync(join(scene.folder, 'journal.jsonl'), lines.join('\n'));
    const { restored } = await undoLeft(journal, reopenFiles, 'restore', FAST);
    expect(restored).toBe(false);
    expect(readJournal(scene.folder)).toMatchObject({ lost: ['break-seoul'], isClosed: false, leftOut: 1 });
  });
});

describe('an undo', () => {
  it.for([
    ['throws', 'undo-throws', 'no way back'],
    ['hangs', 'undo-hangs', 'undoing it took longer than 0.3 s'],
  ] as const)('that %s is said and does not keep the others', async ([, does, cause], { scene }) => {
    const journal = begin(scene);
    await breakRegion(journal, scene.world, 'seoul');
    await breakRegion(journal, scene.world, 'tokyo', does);
    const done = await undoLeft(journal, reopenFiles, 'restore', { ...FAST, undoMs: 300 });
    expect(done.undoings).toMatchObject([
      { id: 'break-tokyo', outcome: 'failed', restored: false, words: cause },
      { id: 'break-seoul', outcome: 'undone', restored: true },
    ]);
    expect([done.restored, brokenIn(scene.world)]).toEqual([false, ['tokyo']]);
    const state = readJournal(scene.folder)!;
    expect(state.unfinished.map(({ intent }) => intent.id)).toEqual(['break-tokyo']);
    expect([state.isClosed, state.restored]).toEqual([false, false]);
  });

  it('that finds a foreign value leaves it alone, says it, and is not tried again', async ({ scene }) => {
    const journal = begin(scene);
    await breakRegion(journal, scene.world, 'seoul');
    write(scene.world, 'seoul', 'somebody was here');
    const done = await undoLeft(journal, reopenFiles, 'restore', FAST);
    expect(done.undoings).toMatchObject([{ outcome: 'not-ours', words: 'seoul says "somebody was here"' }]);
    expect([done.restored, readRegion(scene.world, 'seoul')]).toEqual([false, 'somebody was here']);
    expect(readJournal(scene.folder)).toMatchObject({ unfinished: [], isClosed: true, restored: false });
  });

  it('of what may be ours and reads foreign stays unfinished until it is as it was', async ({ scene }) => {
    const journal = begin(scene);
    await expect(breakRegion(journal, scene.world, 'seoul', 'inject-throws')).rejects.toThrow(
      /^E_INJECT: file.break could not be injected: it broke, and then it broke\. /,
    );
    write(scene.world, 'seoul', 'somebody was here');
    expect((await undoLeft(journal, reopenFiles, 'restore', FAST)).restored).toBe(false);
    expect(readJournal(scene.folder)?.unfinished).toHaveLength(1);
    write(scene.world, 'seoul', 'seoul is well');
    const done = await undoLeft(journal, reopenFiles, 'restore', FAST);
    expect(done.undoings).toMatchObject([{ outcome: 'was-never-injected', restored: true }]);
    expect(readJournal(scene.folder)).toMatchObject({ unfinished: [], isClosed: true, restored: true });
  });

  it('of an injection that threw after it had bitten puts it back', async ({ scene }) => {
    const journal = begin(scene);
    await expect(breakRegion(journal, scene.world, 'seoul', 'inject-throws')).rejects.toThrow(/E_INJECT/);
    expect(brokenIn(scene.world)).toEqual(['seoul']);
    const done = await undoAll(journal, openFiles(scene.world), 'drill', FAST);
    expect(done.undoings).toMatchObject([{ outcome: 'undone', restored: true }]);
    expect(brokenIn(scene.world)).toEqual([]);
  });

  it('of what may have been injected is done although it reads as it was: not every fault shows', async ({
    scene,
  }) => {
    const journal = begin(scene);
    await expect(breakRegion(journal, scene.world, 'seoul', 'inject-throws')).rejects.toThrow(/E_INJECT/);
    const blind: typeof reopenFiles = async (_, world) => {
      const platform = openFiles(world);
      const fault: typeof platform.fault = (...aim) => ({
        ...platform.fault(...aim),
        verify: async () => '',
      });
      return { ...platform, fault };
    };
    await undoLeft(journal, blind, 'restore', FAST);
    expect(brokenIn(scene.world)).toEqual([]);
  });

  it('looks again at a fault that bites after its injection had failed', async ({ scene }) => {
    const journal = begin(scene);
    await expect(breakRegion(journal, scene.world, 'seoul', 'inject-late')).rejects.toThrow(/E_INJECT/);
    const done = await undoAll(journal, openFiles(scene.world), 'drill', { ...FAST, settleMs: 300 });
    expect(logOf(scene.world)).toEqual(['inject seoul', 'revert seoul']);
    expect([done.restored, brokenIn(scene.world)]).toEqual([true, []]);
  });

  it('has nothing to do where the platform has ended with its faults', async ({ scene }) => {
    const journal = begin(scene);
    await breakRegion(journal, scene.world, 'seoul');
    const done = await undoLeft(journal, async () => ({ gone: 'it ended with its drill' }), 'restore', FAST);
    expect(done.undoings).toMatchObject([{ outcome: 'undone', words: 'it ended with its drill' }]);
    expect(readJournal(scene.folder)).toMatchObject({ isClosed: true, restored: true });
  });

  it('by drill, watchdog and restore at once happens once', async ({ scene }) => {
    const journal = begin(scene);
    for (const region of ['seoul', 'tokyo', 'dns']) await breakRegion(journal, scene.world, region);
    const all = await Promise.all([
      undoAll(journal, openFiles(scene.world), 'drill', FAST),
      undoLeft(journal, reopenFiles, 'watchdog', FAST),
      undoLeft(journal, reopenFiles, 'restore', FAST),
    ]);
    expect(all.map(({ restored }) => restored)).toEqual([true, true, true]);
    expect(all.map(({ undoings }) => undoings.length).sort()).toEqual([0, 0, 3]);
    expect(logOf(scene.world).slice(3)).toEqual(['revert dns', 'revert tokyo', 'revert seoul']);
    expect(kindsOf(scene.folder).filter((kind) => kind === 'closed')).toHaveLength(1);
  });

  it('waits for a live holder of the lock so long, and then names it', async ({ scene }) => {
    const journal = begin(scene);
    await breakRegion(journal, scene.world, 'seoul');
    await withJournalLock(scene.folder, 'drill', 0, async () => {
      const waiting = undoLeft(journal, reopenFiles, 'restore', { ...FAST, lockMs: 100 });
      await expect(waiting).rejects.toThrow(
        `E_JOURNAL_LOCKED: ${join(scene.folder, 'journal.lock')} is held by the drill, process ${process.pid}, for more than 0.1 s.`,
      );
    });
    expect(brokenIn(scene.world)).toEqual(['seoul']);
    expect((await undoLeft(journal, reopenFiles, 'restore', FAST)).restored).toBe(true);
  });

  it('needs a journal', async ({ scene }) => {
    const journal = begin(scene);
    rmSync(join(scene.folder, 'journal.jsonl'));
    await expect(undoAll(journal, openFiles(scene.world), 'drill', FAST)).rejects.toThrow(/^E_JOURNAL: /);
    await expect(breakRegion(journal, scene.world, 'seoul')).rejects.toThrow(/^E_JOURNAL: /);
    expect(brokenIn(scene.world)).toEqual([]);
  });
});
