/** `npm run observe`: InfluxDB and Grafana in the background, with the data source, dashboards and alert rules. */
import { defineCommand, runCommand } from '../harness/command.ts';
import { EXIT_CODES } from '../harness/exit-codes.ts';
import { checkDocker, checkEnvironment, renderStack, startStack, stopStack } from './observe/stack.ts';

const observe = defineCommand({
  name: 'observe',
  summary: 'InfluxDB and Grafana on loopback by Docker Compose, with the dashboards',
  flags: {
    down: { type: 'switch', help: 'stop both; their data is kept' },
  },
  examples: [
    {
      line: 'INFLUX_PASSWORD=... GF_SECURITY_ADMIN_PASSWORD=... npm run observe',
      does: 'start both, with passwords of your choice (better exported than typed)',
    },
    { line: 'npm run observe -- --down', does: 'stop both' },
  ],
  async run({ down }) {
    const { env } = process;
    if (!down) checkEnvironment(env);
    await checkDocker(env);
    const tell = (line: string): void => void process.stderr.write(`${line}\n`);
    if (down) {
      await stopStack(env, tell);
      process.stdout.write('stopped; npm run observe starts both again, with their data\n');
    } else {
      await startStack(env, tell);
      process.stdout.write(renderStack(env));
    }
    return EXIT_CODES.pass.code;
  },
});

process.exitCode = await runCommand(observe, process.argv.slice(2));
