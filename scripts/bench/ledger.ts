/** What a drill's outages and ledger take over ten million orders. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchSection } from './table.ts';

const CHILD = fileURLToPath(new URL('./ledger-child.ts', import.meta.url));
const ORDERS = 10_000_000;

export interface LedgerFigures {
  seconds: number;
  cpuSeconds: number;
  peakMb: number;
  lost: number;
  /** T_f against the planted death. */
  deathErrorMs: number;
}

export function benchLedger(): BenchSection {
  const child = spawnSync(process.execPath, ['--import', 'tsx', CHILD, String(ORDERS)], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(child.stderr);
  const { seconds, cpuSeconds, peakMb, lost, deathErrorMs } = JSON.parse(child.stdout) as LedgerFigures;
  return {
    title: 'The ledger of ten million orders',
    how: `What a drill is measured by, over ${ORDERS.toLocaleString('en')} lines and two listings of as many keys: decode, find the outages, reconcile. Making the lines is not timed.`,
    command: 'npm run bench -- --only ledger',
    headings: ['figure', 'measured'],
    rows: [
      ['seconds', seconds.toFixed(1)],
      ['CPU seconds', cpuSeconds.toFixed(1)],
      ['peak resident memory, MB', peakMb.toFixed(0)],
      ['acknowledged orders lost', lost.toLocaleString('en')],
      ['T_f against the planted death, ms', deathErrorMs.toFixed(1)],
    ],
    findings: [],
  };
}
