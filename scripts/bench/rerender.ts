/** What `npm run report` takes over ten million lines of evidence. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunRecord } from '../../measure/run.ts';
import { syntheticPlan, writeSyntheticEvidence } from './synthetic.ts';
import type { BenchSection } from './table.ts';

const CHILD = fileURLToPath(new URL('./rerender-child.ts', import.meta.url));
const ORDERS = 10_000_000;

export interface RerenderFigures {
  seconds: number;
  peakMb: number;
}

export function benchRerender(): BenchSection {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-bench-'));
  try {
    const plan = syntheticPlan(ORDERS);
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
    writeFileSync(join(folder, 'run.json'), JSON.stringify(RUN));
    writeSyntheticEvidence(join(folder, 'evidence.csv'), plan);
    const megabytes = statSync(join(folder, 'evidence.csv')).size / 1e6;
    const child = spawnSync(process.execPath, ['--import', 'tsx', CHILD, folder], { encoding: 'utf8' });
    if (child.status !== 0) throw new Error(child.stderr);
    const { seconds, peakMb } = JSON.parse(child.stdout) as RerenderFigures;
    return {
      title: 'A report from ten million lines',
      how: `What npm run report does, over ${ORDERS.toLocaleString('en')} lines (${megabytes.toFixed(0)} MB): measure, judge, write every rendering.`,
      command: 'npm run bench -- --only report',
      headings: ['figure', 'measured'],
      rows: [
        ['seconds', seconds.toFixed(1)],
        ['peak resident memory, MB', peakMb.toFixed(0)],
      ],
      findings: [],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const RUN: RunRecord = {
  schema: 'stormproof.run/1',
  run: '20251121T000000Z-load-synthetic-0000',
  kind: 'load',
  profile: 'synthetic',
  engine: 'k6',
  target: { url: 'http://127.0.0.1:1', testbed: true },
  startedAt: '2025-11-21T00:00:00.000Z',
  command: 'npm run bench -- --only report',
  seed: 1,
  timeScale: 1,
  stagesAsDeclared: [],
  claims: [
    { id: 'latency.p95', title: 'P95 latency', op: '<', claimed: 100, unit: 'ms' },
    { id: 'availability', title: 'Availability', op: '>=', claimed: 0.999, unit: 'ratio' },
  ],
  drill: null,
  notes: [],
  versions: { stormproof: '', node: process.versions.node, k6: '' },
  machine: { os: '', cpuModel: '', cpus: 1, allowedCpus: 1, memoryBytes: 0 },
  git: null,
  service: { url: '', success: 201, regionHeader: 'x-region', timeoutMs: 1000, headers: {}, host: null },
};
