import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { defineCommand, runCommand } from '../../harness/command.ts';
import { env } from '../../harness/config.ts';
import { SHARED_FLAGS } from '../../harness/flags.ts';
import { resolveInflux } from '../../harness/influx.ts';
import { againCommand, grafanaLink, renderSent, type Sent } from '../../reports/influx/words.ts';
import { abortedAtOnce, passed } from '../reports/fixture.ts';

const config = (influx: object = {}) => ({
  influx: { url: undefined, database: 'stormproof', retentionPolicy: null, ...influx },
});

describe('which InfluxDB', () => {
  it.each([
    ['nobody asked', undefined, {}, {}, undefined],
    ['the flag alone', '', {}, {}, 'http://127.0.0.1:8086'],
    ['the flag with a URL', 'http://a:1', { url: 'http://c' }, { INFLUX_URL: 'http://b' }, 'http://a:1'],
    ['the environment', undefined, { url: 'http://c' }, { INFLUX_URL: 'http://b' }, 'http://b'],
    ['the flag alone, and the environment', '', { url: 'http://c' }, { INFLUX_URL: 'http://b' }, 'http://b'],
    ['the configuration', undefined, { url: 'http://c' }, {}, 'http://c'],
    ['the configuration by a variable', undefined, { url: env('MINE') }, { MINE: 'http://d' }, 'http://d'],
    ['a variable that is not set', undefined, { url: env('MINE') }, {}, undefined],
    ['a variable that is empty', undefined, {}, { INFLUX_URL: '' }, undefined],
    ['a slash at the end', 'http://a:1/', {}, {}, 'http://a:1'],
    ['a path behind a proxy', 'https://a/influx/', {}, {}, 'https://a/influx'],
    ['IPv6', 'http://[::1]:8086', {}, {}, 'http://[::1]:8086'],
  ])('%s', (_, flag, influx, environment, url) => {
    expect(resolveInflux(flag, config(influx), environment)?.url).toBe(url);
  });

  it('takes database and retention policy from the configuration, the environment above it', () => {
    const influx = { database: 'mine', retentionPolicy: 'month' };
    expect(resolveInflux('', config(influx), {})).toMatchObject(influx);
    expect(resolveInflux('', config(influx), { INFLUX_DATABASE: 'theirs' })).toMatchObject({
      database: 'theirs',
    });
  });

  it.each([
    [{}, { kind: 'none' }],
    [{ INFLUX_TOKEN: 't' }, { kind: 'token', token: 't' }],
    [
      { INFLUX_USERNAME: 'u', INFLUX_PASSWORD: 'p' },
      { kind: 'password', username: 'u', password: 'p' },
    ],
    [
      { INFLUX_TOKEN: 't', INFLUX_USERNAME: 'u', INFLUX_PASSWORD: 'p' },
      { kind: 'token', token: 't' },
    ],
  ])('takes credentials from the environment: %j', (environment, auth) => {
    expect(resolveInflux('', config(), environment)?.auth).toEqual(auth);
  });

  it.each([
    [
      'http://me:hunter2@a',
      {},
      {},
      /^E_INFLUX_URL: it holds a user name or password.*INFLUX_TOKEN/,
      '--influx',
    ],
    ['http://a/?u=me&p=hunter2', {}, {}, /^E_INFLUX_URL: it holds a query/, '--influx'],
    ['http://a#hunter2', {}, {}, /^E_INFLUX_URL: it holds a query/, '--influx'],
    [undefined, {}, { INFLUX_URL: 'hunter2' }, /^E_INFLUX_URL: this is no URL/, 'INFLUX_URL'],
    [undefined, { url: 'ftp://hunter2' }, {}, /^E_INFLUX_URL: this is no URL/, 'influx.url'],
    ['', {}, { INFLUX_USERNAME: 'hunter2' }, /^E_INFLUX_AUTH: INFLUX_PASSWORD is not set/, ''],
    ['', {}, { INFLUX_PASSWORD: 'hunter2' }, /^E_INFLUX_AUTH: INFLUX_USERNAME is not set/, ''],
    ['', {}, { INFLUX_TOKEN: 'hunter2\nx' }, /^E_INFLUX_AUTH: INFLUX_TOKEN holds a line break/, ''],
  ])('refuses %j %j %j without showing it', (flag, influx, environment, message, where) => {
    let said = new Error('nothing was thrown');
    try {
      resolveInflux(flag, config(influx), environment);
    } catch (error) {
      said = error as Error;
    }
    expect(said.message).toMatch(message);
    expect(said).toMatchObject({ where });
    expect(said.message).not.toContain('hunter2');
  });
});

