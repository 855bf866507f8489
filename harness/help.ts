/** `--help`, drawn from a command's definition. */
import type { Command } from './command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { Flag, Flags } from './flags.ts';

const WIDTH = 80;

/** The help text, at most 80 columns wide, ending in a newline. */
export function renderHelp<F extends Flags>(command: Command<F>): string {
  const flags: [string, string][] = Object.entries<Flag>(command.flags)
    .map(([name, flag]): [string, string] => [signature(name, flag), explain(flag)])
    .concat([['-h, --help', 'this text']])
    .sort(([a], [b]) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const examples = command.examples.flatMap(({ line, does }) => [`  ${line}`, ...wrap(does, 6)]);
  const codes = Object.values(EXIT_CODES).map(({ code, means }): [string, string] => [
    String(code).padStart(2),
    means,
  ]);
  const parts = [
    ...wrap(`npm run ${command.name}: ${command.summary}`, 0),
    '',
    `Usage  npm run ${command.name} [-- ${command.word ? `[${command.word.metavar}] ` : ''}FLAGS]`,
    '',
    ...(command.word
      ? [...columns([[command.word.metavar, `${command.word.help} (default ${command.word.default})`]]), '']
      : []),
    'Flags',
    ...columns(flags),
  ];
  if (examples.length > 0) parts.push('', 'Examples', ...examples);
  parts.push('', 'Exit status', ...columns(codes));
  return `${parts.join('\n')}\n`;
}

function signature(name: string, flag: Flag): string {
  if (flag.type === 'switch') return `--${name}`;
  return flag.type === 'url' && flag.valueOptional
    ? `--${name} [${flag.metavar}]`
    : `--${name} ${flag.metavar}`;
}

const sortKey = (left: string): string => left.replace(/^(-h, )?--/, '');

function explain(flag: Flag): string {
  const choices = flag.type === 'text' && flag.choices ? [flag.choices.join(', ')] : [];
  const standard = flag.type !== 'switch' && flag.default !== undefined ? [`default ${flag.default}`] : [];
  const notes = [...choices, ...standard].join('; ');
  return notes === '' ? flag.help : `${flag.help} (${notes})`;
}

/** Rows of two columns, aligned on the widest left one, the right one wrapped. */
function columns(rows: readonly [string, string][]): string[] {
  const left = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => {
    const [first = '', ...rest] = wrap(text, left + 4);
    return [`  ${name.padEnd(left)}  ${first.trimStart()}`, ...rest];
  });
}

/** Lines of at most `WIDTH` columns, each indented. A word longer than a line keeps its own. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each);
}
