import { randomInt } from 'node:crypto';
import { defineCommand, runCommand } from '../harness/command.ts';
import { EXIT_CODES, exitCodeOf } from '../harness/exit-codes.ts';
import { SHARED_FLAGS } from '../harness/flags.ts';
import { runLoad } from '../harness/load.ts';
import { reportPath } from '../harness/renderings.ts';
import { describeSent } from '../harness/sent.ts';
import { renderEnd } from '../reports/terminal/end.ts';
import { wantsColour } from '../reports/terminal/paint.ts';

const { profile, rate, target, config, engine, seed, influx, json } = SHARED_FLAGS;

const load = defineCommand({
  name: 'load',
  summary: 'drive a service with orders and judge its claims',
  flags: {
    profile,
    rate,
    target,
    config,
    engine,
    seed,
    influx,
    json,
    'runs-dir': SHARED_FLAGS['runs-dir'],
    'time-scale': SHARED_FLAGS['time-scale'],
  },
  examples: [
    { line: 'npm run load', does: '10,000 orders a second at the built-in service' },
    {
      line: 'npm run load -- --profile smoke --target http://127.0.0.1:3000',
      does: 'a first look at your own',
    },
    { line: 'npm run load -- --influx', does: 'results go to the InfluxDB on this machine, too' },
    { line: 'npm run -s load -- --json', does: 'the verdict alone on stdout' },
  ],
  async run(flags) {
    const run = await runLoad({
      config: flags.config,
      profile: flags.profile,
      rate: flags.rate,
      target: flags.target,
      influx: flags.influx,
      runsDir: flags['runs-dir'],
      timeScale: flags['time-scale'],
      seed: flags.seed ?? randomInt(2 ** 32),
      command: ['npm run load', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(
        ' ',
      ),
    });
    const { verdict } = run.measurement.verdict;
    const human = flags.json ? process.stderr : process.stdout;
    const screen = { columns: human.columns ?? 100, colour: wantsColour(human, process.env) };
    const end = renderEnd(run.measurement, { ...screen, reportPath: reportPath(run.folder) });
    if (run.sent !== null) end.push(...describeSent(run.sent, run, flags, screen));
    human.write(`\n${end.join('\n')}\n`);
    for (const trouble of run.troubles) process.stderr.write(`${trouble}\n`);
    if (flags.json) process.stdout.write(`${JSON.stringify(run.measurement.verdict, null, 2)}\n`);
    if (run.troubles.length > 0 && verdict === 'PASS') {
      process.stderr.write('a run whose files are incomplete proves nothing to others: INCONCLUSIVE\n');
      return EXIT_CODES.inconclusive.code;
    }
    return exitCodeOf(verdict);
  },
});

process.exitCode = await runCommand(load, process.argv.slice(2));