describe('--influx', () => {
  const { influx, json, profile } = SHARED_FLAGS;
  let taken: unknown;
  const command = defineCommand({
    name: 'load',
    summary: '',
    flags: { influx, json, profile },
    examples: [],
    run(flags) {
      taken = flags;
      return 0;
    },
  });
  async function run(...argv: string[]): Promise<string> {
    const stderr = new PassThrough();
    taken = null;
    await runCommand(command, argv, { stdout: new PassThrough(), stderr, environment: {} });
    return String(stderr.read() ?? '');
  }

  it.each([
    [[], { influx: undefined, json: false }],
    [['--influx'], { influx: '', json: false }],
    [['--influx', '--json'], { influx: '', json: true }],
    [['--json', '--influx'], { influx: '', json: true }],
    [['--influx='], { influx: '', json: false }],
    [['--influx', 'http://a:1', '--json'], { influx: 'http://a:1', json: true }],
    [['--influx=http://a:1'], { influx: 'http://a:1', json: false }],
  ])('%j', async (argv, values) => {
    expect(await run(...argv)).toBe('');
    expect(taken).toMatchObject(values);
  });

  it('is not the value of another flag, and holds no password', async () => {
    expect(await run('--profile', '--influx')).toMatch(/^E_FLAG_VALUE: --profile has no value/);
    expect(await run('--influx', 'localhost')).toMatch(/^E_FLAG_VALUE: --influx cannot be "localhost"/);
    const said = await run('--influx', 'http://me:hunter2@a');
    expect(said).toMatch(/^E_FLAG_VALUE: --influx holds a user name or password.*INFLUX_PASSWORD/);
    expect(said).not.toContain('hunter2');
    expect(taken).toBeNull();
  });
});

describe('what is said of the points', () => {
  const all: Sent = {
    url: 'http://127.0.0.1:8086',
    database: 'stormproof',
    sent: 1204,
    unsent: 0,
    leftOut: 0,
    series: 12,
    cause: '',
  };
  const say = (sent: Partial<Sent>, grafana = ''): string[] =>
    renderSent({ ...all, ...sent }, { columns: 200, colour: false, again: 'AGAIN', grafana });

  it.each([
    [{}, ['influxdb  1,204 points in 12 series at http://127.0.0.1:8086, database stormproof']],
    [
      { unsent: 3, sent: 1, cause: 'it is away' },
      [
        'influxdb  3 points unsent, 1 sent to http://127.0.0.1:8086, database stormproof: it is away',
        '          send it again: AGAIN',
      ],
    ],
    [
      { leftOut: 1, sent: 1203, cause: 'it does not fit' },
      [
        'influxdb  1,203 points in 12 series at http://127.0.0.1:8086, database stormproof; 1 point was left out: it',
        '          does not fit',
        '          send it again: AGAIN',
      ],
    ],
  ])('%j', (sent, lines) => {
    expect(say(sent)).toEqual(lines);
  });

  it('links to the run where Grafana is known', () => {
    const measurement = passed();
    const link = grafanaLink('http://me:secret@g:3000/grafana/', measurement);
    const last = measurement.seconds.at(-1)!.startMs + 1000;
    // Where its claims stand: before its first second.
    const from = Date.parse(measurement.run.startedAt);
    expect(from).toBeLessThan(measurement.zeroMs);
    expect(link).toBe(
      `http://g:3000/grafana/d/stormproof-load?var-run=${measurement.run.run}&from=${from}&to=${last}`,
    );
    expect(grafanaLink('https://g?token=secret#secret', measurement)).toMatch(
      /^https:\/\/g\/d\/stormproof-load\?var-run=[^?#]+$/,
    );
    expect(say({}, link).at(-1)).toBe(`grafana   ${link}`);
    expect(say({ unsent: 1 }, link).join()).not.toContain('grafana');
  });

  it.each([undefined, '', 'g', 'g:3000', 'javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x'])(
    'has no link for the Grafana %j',
    (base) => expect(grafanaLink(base, passed())).toBe(''),
  );

  it('links to a run of which nothing is known but its name and its beginning', () => {
    const measurement = abortedAtOnce();
    measurement.run = { ...measurement.run, run: `a&from=0#'"<b>\ud800` };
    const link = new URL(grafanaLink('http://g', { ...measurement, zeroMs: 0, seconds: [] }));
    const from = Date.parse(measurement.run.startedAt);
    expect([...link.searchParams]).toEqual([
      ['var-run', `a&from=0#'"<b>\ufffd`],
      ['from', String(from)],
      ['to', String(from + 1000)],
    ]);
    expect(link.hash).toBe('');
  });

  it('quotes the command that sends again', () => {
    expect(againCommand('a/b', 'http://a:1', undefined)).toBe(
      'npm run report -- --run a/b --influx http://a:1',
    );
    expect(againCommand("it's", 'http://[::1]:1', 'my conf.ts')).toBe(
      "npm run report -- --run 'it'\\''s' --influx 'http://[::1]:1' --config 'my conf.ts'",
    );
  });
});
