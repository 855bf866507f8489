/** `npm run drill`: break a region under order traffic, and know what it cost. */
import { randomInt } from 'node:crypto';
import { type DrillRequest, planDrill, runDrill } from '../chaos/drill.ts';
import { DRILLS } from '../chaos/drills.ts';
import { defineCommand, runCommand } from '../harness/command.ts';
import { EXIT_CODES, exitCodeOf } from '../harness/exit-codes.ts';
import { SHARED_FLAGS } from '../harness/flags.ts';
import { reportPath } from '../harness/renderings.ts';
import { describeSent } from '../harness/sent.ts';
import type { PredictedVerdict } from '../measure/drill.ts';
import { renderBriefing } from '../reports/terminal/briefing.ts';
import { renderEnd } from '../reports/terminal/end.ts';
import { wantsColour } from '../reports/terminal/paint.ts';

const { rate, config, seed, influx, json } = SHARED_FLAGS;

/** A drill of the lab in half a minute. */
const LAB_TIME_SCALE = 0.05;

const PLANNED: Record<PredictedVerdict, number> = {
  PASS: EXIT_CODES.pass.code,
  FAIL: EXIT_CODES.fail.code,
  uncertain: EXIT_CODES.inconclusive.code,
};

const drill = defineCommand({
  name: 'drill',
  summary: 'take a region away under order traffic, and measure what it cost',
  word: {
    metavar: 'NAME',
    default: DRILLS[0]!.name,
    help: `which drill: ${DRILLS.map(({ name }) => name).join(', ')}, or the path of your own`,
  },
  flags: {
    platform: {
      type: 'text',
      metavar: 'NAME',
      choices: ['lab', 'commands'],
      default: 'lab',
      help: 'where: the built-in lab, or your own system by functions in the configuration',
    },
    plan: {
      type: 'switch',
      help: 'print what is predicted, and break nothing (0 PASS, 99 FAIL, 3 uncertain)',
    },
    anyway: { type: 'switch', help: 'run it although it can only fail' },
    rate: { ...rate, help: 'arrivals a second (2,000 where the drill names none)' },
    config,
    seed,
    influx,
    json,
    'runs-dir': SHARED_FLAGS['runs-dir'],
    'time-scale': {
      type: 'number',
      metavar: 'X',
      min: 0.01,
      max: 10,
      help: "multiplies a real platform's timers and the RTO claim: 0.05 in the lab (2 minutes are 6 s), 1 elsewhere",
    },
    lab: {
      type: 'text',
      metavar: 'SOCKET',
      help: 'a standing lab (npm run testbed -- --lab), by its control socket',
    },
  },
  examples: [
    { line: 'npm run drill', does: 'Seoul is lost, Tokyo takes over' },
    { line: 'npm run drill -- replication-stall', does: 'replication stalls unseen, then Seoul is lost' },
    { line: 'npm run drill -- region-freeze --plan', does: 'what it would come to, and nothing is broken' },
  ],
  async run(flags, word) {
    const human = flags.json ? process.stderr : process.stdout;
    const screen = { columns: human.columns ?? 100, colour: wantsColour(human, process.env) };
    const request: DrillRequest = {
      drill: word,
      platform: flags.platform as DrillRequest['platform'],
      config: flags.config,
      rate: flags.rate,
      runsDir: flags['runs-dir'],
      influx: flags.influx,
      timeScale: flags['time-scale'] ?? (flags.platform === 'lab' ? LAB_TIME_SCALE : 1),
      seed: flags.seed ?? randomInt(2 ** 32),
      anyway: flags.anyway,
      lab: flags.lab,
      command: ['npm run drill', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(
        ' ',
      ),
    };
    const say = (lines: readonly string[]): void => void human.write(`${lines.join('\n')}\n`);
    if (flags.plan) {
      const { drill: planned, notes } = await planDrill(request);
      say(renderBriefing(planned, notes, screen));
      if (flags.json) process.stdout.write(`${JSON.stringify(planned.predicted, null, 2)}\n`);
      return PLANNED[planned.predicted.verdict];
    }
    const run = await runDrill(request, ({ drill: ready, notes }) =>
      say([...renderBriefing(ready, notes, screen), '']),
    );
    const { verdict } = run.measurement;
    const end = renderEnd(run.measurement, { ...screen, reportPath: reportPath(run.folder) });
    if (run.sent !== null) end.push(...describeSent(run.sent, run, flags, screen));
    say(['', ...end]);
    for (const trouble of run.troubles) process.stderr.write(`${trouble}\n`);
    if (flags.json) process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`);
    if (!run.restored || verdict.drill?.restored === false) return EXIT_CODES.restoreFailed.code;
    if (run.troubles.length > 0 && verdict.verdict === 'PASS') {
      process.stderr.write('a run whose files are incomplete proves nothing to others: INCONCLUSIVE\n');
      return EXIT_CODES.inconclusive.code;
    }
    return exitCodeOf(verdict.verdict);
  },
});

process.exitCode = await runCommand(drill, process.argv.slice(2));
