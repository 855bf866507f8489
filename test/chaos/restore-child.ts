/** As `scripts/restore.ts`, on a platform of files. */
import { restoreRuns } from '../../chaos/restore.ts';
import { FAST, reopenFiles } from './file-platform.ts';

const tell = (line: string): void => void process.stdout.write(`${line}\n`);
process.exit(
  (await restoreRuns({ runsDir: process.argv[2]!, wanted: undefined }, reopenFiles, tell, FAST)) ? 0 : 5,
);
