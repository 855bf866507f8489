import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineCommand, runCommand } from '../harness/command.ts';
import { readMachine } from '../harness/machine.ts';
import { formatBytes } from '../measure/format.ts';
import { benchCollector } from './bench/collector.ts';
import { benchDrills } from './bench/drills.ts';
import { benchInflux } from './bench/influx.ts';
import { benchLedger } from './bench/ledger.ts';
import { benchQuick } from './bench/quick.ts';
import { benchRerender } from './bench/rerender.ts';
import { benchSaturation } from './bench/saturation.ts';
import { type BenchSection, renderSection } from './bench/table.ts';

const SECTIONS: Record<string, (rounds: number) => BenchSection | Promise<BenchSection>> = {
  saturation: benchSaturation,
  quick: (rounds) => benchQuick(Math.min(rounds, 3)),
  collector: benchCollector,
  report: benchRerender,
  ledger: benchLedger,
  drills: benchDrills,
  influx: benchInflux,
};

const FILE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

const bench = defineCommand({
  name: 'bench',
  summary: 'measure what Stormproof costs beside plain k6 on this machine, as ratios',
  flags: {
    only: {
      type: 'text',
      metavar: 'NAME',
      choices: Object.keys(SECTIONS),
      help: 'one section instead of all',
    },
    rounds: {
      type: 'number',
      metavar: 'N',
      default: 5,
      min: 1,
      max: 50,
      integer: true,
      help: 'interleaved rounds',
    },
    write: { type: 'switch', help: 'write all sections into docs/performance.md' },
  },
  examples: [{ line: 'npm run bench -- --only saturation --rounds 7', does: 'CPU an order, seven rounds' }],
  async run(flags) {
    const machine = await readMachine();
    const parts = [
      '# Performance',
      `Measured by \`npm run bench\` on ${machine.cpuModel}, ${machine.allowedCpus} CPUs, ${formatBytes(machine.memoryBytes)}, ` +
        `Node ${process.versions.node}, on ${new Date().toISOString().slice(0, 10)}. Absolute figures swing with the machine and ` +
        'the hour: read the ratios.',
    ];
    for (const [name, measure] of Object.entries(SECTIONS)) {
      if (flags.only !== undefined && flags.only !== name) continue;
      const section = renderSection(await measure(flags.rounds));
      process.stdout.write(`${section}\n\n`);
      parts.push(section);
    }
    if (flags.write && flags.only === undefined) writeFileSync(FILE, `${parts.join('\n\n')}\n`);
    return 0;
  },
});

process.exitCode = await runCommand(bench, process.argv.slice(2));
