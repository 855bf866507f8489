/** Where scenarios are found: the user's own folder first, then ours. */
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from '../measure/problem.ts';
import { didYouMean } from '../measure/suggest.ts';

const BUILT_IN = fileURLToPath(new URL('../scenarios', import.meta.url));

/**
 * The file of a scenario: `scenarios/NAME.ts` in the working directory, or the built-in one.
 * @throws Problem when there is none
 */
export function scenarioFile(name: string, cwd = process.cwd()): string {
  const folders = [...new Set([resolve(cwd, 'scenarios'), BUILT_IN])];
  for (const folder of folders) {
    const file = resolve(folder, `${name}.ts`);
    if (existsSync(file)) return file;
  }
  const known = [...new Set(folders.flatMap(namesIn))].sort();
  const near = didYouMean(name, known) || ` Expected one of ${known.join(', ')}.`;
  throw new Problem('E_SCENARIO_UNKNOWN', `there is no scenarios/${name}.ts.${near}`, 'profile.scenario');
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => name.slice(0, -3));
}
