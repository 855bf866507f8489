/** The watchdog's program, for drills on a platform of files. */
import { watch } from '../../chaos/watch.ts';
import { FAST, reopenFiles } from './file-platform.ts';

await watch(process.argv[2]!, reopenFiles, { ...FAST, lockMs: 500 });
process.exit();
