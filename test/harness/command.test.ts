import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Command, defineCommand, runCommand } from '../../harness/command.ts';
import { EXIT_CODES, exitCodeOf } from '../../harness/exit-codes.ts';
import { type Flags, SHARED_FLAGS } from '../../harness/flags.ts';
import { Problem, Problems } from '../../measure/problem.ts';
import { VERDICTS } from '../../measure/verdict.ts';

const taken: unknown[] = [];
const load = defineCommand({
  name: 'load',
  summary: 'drive a profile at a service, judge every claim and write a report',
  flags: SHARED_FLAGS,
  examples: [
    { line: 'npm run load -- --profile smoke', does: '2,000 orders in ten seconds' },
    { line: 'npm run load -- --target http://127.0.0.1:8080 --rate 500', does: 'at a service of your own' },
  ],
  run(flags) {
    taken.push(flags);
    return 0;
  },
});

async function run<F extends Flags>(
  command: Command<F>,
  argv: string[],
  environment: NodeJS.ProcessEnv = {},
) {
  const out = new PassThrough();
  const err = new PassThrough();
  const code = await runCommand(command, argv, { stdout: out, stderr: err, environment });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, out: text(out), err: text(err) };
}

const failing = (error: unknown): Command =>
  defineCommand({
    name: 'load',
    summary: '',
    flags: {},
    examples: [],
    run: () => {
      throw error;
    },
  });

describe('flags', () => {
  it('become values with their types, and defaults where they are left out', async () => {
    const argv = [
      '--rate',
      '5_000',
      '--time-scale=0.02',
      '--target',
      'http://127.0.0.1:8080',
      '--json',
      '--runs-dir',
      'out',
    ];
    expect(await run(load, argv)).toEqual({ code: 0, out: '', err: '' });
    expect(taken.at(-1)).toEqual({
      config: undefined,
      profile: 'quick',
      rate: 5000,
      target: 'http://127.0.0.1:8080',
      engine: 'k6',
      'runs-dir': 'out',
      'time-scale': 0.02,
      seed: undefined,
      json: true,
    });
  });

  it.each([
    [['--rte', '5'], 'E_FLAG_UNKNOWN: no such flag: --rte. Did you mean --rate? See --help.'],
    [['--zzz'], 'E_FLAG_UNKNOWN: no such flag: --zzz. See --help.'],
    [['--constructor'], 'E_FLAG_UNKNOWN: no such flag: --constructor. See --help.'],
    [
      ['--rate', 'many'],
      'E_FLAG_VALUE: --rate cannot be "many". Expected a whole number from 1 to 1,000,000.',
    ],
    [['--rate', '0'], 'E_FLAG_VALUE: --rate cannot be "0". Expected a whole number from 1 to 1,000,000.'],
    [['--rate', '-5'], 'E_FLAG_VALUE: --rate cannot be "-5". Expected a whole number from 1 to 1,000,000.'],
    [['--rate', '1.5'], 'E_FLAG_VALUE: --rate cannot be "1.5". Expected a whole number from 1 to 1,000,000.'],
    [['--rate', '1e3'], 'E_FLAG_VALUE: --rate cannot be "1e3". Expected a whole number from 1 to 1,000,000.'],
    [['--rate', '--json'], 'E_FLAG_VALUE: --rate has no value. Expected a whole number from 1 to 1,000,000.'],
    [['--rate'], 'E_FLAG_VALUE: --rate has no value. Expected a whole number from 1 to 1,000,000.'],
    [['--profile='], 'E_FLAG_VALUE: --profile has no value. Expected NAME, as in: --profile quick'],
    [['--json=yes'], 'E_FLAG_VALUE: --json takes no value. Write --json alone.'],
    [
      ['--rate', '1', '--rate', '2'],
      'E_FLAG_REPEATED: --rate is given 2 times. Expected it once. Leave out all but one.',
    ],
    [
      ['--json', '--rate', '5', '--json', '--json'],
      'E_FLAG_REPEATED: --json is given 3 times. Expected it once. Leave out all but one.',
    ],
    [['--engine', 'wrk'], 'E_FLAG_VALUE: --engine knows no "wrk". Expected k6.'],
    [
      ['--target', '127.0.0.1:80'],
      'E_FLAG_VALUE: --target cannot be "127.0.0.1:80". Expected a URL, such as http://127.0.0.1:8080.',
    ],
    [
      ['--target', 'ftp://a.b'],
      'E_FLAG_VALUE: --target cannot be "ftp://a.b". Expected a URL, such as http://127.0.0.1:8080.',
    ],
  ])('%j is a mistake', async (argv, message) => {
    const before = taken.length;
    expect(await run(load, argv)).toEqual({ code: 2, out: '', err: `${message}\n` });
    expect(taken).toHaveLength(before);
  });

  it('says all mistakes at once', async () => {
    const { code, err } = await run(load, ['--rte', '--rate', 'x', '--json=1']);
    expect(code).toBe(2);
    expect(err.split('\n')[0]).toBe('npm run load was given 3 mistakes');
    expect(err).toMatch(/--rte.*\n.*--json.*\n.*--rate/);
  });

  it.each(['http://me:hunter2@127.0.0.1', 'http://me:hunter2@not a host', 'ftp://me:hunter2@a.b'])(
    'never shows a password: %s',
    async (target) => {
      const { code, err } = await run(load, ['--target', target]);
      expect(code).toBe(2);
      expect(err).not.toContain('hunter2');
    },
  );
});

