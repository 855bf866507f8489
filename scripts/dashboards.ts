/** `npm run dashboards`: writes Grafana's dashboards and alert rules again, from their code and the schema. */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineCommand, runCommand } from '../harness/command.ts';
import { EXIT_CODES } from '../harness/exit-codes.ts';
import { renderGrafanaFiles } from '../reports/grafana/files.ts';

const FOLDER = join(import.meta.dirname, '..', 'reports', 'grafana');

const dashboards = defineCommand({
  name: 'dashboards',
  summary: "write Grafana's dashboards and alert rules again, from reports/grafana/*.ts",
  flags: {},
  examples: [{ line: 'npm run dashboards', does: 'after a change of the schema or of a dashboard' }],
  async run() {
    for (const [name, content] of Object.entries(renderGrafanaFiles())) {
      const file = join(FOLDER, name);
      writeFileSync(file, content);
      process.stdout.write(`${relative(process.cwd(), file)}\n`);
    }
    return EXIT_CODES.pass.code;
  },
});

process.exitCode = await runCommand(dashboards, process.argv.slice(2));
