/** The words after `npm run NAME --` become typed values, or every mistake in them at once. */
import { parseArgs } from 'node:util';
import { Problem, Problems } from '../measure/problem.ts';
import { didYouMean } from '../measure/suggest.ts';
import type { Flag, Flags, FlagValues, Word } from './flags.ts';

export type ParsedFlags<F extends Flags> =
  | { kind: 'help' }
  | { kind: 'values'; values: FlagValues<F>; word: string };

/** npm's own settings by the same name: they may stand in a person's .npmrc and mean something else there. */
const NPM_OWN: ReadonlySet<string> = new Set(['json', 'yes']);

/**
 * Parses a command line. A flag that is given twice is a mistake: which of the two was meant is not known.
 * @param argv without node and the script
 * @param environment where npm leaves the flags that it kept for itself
 * @throws Problem for one mistake, Problems for several
 */
export function parseFlags<F extends Flags>(
  command: { name: string; flags: F; word?: Word },
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): ParsedFlags<F> {
  const { flags } = command;
  const options = Object.fromEntries([
    ...Object.entries<Flag>(flags).map(([name, flag]) => [
      name,
      { type: flag.type === 'switch' ? 'boolean' : 'string' },
    ]),
    ['help', { type: 'boolean', short: 'h' }],
  ]) as Record<string, { type: 'boolean' | 'string'; short?: string }>;
  // Node's own strict mode stops at the first mistake and words it for programmers: the same strictness is below.
  const { tokens } = parseArgs({
    args: withEmptyValues(flags, argv),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const problems: Problem[] = [];
  const strays: string[] = [];
  const given = new Map<string, string | true>();
  let afterUnknown = false;
  for (const token of tokens) {
    // The value of a flag that does not exist is part of the same mistake.
    if (token.kind === 'positional' && !afterUnknown) strays.push(token.value);
    afterUnknown = false;
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      afterUnknown = true;
      const known = Object.keys(options).map((name) => `--${name}`);
      problems.push(
        new Problem(
          'E_FLAG_UNKNOWN',
          `no such flag: ${token.rawName}.${didYouMean(token.rawName, known)} See --help.`,
        ),
      );
    } else if (option.type === 'boolean' && token.value !== undefined) {
      problems.push(
        new Problem('E_FLAG_VALUE', `${token.rawName} takes no value. Write ${token.rawName} alone.`),
      );
    } else if (option.type === 'boolean') {
      given.set(token.name, true);
    } else if (
      token.value === undefined ||
      (token.value === '' && !mayStandAlone(flags[token.name]!)) ||
      (!token.inlineValue && /^-\D/.test(token.value))
    ) {
      problems.push(
        new Problem(
          'E_FLAG_VALUE',
          `${token.rawName} has no value. ${expected(token.name, flags[token.name]!)}`,
        ),
      );
    } else {
      given.set(token.name, token.value);
    }
  }
  if (given.has('help')) return { kind: 'help' };
  problems.push(
    ...repeated(
      tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : [])),
      options,
    ),
  );

  const kept = keptByNpm(command.name, flags, strays, environment);
  problems.push(...kept.problems);
  const word = command.word && kept.strays.shift();
  problems.push(...kept.strays.map((word) => strayWord(command.name, flags, word)));

  const values: Record<string, string | number | boolean | undefined> = {};
  for (const [name, flag] of Object.entries<Flag>(flags)) {
    const text = given.get(name);
    if (flag.type === 'switch') values[name] = text === true;
    else if (text === undefined) values[name] = flag.default;
    else {
      const value = takeValue(name, flag, text as string);
      if (value instanceof Problem) problems.push(value);
      else values[name] = value;
    }
  }
  if (problems.length === 1) throw problems[0]!;
  if (problems.length > 1)
    throw new Problems(`npm run ${command.name} was given ${problems.length} mistakes`, problems);
  return { kind: 'values', values: values as FlagValues<F>, word: word ?? command.word?.default ?? '' };
}

/** Values are not shown: a URL may hold a password. */
function repeated(names: readonly string[], known: object): Problem[] {
  const twice = new Set(names.filter((name, i) => Object.hasOwn(known, name) && names.indexOf(name) < i));
  return [...twice].map((name) => {
    const times = names.filter((each) => each === name).length;
    return new Problem(
      'E_FLAG_REPEATED',
      `--${name} is given ${times} times. Expected it once. Leave out all but one.`,
    );
  });
}

const mayStandAlone = (flag: Flag): boolean => flag.type === 'url' && flag.valueOptional === true;

/** A flag that may stand alone would take the next flag for its value. */
function withEmptyValues(flags: Flags, argv: readonly string[]): string[] {
  const alone = new Set(
    Object.keys(flags)
      .filter((name) => mayStandAlone(flags[name]!))
      .map((name) => `--${name}`),
  );
  return argv.map((word, i) => {
    const next = argv[i + 1];
    return alone.has(word) && (next === undefined || next.startsWith('-')) ? `${word}=` : word;
  });
}

