import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { injectFault } from '../../chaos/inject.ts';
import { appendEntry, createJournal, type Journal, readJournal } from '../../chaos/journal.ts';
import { reopenPlatform } from '../../chaos/platforms.ts';
import { restoreRuns } from '../../chaos/restore.ts';
import { undoAll } from '../../chaos/undo.ts';
import { refuseIfUnfinished } from '../../chaos/unfinished.ts';
import { Problem, Problems } from '../../measure/problem.ts';
import { ROOT } from '../harness/whole-run.ts';
import { aimAt, brokenIn, FAST, openFiles, readRegion, reopenFiles, write } from './file-platform.ts';
import { isAlive, it, type Scene, until } from './scene.ts';

/** A drill that broke things and was killed: in truth this process wrote its journal, so another one stands in it. */
async function leaveBroken(
  scene: Scene,
  regions: readonly (readonly [string, Parameters<typeof aimAt>[1]?])[],
): Promise<Journal> {
  const platform = openFiles(scene.world);
  const journal = createJournal(scene.folder, scene.run, platform);
  for (const [region, does] of regions) {
    const aim = aimAt(region, does);
    await injectFault(journal, aim, platform.fault(aim.fault, region, aim.args), FAST).catch(() => {});
  }
  endDrill(scene);
  return journal;
}