describe("npm's trap", () => {
  it.each([
    ['5000', 'npm run load -- --rate 5000'],
    ['http://127.0.0.1', 'npm run load -- --target http://127.0.0.1'],
    ['smoke', 'npm run load -- --profile smoke'],
  ])('a stray %s is explained', async (word, mend) => {
    const { code, err } = await run(load, [word]);
    expect(code).toBe(2);
    expect(err).toBe(
      `E_STRAY_WORD: "${word}" belongs to no flag. npm without "--" strips the names of flags and leaves their values. Write: ${mend}\n`,
    );
  });

  // What npm 11 really does: `npm run load --rate 5000` and `npm run load --rate=5000`.
  it.each([
    ['true', ['5000']],
    ['5000', []],
  ])('a flag that npm kept for itself (%s) is not ignored', async (kept, argv) => {
    const { code, err } = await run(load, argv, { npm_lifecycle_event: 'load', npm_config_rate: kept });
    expect(code).toBe(2);
    expect(err).toBe(
      'E_NPM_KEPT_FLAG: npm kept --rate for itself. Flags of ours follow a "--". Write: npm run load -- --rate 5000\n',
    );
  });

  it("leaves alone what belongs to another script, and npm's own settings", async () => {
    expect((await run(load, [], { npm_lifecycle_event: 'test', npm_config_rate: '5' })).code).toBe(0);
    expect((await run(load, [], { npm_lifecycle_event: 'load', npm_config_json: 'true' })).code).toBe(0);
  });
});

describe('help', () => {
  it('comes from the same table, sorted, within 80 columns', async () => {
    const { code, out, err } = await run(load, ['--help', '--rte']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const names = [...out.matchAll(/^ {2}(?:-h, )?--([a-z-]+)/gm)].map(([, name]) => name);
    expect(names).toEqual([...Object.keys(SHARED_FLAGS), 'help'].sort());
    for (const { code: each } of Object.values(EXIT_CODES))
      expect(out).toMatch(new RegExp(`^ +${each}  `, 'm'));
    await expect(out).toMatchFileSnapshot('golden/help.txt');
    expect((await run(load, ['-h'])).out).toBe(out);
  });
});

describe('what a command throws', () => {
  it('is one line and exit code 2 for a mistake of a person', async () => {
    const found = new Problem('E_X', 'Found. Expected. Next.', 'a.b');
    expect(await run(failing(found), [])).toEqual({
      code: 2,
      out: '',
      err: 'a.b   E_X: Found. Expected. Next.\n',
    });
    const both = new Problems('x has 2 mistakes', [found, new Problem('E_Y', 'Y.')]);
    expect(await run(failing(both), [])).toEqual({
      code: 2,
      out: '',
      err: 'x has 2 mistakes\n  a.b   E_X: Found. Expected. Next.\n  E_Y: Y.\n',
    });
  });

  it('is a stack and exit code 1 for a bug of ours', async () => {
    const { code, err } = await run(
      failing(new TypeError('no such thing', { cause: new Error('deeper') })),
      [],
    );
    expect(code).toBe(1);
    expect(err).toContain('TypeError: no such thing\n    at ');
    expect(err).toContain('Caused by: Error: deeper');
    expect(err).toContain('a bug of ours');
    expect((await run(failing('just text'), [])).err).toContain('Thrown: just text');
  });

  it('is quiet where the reader of stdout has gone', async () => {
    const out = new PassThrough();
    const gone = defineCommand({
      name: 'report',
      summary: '',
      flags: {},
      examples: [],
      run: () => {
        out.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
        return 0;
      },
    });
    expect(await runCommand(gone, [], { stdout: out, stderr: new PassThrough(), environment: {} })).toBe(0);
  });
});

describe('exit codes', () => {
  it('tell the verdicts apart, and no two mean the same', () => {
    expect(VERDICTS.map(exitCodeOf)).toEqual([0, 3, 99, 4]);
    const codes = Object.values(EXIT_CODES).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set([0, 99, 3, 4, 5, 2, 1]));
    expect(codes).toHaveLength(7);
  });
});