/**
 * `npm run load --rate=5000` keeps the flag for npm and tells us only by the environment; `--rate 5000` leaves a
 * stray `5000` as well. Ignoring it would load the wrong thing at the wrong rate.
 */
function keptByNpm(
  name: string,
  flags: Flags,
  strays: readonly string[],
  environment: NodeJS.ProcessEnv,
): { problems: Problem[]; strays: string[] } {
  const left = [...strays];
  const problems: Problem[] = [];
  // A script started by another npm script inherits that one's settings.
  if (environment.npm_lifecycle_event !== name) return { problems, strays: left };
  for (const [flagName, flag] of Object.entries<Flag>(flags)) {
    const kept = environment[`npm_config_${flagName.replaceAll('-', '_')}`];
    if (kept === undefined || kept === '' || NPM_OWN.has(flagName)) continue;
    let value = kept;
    if (flag.type !== 'switch' && kept === 'true') value = left.shift() ?? flag.metavar;
    const words = flag.type === 'switch' ? `--${flagName}` : `--${flagName} ${value}`;
    problems.push(
      new Problem(
        'E_NPM_KEPT_FLAG',
        `npm kept --${flagName} for itself. Flags of ours follow a "--". Write: npm run ${name} -- ${words}`,
      ),
    );
  }
  return { problems, strays: left };
}

function strayWord(name: string, flags: Flags, word: string): Problem {
  // What was probably meant, by its looks: the first flag that takes such a value.
  const looks: Flag['type'] = /^\d/.test(word) ? 'number' : word.includes('://') ? 'url' : 'text';
  const meant = Object.entries<Flag>(flags).find(([, flag]) => flag.type === looks);
  return new Problem(
    'E_STRAY_WORD',
    `${JSON.stringify(word)} belongs to no flag. npm without "--" strips the names of flags and leaves their values. ` +
      `Write: npm run ${name} --${meant ? ` --${meant[0]} ${word}` : ' FLAGS'}`,
  );
}

function takeValue(
  name: string,
  flag: Exclude<Flag, { type: 'switch' }>,
  text: string,
): string | number | Problem {
  const mistake = (found: string): Problem =>
    new Problem('E_FLAG_VALUE', `--${name} ${found}. ${expected(name, flag)}`);
  switch (flag.type) {
    case 'text':
      if (flag.choices === undefined || flag.choices.includes(text)) return text;
      return mistake(`knows no ${JSON.stringify(text)}`);
    case 'number': {
      // Thousands may be marked as in the configuration: 10_000 or 10,000.
      const number = /^-?\d+([_,]\d{3})*(\.\d+)?$/.test(text)
        ? Number(text.replaceAll(/[_,]/g, ''))
        : Number.NaN;
      const inRange = number >= (flag.min ?? -Infinity) && number <= (flag.max ?? Infinity);
      if (inRange && (!flag.integer || Number.isInteger(number))) return number;
      return mistake(`cannot be ${JSON.stringify(text)}`);
    }
    case 'url': {
      if (text === '' && mayStandAlone(flag)) return '';
      const url = URL.canParse(text) ? new URL(text) : null;
      // Never echoed: the password would stand in a terminal's history and a CI log.
      if (url !== null && (url.username !== '' || url.password !== '')) {
        return new Problem(
          'E_FLAG_VALUE',
          `--${name} holds a user name or password. Expected none. ${flag.credentials ?? 'Put it into service.headers of the configuration by env().'}`,
        );
      }
      if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
        return mistake(text.includes('@') ? 'is no URL' : `cannot be ${JSON.stringify(text)}`);
      }
      return text;
    }
  }
}

/** 0.0001 must not be shown as 0. */
const showBound = (bound: number): string => bound.toLocaleString('en', { maximumFractionDigits: 6 });

/** What a flag wants, as a sentence. */
function expected(name: string, flag: Flag): string {
  switch (flag.type) {
    case 'switch':
      return `Write --${name} alone.`;
    case 'text':
      return flag.choices
        ? `Expected ${flag.choices.join(' or ')}.`
        : `Expected ${flag.metavar}, as in: --${name} ${flag.default ?? flag.metavar}`;
    case 'number': {
      const kind = flag.integer ? 'a whole number' : 'a number';
      const range =
        flag.min !== undefined && flag.max !== undefined
          ? ` from ${showBound(flag.min)} to ${showBound(flag.max)}`
          : '';
      return `Expected ${kind}${range}.`;
    }
    case 'url':
      return 'Expected a URL, such as http://127.0.0.1:8080.';
  }
}
