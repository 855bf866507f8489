/** `drill.restored` of a run's `verdict.json`, as it is known later than the verdict. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../harness/run-folder.ts';
import type { DrillVerdict } from '../measure/drill.ts';
import { causeOf } from './cause.ts';

/**
 * Writes it where there is a verdict; the verdict's word stays.
 * @returns why it could not be written, empty where it was or where there is none
 */
export function keepRestored(folder: string, restored: boolean): string {
  const file = join(folder, 'verdict.json');
  if (!existsSync(file)) return '';
  try {
    const verdict = JSON.parse(readFileSync(file, 'utf8')) as { drill: DrillVerdict | null };
    if (verdict.drill === null || verdict.drill.restored === restored) return '';
    verdict.drill.restored = restored;
    writeWhole(file, `${JSON.stringify(verdict, null, 2)}\n`);
    return '';
  } catch (error) {
    return `${file} could not be written: ${causeOf(error)}`;
  }
}
