/** Evidence of a run that did not happen, for measuring what reads it. */
import { appendFileSync, writeFileSync } from 'node:fs';
import type { Plan } from '../../measure/plan.ts';
import { Ticks } from '../../measure/ticks.ts';

const RATE = 10_000;
const CHUNK_BYTES = 1 << 18;
const LONGEST_LINE = 256;
const BEGAN_MS = 1_763_683_200_000;

/** A plan of `orders` arrivals at 10,000 a second, judged as a whole. */
export function syntheticPlan(orders: number): Plan {
  const durationMs = (orders / RATE) * 1000;
  const stages = [{ durationMs, targetPerSecond: RATE, hold: true }];
  return {
    schema: 'stormproof.plan/1',
    scenario: 'orders',
    operations: { order: { success: 201 } },
    linesPerArrival: 1,
    timeoutMs: 1000,
    iterationMaxMs: 1000,
    populations: [{ letter: 's', kind: 'sticky', startRatePerSecond: RATE, stages, vus: 4000 }],
    window: { fromMs: 0, toMs: durationMs },
  };
}

/** A region's death in the middle of a plan, and who answers when. Epoch ms. */
export interface SyntheticLoss {
  zeroMs: number;
  deathMs: number;
  /** The survivor answers from then on. */
  backMs: number;
  /** What the lost region wrote after that was not replicated. */
  copiedUntilMs: number;
}

export function lossOf(plan: Plan): SyntheticLoss {
  const deathMs = BEGAN_MS + plan.window.toMs / 2;
  return { zeroMs: BEGAN_MS, deathMs, backMs: deathMs + 5000, copiedUntilMs: deathMs - 300 };
}

/** The evidence of a drill: Seoul until it dies, refused until the survivor takes over, then Tokyo. */
export function* syntheticLoss(plan: Plan): Generator<Buffer> {
  const { deathMs, backMs } = lossOf(plan);
  yield* inChunks(plan, (seq, start) => {
    if (start >= deathMs && start < backMs) return `${start},order,s${seq},1,0,0,1,1212,\n`;
    return `${start},order,s${seq},1,201,${(1 + (seq % 97) / 10).toFixed(6)},0.002,0,${start < deathMs ? 'seoul' : 'tokyo'}\n`;
  });
}

/** The survivor's keys: at cut-over without what was not replicated, after heal with it. */
export function* syntheticKeys(plan: Plan, run: string, at: 'cutover' | 'healed'): Generator<Buffer> {
  const { deathMs, backMs, copiedUntilMs } = lossOf(plan);
  yield* inChunks(plan, (seq, start) => {
    const missing = start >= (at === 'cutover' ? copiedUntilMs : deathMs) && start < backMs;
    return missing ? '' : `${run}-s${seq},${start < deathMs ? 'seoul' : 'tokyo'}-${seq},${start}\n`;
  });
}

/** Each chunk is good until the next is asked for: what is made here must not weigh on what is measured. */
function* inChunks(plan: Plan, line: (seq: number, startMs: number) => string): Generator<Buffer> {
  const ticks = new Ticks(plan.populations[0]!);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let at = 0;
  for (let seq = 0; seq < ticks.total; seq++) {
    at += buffer.write(line(seq, Math.floor(BEGAN_MS + ticks.timeOf(seq + 1) + 0.2)), at, 'latin1');
    if (at < CHUNK_BYTES - LONGEST_LINE) continue;
    yield buffer.subarray(0, at);
    at = 0;
  }
  yield buffer.subarray(0, at);
}

/** Lines as k6 writes them, in chunks: latencies spread over two decades, one order in 10,000 times out. */
function* syntheticEvidence(plan: Plan): Generator<Buffer> {
  yield* inChunks(plan, (seq, start) => {
    const noise = ((seq * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
    const durationMs = 0.3 + noise ** 4 * 60;
    return seq % 10_000 === 9_999
      ? `${start},order,s${seq},1,0,1000.123456,0,1050,\n`
      : `${start},order,s${seq},1,201,${durationMs.toFixed(6)},0.002,0,seoul\n`;
  });
}

/** Writes the evidence of a plan into a file. */
export function writeSyntheticEvidence(file: string, plan: Plan): void {
  writeFileSync(file, '');
  for (const chunk of syntheticEvidence(plan)) appendFileSync(file, chunk);
}