function endDrill({ folder }: Scene): void {
  const file = join(folder, 'journal.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"bootId":("[^"]*"|null)/, '"bootId":"another"'));
}

async function restore(scene: Scene, wanted?: string): Promise<{ isRestored: boolean; lines: string[] }> {
  const lines: string[] = [];
  const where = { runsDir: scene.runs, wanted };
  const isRestored = await restoreRuns(where, reopenFiles, (line) => lines.push(line), FAST);
  return { isRestored, lines: lines.map((line) => line.replaceAll(scene.runs, 'RUNS')) };
}

const drillVerdict = (restored: boolean | null): string =>
  `${JSON.stringify({ verdict: 'PASS', drill: { name: 'region-loss', restored } }, null, 2)}\n`;

describe('npm run restore', () => {
  it('says what it will undo, undoes it, and has nothing to do the next time', async ({ scene }) => {
    await leaveBroken(scene, [['seoul'], ['tokyo']]);
    writeFileSync(join(scene.folder, 'verdict.json'), drillVerdict(false));
    expect(await restore(scene)).toEqual({
      isRestored: true,
      lines: [
        `${scene.run} on commands: 2 faults to undo`,
        '  file.break tokyo, back to "tokyo is well"',
        '  file.break seoul, back to "seoul is well"',
        '  undone  file.break tokyo',
        '  undone  file.break seoul',
        'restored  2 of 2 faults undone and read back',
      ],
    });
    expect(brokenIn(scene.world)).toEqual([]);
    // The verdict's word stays.
    expect(readFileSync(join(scene.folder, 'verdict.json'), 'utf8')).toBe(drillVerdict(true));
    const nothing = 'nothing to undo: no drill in RUNS has left anything broken';
    expect(await restore(scene)).toEqual({ isRestored: true, lines: [nothing] });
    expect(await restore(scene, scene.run)).toEqual({
      isRestored: true,
      lines: [`nothing to undo: ${scene.run} has left nothing broken`],
    });
  });

  it('says which fault it could not undo, and why', async ({ scene }) => {
    await leaveBroken(scene, [
      ['seoul'],
      ['tokyo', 'undo-throws'],
      ['dns', 'inject-throws'],
      ['replication'],
    ]);
    write(scene.world, 'seoul', 'somebody was here');
    appendFileSync(join(scene.folder, 'journal.jsonl'), '{"kind":"und');
    writeFileSync(join(scene.folder, 'verdict.json'), drillVerdict(null));
    const { isRestored, lines } = await restore(scene);
    expect(isRestored).toBe(false);
    expect(lines.slice(3)).toEqual([
      '  file.break tokyo, back to "tokyo is well"',
      '  file.break seoul, back to "seoul is well"',
      '  1 line of its journal left out: torn, or not ours',
      '  undone  file.break replication',
      '  FAILED  file.break tokyo: no way back',
      '  FAILED  file.break seoul was changed by somebody else and is left alone: seoul says "somebody was here"',
      '  undone  file.break dns',
      'RESTORE FAILED  2 of 4 faults undone and read back',
    ]);
    expect(lines[2]).toBe(
      '  file.break dns, back to "dns is well", if it was injected at all: the drill ended in the middle of it',
    );
    expect(brokenIn(scene.world)).toEqual(['seoul', 'tokyo']);
    expect(readFileSync(join(scene.folder, 'verdict.json'), 'utf8')).toBe(drillVerdict(false));
  });

  it('goes through all runs, and says of a journal without a beginning that it must be done by hand', async ({
    scene,
  }) => {
    await leaveBroken(scene, [['seoul']]);
    const headless = join(scene.runs, '20261121T091112Z-drill-region-loss-aaaa');
    mkdirSync(headless);
    const [, intent] = readFileSync(join(scene.folder, 'journal.jsonl'), 'utf8').split('\n');
    writeFileSync(join(headless, 'journal.jsonl'), `{"kind":"ope\n${intent}\n`);
    const { isRestored, lines } = await restore(scene);
    expect(isRestored).toBe(false);
    expect(lines).toContainEqual(
      expect.stringMatching(/^RESTORE FAILED {2}E_JOURNAL: the first line of RUNS\/.*aaaa/),
    );
    expect(lines.at(-1)).toBe('restored  1 of 1 fault undone and read back');
    expect(brokenIn(scene.world)).toEqual([]);
  });

  it('undoes once more what a closed journal has lost the line of', async ({ scene }) => {
    const journal = await leaveBroken(scene, [['seoul']]);
    await undoAll(journal, openFiles(scene.world), 'drill', FAST);
    const file = join(scene.folder, 'journal.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(
      file,
      lines.map((line) => (line.includes('"undone"') ? line.slice(0, 30) : line)).join('\n'),
    );
    const { isRestored, lines: said } = await restore(scene);
    expect([isRestored, said[0]]).toEqual([true, `${scene.run} on commands: 1 fault to undo`]);
    expect((await restore(scene)).lines[0]).toMatch(/^nothing to undo/);
  });

  it('says every mistake of a configuration that cannot be opened', async ({ scene }) => {
    await leaveBroken(scene, [['seoul']]);
    const lines: string[] = [];
    const mistakes = [new Problem('E_ENV_UNSET', 'TOKEN is not set. Set it.'), new Problem('E_X', 'y.')];
    const reopen = (): never => {
      throw new Problems('stormproof.config.ts has 2 mistakes', mistakes);
    };
    const where = { runsDir: scene.runs, wanted: undefined };
    expect(
      await restoreRuns(
        where,
        async () => reopen(),
        (line) => lines.push(line),
        FAST,
      ),
    ).toBe(false);
    expect(lines.at(-1)).toBe(
      'RESTORE FAILED  stormproof.config.ts has 2 mistakes: E_ENV_UNSET: TOKEN is not set. Set it; E_X: y',
    );
  });

  it('takes over from a drill and a watchdog that were killed, though their lock file is there', async ({
    scene,
  }) => {
    const { folder, run, world } = scene;
    const settings = { folder, run, world, way: 'stuck', leaseMs: 60_000, longestMs: 60_000 };
    const child = scene.start('drill-child.ts', [JSON.stringify(settings)]);
    const watchdog = Number((await child.said(/watchdog (\d+)\n/))[1]);
    scene.mind(watchdog);
    await child.said(/sticking/);
    await until('the intent', () => readJournal(folder)?.faults.length === 3);
    expect(() => refuseIfUnfinished(scene.runs)).toThrow(
      `E_UNFINISHED: ${run} is under way (process ${child.process.pid}). Expected one drill at a time.`,
    );
    process.kill(watchdog, 'SIGKILL');
    await until('the watchdog gone', () => !isAlive(watchdog));
    child.process.kill('SIGKILL');
    await child.ended;
    expect(readFileSync(join(folder, 'journal.lock'), 'utf8')).toBe(`drill, process ${child.process.pid}`);
    const { isRestored, lines } = await restore(scene);
    expect([isRestored, brokenIn(world)]).toEqual([true, []]);
    expect(lines).toContain(
      '  undone  file.break dns: it is as it was, the drill ended before it was injected',
    );
  });

  it.for([
    ['nothing to undo', [], '', 0, /^nothing to undo: no drill in .* has left anything broken\n$/, /^$/],
    [
      'a platform that is not known',
      [],
      'cloud',
      5,
      /RESTORE FAILED {2}E_PLATFORM_UNKNOWN: there is no platform "cloud"/,
      /^$/,
    ],
    ['no such run', ['--run', 'nix'], '', 2, /^$/, /^--run {3}E_RUN_NOT_FOUND: nix is no drill's folder/],
    [
      'no such folder',
      ['--runs-dir', '/nix'],
      '',
      2,
      /^$/,
      /^--runs-dir {3}E_RUNS_DIR: there is no folder \/nix/,
    ],
  ] as const)('as a command: %s', async ([, args, platform, code, out, err], { scene }) => {
    if (platform !== '') {
      const journal = createJournal(scene.folder, scene.run, { name: platform, journalled: null });
      appendEntry(journal, { kind: 'intent', ...aimAt('seoul'), prior: 1, atMs: 1 });
    }
    const all = args.includes('--runs-dir' as never) ? args : ['--runs-dir', scene.runs, ...args];
    const ended = await scene.start('../../scripts/restore.ts', all).ended;
    expect(ended.stdout).toMatch(out);
    expect(ended.stderr).toMatch(err);
    expect(ended.code).toBe(code);
  });
});

describe('a new drill', () => {
  it('is refused while another one has left something, and names it', async ({ scene }) => {
    refuseIfUnfinished(scene.runs);
    refuseIfUnfinished(join(scene.runs, 'nix'));
    const journal = await leaveBroken(scene, [['seoul'], ['tokyo']]);
    expect(() => refuseIfUnfinished(scene.runs)).toThrow(
      `E_UNFINISHED: ${scene.run} has ended without putting everything back (file.break tokyo, file.break seoul). Expected a system as it was. Use npm run restore -- --run ${scene.run}`,
    );
    await undoAll(journal, openFiles(scene.world), 'restore', FAST);
    refuseIfUnfinished(scene.runs);
  });
});

describe('a platform', () => {
  it('that is not known is a sentence', async () => {
    await expect(reopenPlatform('__proto__', null)).rejects.toThrow(
      /^E_PLATFORM_UNKNOWN: there is no platform/,
    );
  });
});

describe("a system of one's own", () => {
  it('is put back by the real watchdog, and by restore where the watchdog finds another configuration', async ({
    scene,
  }) => {
    const { folder, run, runs, world } = scene;
    const file = join(runs, 'stormproof.config.ts');
    const config = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { defineConfig } from ${JSON.stringify(join(ROOT, 'harness/config.ts'))};
      const at = (region: string): string => ${JSON.stringify(world)} + '/' + region;
      const now = (region: string): string => readFileSync(at(region), 'utf8');
      export default defineConfig({
        commands: {
          primary: 'seoul', standby: 'tokyo', target: 'http://127.0.0.1:1',
          healthy: () => true,
          listKeys: () => [],
          faults: {
            'file.break': {
              read: ({ region }) => now(region),
              inject: ({ region, args }) => writeFileSync(at(region), String(args.to)),
              undo: ({ region, prior }) => writeFileSync(at(region), String(prior)),
              verify: ({ region, prior }) => now(region) === prior || 'it is ' + now(region),
            },
          },
        },
      });\n`;
    writeFileSync(file, config);
    const drill = scene.start('commands-child.ts', [folder, run, file]);
    const watchdog = Number((await drill.said(/broke it, watchdog (\d+)\n/))[1]);
    scene.mind(watchdog);
    expect(readRegion(world, 'seoul')).toBe('broken');
    writeFileSync(file, `${config}// another one\n`);
    drill.process.kill('SIGKILL');
    expect((await drill.ended).stderr).toMatch(
      /it could not: E_CONFIG_CHANGED: .* has changed since the drill/,
    );
    await until('the watchdog gone', () => !isAlive(watchdog));
    const refused = await scene.start('../../scripts/restore.ts', ['--runs-dir', runs]).ended;
    expect([refused.code, refused.stdout]).toEqual([
      5,
      expect.stringContaining(`RESTORE FAILED  E_CONFIG_CHANGED: ${file} has changed since the drill`),
    ]);
    expect(readRegion(world, 'seoul')).toBe('broken');
    writeFileSync(file, config);
    const restored = await scene.start('../../scripts/restore.ts', ['--runs-dir', runs]).ended;
    expect([restored.code, restored.stdout]).toEqual([
      0,
      `${run} on commands: 1 fault to undo\n  file.break seoul, back to "seoul is well"\n` +
        '  undone  file.break seoul\nrestored  1 of 1 fault undone and read back\n',
    ]);
    expect(brokenIn(world)).toEqual([]);
    // Once more, and nobody touches the configuration.
    rmSync(join(folder, 'journal.jsonl'));
    const second = scene.start('commands-child.ts', [folder, run, file]);
    const other = Number((await second.said(/broke it, watchdog (\d+)\n/))[1]);
    scene.mind(other);
    second.process.kill('SIGKILL');
    expect((await second.ended).stderr).toContain('1 of 1 fault undone and read back: all is as it was');
    await until('the watchdog gone', () => !isAlive(other));
    expect(brokenIn(world)).toEqual([]);
  });
});
