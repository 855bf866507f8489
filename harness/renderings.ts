/** A run's folder, measured and drawn: the same function at the end of a run and in `npm run report`. */
import { createReadStream, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ObservedEvent } from '../measure/events.ts';
import { type Measurement, Measuring } from '../measure/measurement.ts';
import { renderHtml } from '../reports/html/report.ts';
import { grafanaLink } from '../reports/influx/words.ts';
import { renderJunit } from '../reports/junit.ts';
import { renderLostOrders } from '../reports/lost-orders.ts';
import { renderSummary } from '../reports/summary.ts';
import { readObservedEvents, readPlan, readRunRecord } from './run-files.ts';
import { codeOf, writeWhole } from './run-folder.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
const REPORT = 'report.html';

/**
 * Measures a run from its folder alone.
 * @param observed the observed events, where the folder could not take them all
 * @throws Problem when the folder lacks what a measurement needs, or says what cannot be
 */
export async function measureFolder(
  folder: string,
  observed: readonly ObservedEvent[] = readObservedEvents(join(folder, 'events.jsonl')),
): Promise<Measurement> {
  const run = readRunRecord(folder);
  const plan = readPlan(folder);
  const measuring = new Measuring(run, plan, observed);
  const evidence = join(folder, 'evidence.csv');
  if (existsSync(evidence)) {
    for await (const chunk of createReadStream(evidence, { highWaterMark: CHUNK_BYTES }))
      measuring.push(chunk as Buffer);
  }
  for (const event of observed) {
    const listing = event.kind === 'listing.read' ? join(folder, event.file) : '';
    if (event.kind !== 'listing.read' || !existsSync(listing)) continue;
    for await (const chunk of createReadStream(listing, { highWaterMark: CHUNK_BYTES }))
      measuring.pushListing(event.at, event.region, chunk as Buffer);
  }
  return measuring.finish();
}

/**
 * Writes the verdict and every rendering into the folder.
 * @returns what could not be written, as sentences: one for each reason
 */
export function writeRenderings(folder: string, measurement: Measurement): string[] {
  const unwritten = new Map<string, string[]>();
  const files: [string, () => string][] = [
    ['verdict.json', () => `${JSON.stringify(measurement.verdict, null, 2)}\n`],
    [REPORT, () => renderHtml(measurement, grafanaLink(process.env.GRAFANA_URL, measurement))],
    ['junit.xml', () => renderJunit(measurement)],
    ['summary.md', () => renderSummary(measurement)],
    ...lostOrders(measurement),
  ];
  for (const [name, render] of files) {
    const content = render();
    try {
      writeWhole(join(folder, name), content);
    } catch (error) {
      unwritten.set(codeOf(error), [...(unwritten.get(codeOf(error)) ?? []), name]);
    }
  }
  return [...unwritten].map(
    ([code, names]) => `${names.join(', ')} could not be written (${code}); npm run report writes them later`,
  );
}

function lostOrders({ drill }: Measurement): [string, () => string][] {
  return drill ? [['lost-orders.csv', () => renderLostOrders(drill.lost)]] : [];
}

/** Where a run's report is, as a person would type it from `cwd`; says so where it could not be written. */
export function reportPath(folder: string, cwd = process.cwd()): string {
  const file = join(folder, REPORT);
  return existsSync(file) ? relative(cwd, file) : 'was not written';
}
