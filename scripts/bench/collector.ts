/** What one line of evidence costs the collector, and whether its memory is flat. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BenchSection, showSpread, spreadOf } from './table.ts';

const CHILD = fileURLToPath(new URL('./collector-child.ts', import.meta.url));

/** What `collector-child.ts` prints. */
export interface CollectorFigures {
  microsecondsPerLine: number;
  /** Resident memory by millions of lines. */
  rssMb: Record<number, number>;
}

function measure(lines: number): CollectorFigures {
  const folder = run('write', String(lines));
  return JSON.parse(run('read', String(lines), folder)) as CollectorFigures;
}

function run(...args: string[]): string {
  const child = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', CHILD, ...args], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return child.stdout;
}

export function benchCollector(rounds: number): BenchSection {
  const costs = Array.from({ length: rounds }, () => measure(1_000_000).microsecondsPerLine);
  const { rssMb } = measure(5_000_000);
  const growth = (rssMb[5]! / rssMb[1]! - 1) * 100;
  return {
    title: 'The collector',
    how: 'Decoder and timeline over synthetic evidence (10,000 orders/s, latencies over two decades), in a process of their own.',
    command: 'npm run bench -- --only collector',
    headings: ['figure', 'least (median, most)'],
    rows: [
      ['microseconds a line', showSpread(spreadOf(costs))],
      ['resident memory at 1 million lines, MB', rssMb[1]!.toFixed(0)],
      ['resident memory at 5 million lines, MB', rssMb[5]!.toFixed(0)],
    ],
    findings: [`From 1 to 5 million lines memory changes by ${growth.toFixed(1)} %.`],
  };
}
