/** `npm run load` as it is: what share of the plateau's arrivals was acknowledged on this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLoad } from '../../harness/load.ts';
import { formatMeasured, formatUnserved } from '../../reports/words.ts';
import type { BenchSection } from './table.ts';

export async function benchQuick(rounds: number): Promise<BenchSection> {
  const runsDir = mkdtempSync(join(tmpdir(), 'stormproof-bench-'));
  const rows: string[][] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const { measurement } = await runLoad({
        config: undefined,
        profile: 'quick',
        rate: undefined,
        target: undefined,
        influx: undefined,
        runsDir,
        timeScale: 1,
        seed: round + 1,
        command: 'npm run load',
      });
      const { verdict } = measurement;
      const of = (id: string): string => formatMeasured(verdict.claims.find((claim) => claim.id === id)!);
      const late = verdict.generator.late_p99_ms;
      rows.push([
        verdict.verdict,
        of('throughput'),
        of('latency.p95'),
        of('latency.p99'),
        formatUnserved(measurement) || 'none of 202,000',
        late === null ? '-' : `${late.toFixed(1)} ms`,
        `${Math.round((verdict.generator.cpu ?? 0) * 100)} %`,
      ]);
    }
  } finally {
    rmSync(runsDir, { recursive: true });
  }
  return {
    title: 'The quick profile, whole',
    how: `${rounds} runs one after the other, generator, testbed, collector and live view on the same CPUs.`,
    command: `npm run bench -- --only quick --rounds ${rounds}`,
    headings: ['verdict', 'throughput', 'p95', 'p99', 'unserved on the plateau', 'late p99', 'CPU of k6'],
    rows,
    findings: [],
  };
}
