/** A run's folder, measured and drawn: the same function at the end of a run and in `npm run report`. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Measurement, Measuring } from '../measure/measurement.ts';
import type { Plan } from '../measure/plan.ts';
import { Problem } from '../measure/problem.ts';
import type { RunRecord } from '../measure/run.ts';
import { renderHtml } from '../reports/html/report.ts';
import { renderJunit } from '../reports/junit.ts';
import { renderSummary } from '../reports/summary.ts';
import { readObservedEvents } from './event-log.ts';
import { codeOf, writeWhole } from './run-folder.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * Measures a run from its folder alone.
 * @throws Problem when the folder lacks what a measurement needs
 */
export async function measureFolder(folder: string): Promise<Measurement> {
  const run = readJson<RunRecord>(folder, 'run.json', 'stormproof.run/1');
  const plan = readJson<Plan>(folder, 'plan.json', 'stormproof.plan/1');
  const measuring = new Measuring(run, plan, readObservedEvents(join(folder, 'events.jsonl')));
  const evidence = join(folder, 'evidence.csv');
  if (existsSync(evidence)) {
    for await (const chunk of createReadStream(evidence, { highWaterMark: CHUNK_BYTES }))
      measuring.push(chunk as Buffer);
  }
  return measuring.finish();
}

function readJson<T extends { schema: string }>(folder: string, name: string, schema: T['schema']): T {
  let found: T;
  try {
    found = JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
  } catch (error) {
    throw new Problem(
      'E_RUN_DAMAGED',
      `${join(folder, name)} cannot be read (${codeOf(error)}). Expected the file as the run wrote it. Use another run.`,
    );
  }
  if (found?.schema === schema) return found;
  throw new Problem(
    'E_RUN_SCHEMA',
    `${join(folder, name)} says schema ${JSON.stringify(found?.schema)}. Expected ${schema}. Use the version that wrote it.`,
  );
}

/**
 * Writes the verdict and every rendering into the folder.
 * @returns what could not be written, as sentences
 */
export function writeRenderings(folder: string, measurement: Measurement): string[] {
  const troubles: string[] = [];
  const files: [string, () => string][] = [
    ['verdict.json', () => `${JSON.stringify(measurement.verdict, null, 2)}\n`],
    ['report.html', () => renderHtml(measurement)],
    ['junit.xml', () => renderJunit(measurement)],
    ['summary.md', () => renderSummary(measurement)],
  ];
  for (const [name, render] of files) {
    const content = render();
    try {
      writeWhole(join(folder, name), content);
    } catch (error) {
      troubles.push(`${name} could not be written (${codeOf(error)})`);
    }
  }
  return troubles;
}
