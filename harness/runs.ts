/** The runs in a folder: what a list shows of each, and which may go. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isUnmeasured } from '../measure/format.ts';
import { VERDICTS } from '../measure/verdict.ts';
import type { RunRow } from '../reports/terminal/run-list.ts';
import { listRunNames, sizeOf } from './run-folder.ts';

const listedRun = z.object({
  startedAt: z.string(),
  profile: z.string(),
  drill: z.object({ name: z.string() }).nullish(),
});
/** Not there in a verdict of a load. */
const listedDrill = z.object({
  rto: z.object({ seconds: z.number().nullable() }).nullable(),
  ledger: z.object({ cutover: z.object({ lost_acked: z.number() }).nullable() }),
});
const listedClaim = z.object({
  id: z.string(),
  measured: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  verdict: z.enum(VERDICTS),
});
type ListedClaim = z.infer<typeof listedClaim>;
const listedVerdict = z.object({
  verdict: z.enum(VERDICTS),
  claims: z.array(listedClaim),
  drill: listedDrill.nullish(),
});

/** Every run in the folder, the newest first. */
export function readRuns(runsDir: string): RunRow[] {
  return listRunNames(runsDir)
    .reverse()
    .map((run) => readRun(runsDir, run));
}

function readRun(runsDir: string, name: string): RunRow {
  const folder = join(runsDir, name);
  const run = readJson(join(folder, 'run.json'), listedRun);
  const verdict = readJson(join(folder, 'verdict.json'), listedVerdict);
  const p95 = verdict?.claims.find((claim) => claim.id === 'latency.p95');
  return {
    run: name,
    startedAt: run?.startedAt ?? null,
    profile: run?.drill?.name ?? run?.profile ?? '',
    verdict: verdict?.verdict ?? null,
    throughputPerSecond: verdict?.claims.find((claim) => claim.id === 'throughput')?.measured ?? null,
    p95: p95Of(p95),
    drill: drillOf(verdict),
    bytes: sizeOf(folder),
  };
}

function drillOf(verdict: z.infer<typeof listedVerdict> | null): RunRow['drill'] {
  const drill = verdict?.drill;
  if (!drill) return null;
  return { rtoSeconds: drill.rto?.seconds ?? null, lostOrders: drill.ledger.cutover?.lost_acked ?? null };
}

function p95Of(claim: ListedClaim | undefined): RunRow['p95'] {
  if (claim === undefined || isUnmeasured(claim)) return { kind: 'none' };
  return claim.measured === null ? { kind: 'infinite' } : { kind: 'measured', ms: claim.measured };
}

/** Null for what is not there or says something else: a list shows the other runs all the same. */
function readJson<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** All but the newest `keep`. @param rows the newest first */
export const prunable = (rows: readonly RunRow[], keep: number): RunRow[] => rows.slice(keep);

/** Deletes the folders of runs. */
export function deleteRuns(runsDir: string, rows: readonly RunRow[]): void {
  for (const { run } of rows) rmSync(join(runsDir, run), { recursive: true });
}
