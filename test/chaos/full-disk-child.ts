/** Breaks things on a disk that fills: what it says is what the test expects. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { injectFault } from '../../chaos/inject.ts';
import { createJournal, readJournal } from '../../chaos/journal.ts';
import { undoAll } from '../../chaos/undo.ts';
import { aimAt, brokenIn, FAST, logOf, openFiles, write } from './file-platform.ts';

const [folder, world] = process.argv.slice(2) as [string, string];
const platform = openFiles(world);
const journal = createJournal(folder, 'run', platform);
const filler = join(folder, 'filler');

function fill(): void {
  const descriptor = openSync(filler, 'a');
  const block = Buffer.alloc(512);
  try {
    for (let i = 0; i < 10_000; i++) writeSync(descriptor, block);
  } catch {
    // Full.
  }
  closeSync(descriptor);
}

/** @returns how it was refused, '' where it was not */
async function breakRegion(region: string, does?: 'big'): Promise<string> {
  const aim = aimAt(region, does);
  try {
    await injectFault(journal, aim, platform.fault(aim.fault, region, aim.args), FAST);
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(folder, 'FOLDER');
  }
}

const said: Record<string, unknown> = {};
said.before = await breakRegion('seoul');
fill();
// Its prior value does not fit on the disk any more.
write(world, 'tokyo', 'x'.repeat(20_000));
said.intentDoesNotFit = await breakRegion('tokyo');
write(world, 'tokyo', 'tokyo is well');
// Its intent still fits into the last block, what is ours does not.
said.injectedDoesNotFit = await breakRegion('dns', 'big');
said.log = logOf(world);
const { restored, trouble } = await undoAll(journal, platform, 'drill', FAST);
said.undone = { restored, trouble, broken: brokenIn(world) };
rmSync(filler);
const again = await undoAll(journal, platform, 'drill', FAST);
const { unfinished, isClosed, leftOut } = readJournal(folder)!;
said.again = {
  restored: again.restored,
  trouble: again.trouble,
  unfinished: unfinished.length,
  isClosed,
  leftOut,
};
process.stdout.write(JSON.stringify(said));
