/** What really happened in the lab, a line of JSON each, as soon as it has: read by tests alone. */
import { appendFileSync } from 'node:fs';
import type { RegionName } from './settings.ts';
import type { LabEntry } from './truth.ts';

export type TruthLine =
  /** The instant of the signal, or of the end that nobody asked for. */
  | { kind: 'death' | 'freeze' | 'thaw' | 'started' | 'ended'; t: number; region: RegionName }
  | { kind: 'health'; t: number; region: RegionName; healthy: boolean }
  | { kind: 'dns'; t: number; region: RegionName }
  | { kind: 'desired'; t: number; region: RegionName; tasks: number }
  | { kind: 'running'; t: number; region: RegionName; tasks: number }
  /** One for each region that has it, written when the lab is stopped. */
  | ({ kind: 'order'; region: RegionName } & LabEntry);

/** Lines of one write: a hundred thousand orders must not be one string. */
const LINES_AT_ONCE = 5000;

/** @param file null: nothing is kept */
export function openTruthLog(file: string | null): (lines: readonly TruthLine[]) => void {
  return (lines) => {
    if (file === null) return;
    for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
      const part = lines.slice(from, from + LINES_AT_ONCE);
      appendFileSync(file, part.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }
  };
}
