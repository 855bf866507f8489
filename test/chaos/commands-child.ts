/** A drill on a system of one's own that breaks one thing and waits to be killed, with the real watchdog. */
import { setTimeout as pause } from 'node:timers/promises';
import { injectFault } from '../../chaos/inject.ts';
import { createJournal } from '../../chaos/journal.ts';
import { openPlatform } from '../../chaos/platforms.ts';
import { startWatchdog } from '../../chaos/watchdog.ts';
import { loadConfig } from '../../harness/config.ts';

const [folder, run, file] = process.argv.slice(2) as [string, string, string];
const platform = await openPlatform('commands', await loadConfig(file), {
  seed: 1,
  timeScale: 1,
  perSecond: 100,
});
const journal = createJournal(folder, run, platform);
const { pid } = await startWatchdog(journal);
const aim = { id: '1', fault: 'file.break', region: 'seoul', args: { to: 'broken' }, expiresMs: 60_000 };
await injectFault(journal, aim, platform.fault(aim.fault, aim.region, aim.args));
process.stdout.write(`broke it, watchdog ${pid}\n`);
await pause(60_000);
