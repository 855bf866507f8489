/** The program of the watchdog: see `watchdog.ts`. */
import { reopenPlatform } from './platforms.ts';
import { watch } from './watch.ts';

await watch(process.argv[2]!, reopenPlatform);
// An undo that hangs must not keep it.
process.exit();
