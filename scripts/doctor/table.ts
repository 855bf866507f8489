/** The doctor's findings, for a person to read. */
import { type Palette, palette } from '../../reports/terminal/paint.ts';
import { displayWidth, pad, plainLine } from '../../reports/terminal/width.ts';
import { type Check, type Health, isHealthy } from './checks.ts';

const GROUPS: readonly { title: string; holds: (check: Check) => boolean }[] = [
  { title: 'needed', holds: (check) => check.needed },
  { title: 'machine, and what only some commands need', holds: (check) => !check.needed },
];

/** Ends in a newline. What is not well has a second line: what it is for, and what to do. */
export function renderChecks(checks: readonly Check[], colour: boolean): string {
  const paint = palette(colour);
  const titles = Math.max(...checks.map((check) => displayWidth(check.title)));
  const found = Math.max(
    ...checks.filter((check) => check.where !== '').map((check) => displayWidth(check.found)),
  );
  const lines = ['stormproof doctor'];
  for (const { title, holds } of GROUPS) {
    lines.push('', paint.quiet(`  ${title}`));
    for (const check of checks.filter(holds)) {
      const sign = signs(paint)[check.health](pad(check.health, 7));
      const row = `${pad(check.title, titles)}  ${pad(plainLine(check.found), found)}  ${plainLine(check.where)}`;
      lines.push(`  ${sign}  ${row}`.trimEnd());
      const note = noteOf(check);
      if (note !== '') lines.push(`${' '.repeat(titles + 13)}${plainLine(note)}`);
    }
  }
  return `${lines.join('\n')}\n\n${conclude(checks, paint)}\n`;
}

const signs = (paint: Palette): Record<Health, (text: string) => string> => ({
  ok: paint.good,
  poor: paint.doubtful,
  missing: paint.bad,
});

function noteOf(check: Check): string {
  const purpose = check.health === 'ok' ? '' : `for ${check.purpose}.`;
  return [purpose, check.advice].filter((part) => part !== '').join(' ');
}

function conclude(checks: readonly Check[], paint: Palette): string {
  const missing = checks.filter((check) => check.needed && check.health === 'missing');
  if (isHealthy(checks)) return `${paint.good('ready')}  everything that is needed is there`;
  return `${paint.bad('not ready')}  missing: ${missing.map((check) => check.title).join(', ')}`;
}
