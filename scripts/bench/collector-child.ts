import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvidenceDecoder } from '../../measure/evidence.ts';
import { Timeline } from '../../measure/timeline.ts';
import type { CollectorFigures } from './collector.ts';
import { syntheticPlan, writeSyntheticEvidence } from './synthetic.ts';

// In this process when it is asked to write, so that the other one's memory is the collector's alone.
const [task, orders, folder = mkdtempSync(join(tmpdir(), 'stormproof-bench-'))] = process.argv.slice(2);
const plan = syntheticPlan(Number(orders));
const file = join(folder, 'evidence.csv');
if (task === 'write') {
  writeSyntheticEvidence(file, plan);
  process.stdout.write(folder);
} else {
  process.stdout.write(JSON.stringify(collect()));
  rmSync(folder, { recursive: true });
}

function collect(): CollectorFigures {
  const decoder = new EvidenceDecoder();
  const timeline = new Timeline(plan, decoder);
  const rssMb: CollectorFigures['rssMb'] = {};
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(1 << 20);
  let foldMs = 0;
  let nextMillion = 1;
  for (;;) {
    const bytes = readSync(descriptor, chunk, 0, chunk.length, null);
    if (bytes === 0) break;
    const before = performance.now();
    decoder.push(chunk.subarray(0, bytes), (line) => timeline.push(line));
    foldMs += performance.now() - before;
    if (decoder.lines >= nextMillion * 1e6 - 1e4) {
      globalThis.gc?.();
      rssMb[nextMillion] = process.memoryUsage.rss() / 1e6;
      nextMillion += 1;
    }
  }
  closeSync(descriptor);
  return { microsecondsPerLine: (foldMs * 1000) / decoder.lines, rssMb };
}
