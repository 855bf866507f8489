/** `npm run restore`: undo whatever an earlier drill left, from its journal alone. */
import { existsSync } from 'node:fs';
import { reopenPlatform } from '../chaos/platforms.ts';
import { restoreRuns } from '../chaos/restore.ts';
import { defineCommand, runCommand } from '../harness/command.ts';
import { EXIT_CODES } from '../harness/exit-codes.ts';
import { SHARED_FLAGS } from '../harness/flags.ts';
import { Problem } from '../measure/problem.ts';

const restore = defineCommand({
  name: 'restore',
  summary: 'undo whatever an earlier drill left broken, and read it back',
  flags: {
    run: {
      type: 'text',
      metavar: 'RUN',
      help: 'name or folder of the drill (every one that left something where left out)',
    },
    'runs-dir': SHARED_FLAGS['runs-dir'],
  },
  examples: [
    { line: 'npm run restore', does: 'after a drill that was killed, or that ended with exit status 5' },
  ],
  async run({ run: wanted, 'runs-dir': runsDir }) {
    // Nobody must take a mistyped folder for a system that is as it was.
    if (wanted === undefined && runsDir !== SHARED_FLAGS['runs-dir'].default && !existsSync(runsDir)) {
      throw new Problem(
        'E_RUNS_DIR',
        `there is no folder ${runsDir}. Expected the one of the drill.`,
        '--runs-dir',
      );
    }
    const tell = (line: string): void => void process.stdout.write(`${line}\n`);
    const isRestored = await restoreRuns({ runsDir, wanted }, reopenPlatform, tell);
    return isRestored ? EXIT_CODES.pass.code : EXIT_CODES.restoreFailed.code;
  },
});

// An undo that hangs must not keep it.
process.exit(await runCommand(restore, process.argv.slice(2)));
