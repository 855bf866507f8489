/**
 * A platform of files: what is broken is a file's content, so that any process can look, and undo. It writes into a log
 * what it really did.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits } from '../../chaos/limits.ts';
import type { Fault, Json, Platform } from '../../chaos/platform.ts';

export const FAST: Limits = { lockMs: 5000, undoMs: 2000, verifyMs: 100, settleMs: 60 };

/** What a fault does wrong, by its `does` argument. */
type Misdeed = 'undo-throws' | 'undo-hangs' | 'inject-throws' | 'inject-late' | 'inject-hangs' | 'big';

/** A disk in memory where there is one: journals wait for theirs. */
export const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const REGIONS = ['seoul', 'tokyo', 'dns', 'replication'] as const;

/** Files `seoul`, `tokyo`..., each with a value of its own, and an empty log. */
export function makeWorld(): string {
  const world = mkdtempSync(join(FOLDER, 'stormproof-world-'));
  for (const region of REGIONS) write(world, region, `${region} is well`);
  writeFileSync(join(world, 'log'), '');
  return world;
}

export function write(world: string, region: string, value: string): void {
  const aside = join(world, `.${region}.${process.pid}`);
  writeFileSync(aside, value);
  renameSync(aside, join(world, region));
}

export const readRegion = (world: string, region: string): string =>
  readFileSync(join(world, region), 'utf8');

/** Those that are not as they were. */
export const brokenIn = (world: string): string[] =>
  REGIONS.filter((region) => readRegion(world, region) !== `${region} is well`);

/** `inject seoul`, `revert seoul`: what was really done, in order. */
export const logOf = (world: string): string[] =>
  readFileSync(join(world, 'log'), 'utf8').split('\n').filter(Boolean);

const hang = (): Promise<never> => new Promise((_, reject) => setTimeout(reject, 60_000, new Error('over')));

export function openFiles(journalled: Json): Platform {
  const world = journalled as string;
  const log = (line: string): void => appendFileSync(join(world, 'log'), `${line}\n`);
  const fault: Platform['fault'] = (_name, region, args): Fault => {
    const does = args.does as Misdeed | undefined;
    const now = (): string => readRegion(world, region!);
    const ours = `broken${does === 'big' ? '!'.repeat(20_000) : ''}`;
    const breakIt = (): void => {
      write(world, region!, ours);
      log(`inject ${region}`);
    };
    return {
      words: `break ${region}`,
      read: async () => now(),
      async inject() {
        if (does === 'inject-hangs') return hang();
        if (does === 'inject-late') {
          setTimeout(breakIt, 30);
          throw new Error('the line was cut.');
        }
        breakIt();
        if (does === 'inject-throws') throw new Error('it broke, and then it broke.');
        return ours;
      },
      async undo(prior, known) {
        if (does === 'undo-throws') throw new Error('no way back.');
        if (does === 'undo-hangs') return hang();
        if (now() === prior) return 'undone';
        if (now() !== (known ?? ours)) return 'not-ours';
        write(world, region!, prior as string);
        log(`revert ${region}`);
        return 'undone';
      },
      verify: async (prior) => (now() === prior ? '' : `${region} says "${now().slice(0, 20)}"`),
    };
  };
  return {
    name: 'commands',
    primary: 'seoul',
    standby: 'tokyo',
    target: 'http://127.0.0.1:1',
    enter: [],
    dnsTtlMs: 0,
    journalled: world,
    timers: async () => null,
    fault,
    complaints: async () => [],
    observe: async () => async () => {},
    async *listKeys() {},
    close: async () => '',
  };
}

export const reopenFiles = async (_name: string, journalled: Json): Promise<Platform> =>
  openFiles(journalled);

/** A fault of the drill on a region's file. */
export const aimAt = (region: string, does?: Misdeed) => ({
  id: `break-${region}`,
  fault: 'file.break',
  region,
  args: does === undefined ? {} : { does },
  expiresMs: 60_000,
});
