/** Evidence of a run that did not happen, for measuring what reads it. */
import { appendFileSync, writeFileSync } from 'node:fs';
import type { Plan } from '../../measure/plan.ts';
import { Ticks } from '../../measure/ticks.ts';

const RATE = 10_000;
const LINES_PER_CHUNK = 100_000;
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

/** Lines as k6 writes them, in chunks: latencies spread over two decades, one order in 10,000 times out. */
function* syntheticEvidence(plan: Plan): Generator<Buffer> {
  const ticks = new Ticks(plan.populations[0]!);
  let lines: string[] = [];
  for (let seq = 0; seq < ticks.total; seq++) {
    const start = Math.floor(BEGAN_MS + ticks.timeOf(seq + 1) + 0.2);
    const noise = ((seq * 2_654_435_761) % 4_294_967_296) / 4_294_967_296;
    const durationMs = 0.3 + noise ** 4 * 60;
    lines.push(
      seq % 10_000 === 9_999
        ? `${start},order,s${seq},1,0,1000.123456,0,1050,\n`
        : `${start},order,s${seq},1,201,${durationMs.toFixed(6)},0.002,0,seoul\n`,
    );
    if (lines.length === LINES_PER_CHUNK) {
      yield Buffer.from(lines.join(''));
      lines = [];
    }
  }
  yield Buffer.from(lines.join(''));
}

/** Writes the evidence of a plan into a file. */
export function writeSyntheticEvidence(file: string, plan: Plan): void {
  writeFileSync(file, '');
  for (const chunk of syntheticEvidence(plan)) appendFileSync(file, chunk);
}
