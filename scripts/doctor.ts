/** `npm run doctor`: what is installed, what is missing, what to do about it. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { searchK6 } from '../engines/k6/search.mjs';
import { defineCommand, runCommand } from '../harness/command.ts';
import { EXIT_CODES } from '../harness/exit-codes.ts';
import { SHARED_FLAGS } from '../harness/flags.ts';
import { freeDiskBytes, readMachine } from '../harness/machine.ts';
import { wantsColour } from '../reports/terminal/paint.ts';
import { checkHealth, type Facts, isHealthy } from './doctor/checks.ts';
import { renderChecks } from './doctor/table.ts';
import { findTools } from './doctor/tools.ts';
import { packagesState } from './setup/packages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What engines strip from the generator's environment. */
const PROXY = /^(https?|all|no|ftp)_proxy$/i;
const K6_VARIABLE = /^K6_(?!BIN$)/;

const doctor = defineCommand({
  name: 'doctor',
  summary: 'what is installed, what is missing, what to do about it',
  flags: {
    'runs-dir': SHARED_FLAGS['runs-dir'],
    json: { type: 'switch', help: 'print the findings as JSON on stdout (with npm run -s)' },
  },
  examples: [
    { line: 'npm run -s doctor -- --json', does: 'for a script: status 0 when all that is needed is there' },
  ],
  async run({ 'runs-dir': runsDir, json }) {
    const facts = await gather(process.env, resolve(runsDir));
    const checks = checkHealth(facts);
    const healthy = isHealthy(checks);
    const report = { schema: 'stormproof.doctor/1', healthy, checks, machine: facts.machine };
    const colour = wantsColour(process.stdout, process.env);
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderChecks(checks, colour));
    return healthy ? EXIT_CODES.pass.code : EXIT_CODES.usage.code;
  },
});

async function gather(environment: NodeJS.ProcessEnv, runsDir: string): Promise<Facts> {
  const [k6, machine, freeBytes, tools, manifest] = await Promise.all([
    searchK6(ROOT, environment),
    readMachine(),
    freeDiskBytes(runsDir),
    findTools(environment),
    readFile(new URL('../package.json', import.meta.url), 'utf8'),
  ]);
  const { dependencies = {}, devDependencies = {} } = JSON.parse(manifest);
  const set = Object.keys(environment)
    .filter((name) => environment[name] !== '')
    .sort();
  return {
    node: { version: process.version, path: process.execPath },
    packages: packagesState(ROOT),
    packageCount: Object.keys(dependencies).length + Object.keys(devDependencies).length,
    k6,
    machine,
    runsDir,
    freeBytes,
    proxies: set.filter((name) => PROXY.test(name)),
    k6Variables: set.filter((name) => K6_VARIABLE.test(name)),
    tools,
  };
}

process.exitCode = await runCommand(doctor, process.argv.slice(2));
