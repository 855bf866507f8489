/**
 * What a drill does with its journal, without the load: for tests that kill or freeze it. It says each step on stdout,
 * its watchdog's process first.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { injectFault } from '../../chaos/inject.ts';
import { createJournal } from '../../chaos/journal.ts';
import { undoAll, undoFault } from '../../chaos/undo.ts';
import { startWatchdog } from '../../chaos/watchdog.ts';
import { aimAt, FAST, openFiles } from './file-platform.ts';

/**
 * `whole`: to its end; `hold`: waits with two faults in place, then goes on; `stuck`: waits inside an injection;
 * `failing`: cannot undo the last fault.
 */
export interface DrillChild {
  folder: string;
  run: string;
  world: string;
  way: 'whole' | 'hold' | 'stuck' | 'failing';
  leaseMs: number;
  longestMs: number;
}

const { folder, run, world, way, leaseMs, longestMs } = JSON.parse(process.argv[2]!) as DrillChild;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const platform = openFiles(world);
const journal = createJournal(folder, run, platform);
const program = fileURLToPath(new URL('watchdog-child.ts', import.meta.url));
const watchdog = await startWatchdog(journal, { leaseMs, longestMs, program });
say(`watchdog ${watchdog.pid}`);

async function inject(region: string, does?: 'inject-hangs' | 'undo-throws'): Promise<void> {
  const aim = aimAt(region, does);
  try {
    await injectFault(journal, aim, platform.fault(aim.fault, region, aim.args), { ...FAST, undoMs: 60_000 });
    say(`broke ${region}`);
  } catch (error) {
    say(`refused ${region}: ${(error as Error).message}`);
  }
  await pause(5);
}

await inject('seoul');
await inject('tokyo');
if (way === 'stuck') {
  say('sticking');
  await inject('dns', 'inject-hangs');
}
if (way === 'hold') {
  say('holding');
  // Until the test lets it go on.
  await new Promise((resolve) => process.stdin.once('data', resolve));
}
await undoFault(journal, platform, 'break-seoul', 'drill', FAST);
await inject('dns');
await inject('replication', way === 'failing' ? 'undo-throws' : undefined);
const { restored } = await undoAll(journal, platform, 'drill', FAST);
say(`restored ${restored}, watchdog: ${watchdog.trouble() || 'watching'}`);
say(`dismissed ${await watchdog.dismiss()}`);
process.exit();
