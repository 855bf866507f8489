import { join, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { defineCommand, runCommand } from '../harness/command.ts';
import { loadConfig } from '../harness/config.ts';
import { EXIT_CODES, exitCodeOf } from '../harness/exit-codes.ts';
import { SHARED_FLAGS } from '../harness/flags.ts';
import { resolveInflux } from '../harness/influx.ts';
import { sendRun } from '../harness/influx-sink.ts';
import { measureFolder, reportPath, writeRenderings } from '../harness/renderings.ts';
import { findRunFolder, writeOrExplain } from '../harness/run-folder.ts';
import { deleteRuns, prunable, readRuns } from '../harness/runs.ts';
import { describeSent } from '../harness/sent.ts';
import { formatBytes, formatCount } from '../measure/format.ts';
import { Problem } from '../measure/problem.ts';
import { renderComparison } from '../reports/html/compare.ts';
import { sentSentence } from '../reports/influx/words.ts';
import { renderComparisonTable } from '../reports/terminal/comparison.ts';
import { renderEnd } from '../reports/terminal/end.ts';
import { wantsColour } from '../reports/terminal/paint.ts';
import { renderRunList } from '../reports/terminal/run-list.ts';

const report = defineCommand({
  name: 'report',
  summary: 'measure and render a run again, from its evidence alone',
  flags: {
    run: { type: 'text', metavar: 'RUN', help: 'name or folder of the run (the newest where left out)' },
    compare: { type: 'text', metavar: 'RUN2', help: 'a second run, shown beside the first' },
    list: { type: 'switch', help: 'list the runs' },
    prune: { type: 'switch', help: 'delete all runs but the newest; asks first' },
    keep: {
      type: 'number',
      metavar: 'N',
      default: 10,
      min: 0,
      integer: true,
      help: 'how many runs --prune leaves',
    },
    yes: { type: 'switch', help: 'answer yes to the question of --prune' },
    influx: SHARED_FLAGS.influx,
    config: SHARED_FLAGS.config,
    'runs-dir': SHARED_FLAGS['runs-dir'],
    json: SHARED_FLAGS.json,
  },
  examples: [
    { line: 'npm run report', does: 'the newest run again' },
    { line: 'npm run report -- --run RUN --compare RUN2', does: 'two runs side by side' },
    { line: 'npm run report -- --run RUN --influx', does: 'send a run to InfluxDB, or send it again' },
    { line: 'npm run report -- --prune --keep 5', does: 'delete all but the newest five' },
  ],
  async run(flags) {
    const runsDir = flags['runs-dir'];
    const human = flags.json ? process.stderr : process.stdout;
    const screen = { columns: human.columns ?? 100, colour: wantsColour(human, process.env) };
    if (flags.list) {
      human.write(`${renderRunList(readRuns(runsDir), screen).join('\n')}\n`);
      return EXIT_CODES.pass.code;
    }
    if (flags.prune) return prune(runsDir, flags.keep, flags.yes);
    const folder = findRunFolder(runsDir, flags.run);
    const influx =
      flags.influx === undefined ? null : resolveInflux(flags.influx, await loadConfig(flags.config));
    const measurement = await measureFolder(folder);
    const other =
      flags.compare === undefined ? null : await measureFolder(findRunFolder(runsDir, flags.compare));
    for (const trouble of writeRenderings(folder, measurement)) process.stderr.write(`${trouble}\n`);
    const end = renderEnd(measurement, { ...screen, reportPath: reportPath(folder) });
    human.write(`${end.join('\n')}\n`);
    if (other !== null) {
      const page = join(folder, `compare-${other.run.run}.html`);
      writeOrExplain(page, renderComparison(measurement, other));
      human.write(`\n${renderComparisonTable(measurement, other, screen).join('\n')}\n`);
      human.write(`side by side  ${relative(process.cwd(), page)}\n`);
    }
    if (flags.json) process.stdout.write(`${JSON.stringify(measurement.verdict, null, 2)}\n`);
    if (influx !== null) {
      const sent = await sendRun(influx, measurement);
      if (sent.unsent > 0 || sent.leftOut > 0) {
        throw new Problem('E_INFLUX', `${sentSentence(sent)}. Expected all points taken. Send it again.`);
      }
      human.write(`${describeSent(sent, { folder, measurement }, flags, screen).join('\n')}\n`);
    }
    return exitCodeOf(measurement.verdict.verdict);
  },
});

async function prune(runsDir: string, keep: number, yes: boolean): Promise<number> {
  const going = prunable(readRuns(runsDir), keep);
  if (going.length === 0) {
    process.stdout.write(`nothing to delete: ${runsDir} holds ${formatCount(keep)} runs at most\n`);
    return EXIT_CODES.pass.code;
  }
  const bytes = formatBytes(going.reduce((sum, run) => sum + run.bytes, 0));
  for (const { run } of going) process.stdout.write(`  ${run}\n`);
  const question = `delete these ${formatCount(going.length)} runs, ${bytes}? `;
  if (!yes && !(await confirmed(question))) {
    process.stdout.write('nothing was deleted\n');
    return EXIT_CODES.pass.code;
  }
  deleteRuns(runsDir, going);
  process.stdout.write(`deleted ${formatCount(going.length)} runs, ${bytes}\n`);
  return EXIT_CODES.pass.code;
}

/** @throws Problem where there is nobody to ask */
async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Problem(
      'E_NOBODY_TO_ASK',
      'there is no terminal to ask on. Expected a yes. Add --yes.',
      '--prune',
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question}[y/N] `)).trim());
  } finally {
    prompt.close();
  }
}

process.exitCode = await runCommand(report, process.argv.slice(2));
