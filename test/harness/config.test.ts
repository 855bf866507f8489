import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import {
  defineConfig,
  env,
  loadConfig,
  parseConfig,
  redactHeaders,
  resolveHeaders,
} from '../../harness/config.ts';
import { BUILT_IN_PROFILES } from '../../harness/profiles.ts';
import { Problem, Problems } from '../../measure/problem.ts';

const FILE = 'stormproof.config.ts';

function mistakes(input: unknown): string[] {
  try {
    parseConfig(input, FILE);
  } catch (error) {
    if (error instanceof Problems) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a configuration', () => {
  it('may be empty: everything has a default', () => {
    const config = parseConfig({}, FILE);
    expect(config).toMatchObject({
      file: FILE,
      targets: [],
      service: {
        url: '/api/v1/orders',
        success: 201,
        regionHeader: 'x-region',
        timeoutMs: 1000,
        headers: {},
        host: null,
        insecureSkipTLSVerify: false,
        http: '1.1',
      },
    });
    expect(Object.keys(config.profiles)).toEqual(['smoke', 'quick', 'staged', 'soak', 'spike']);
  });

  it('as the documentation shows it is taken', () => {
    const config = parseConfig(
      defineConfig({
        targets: ['https://Staging.example.com:443/', 'http://10.0.0.1:8080'],
        service: {
          url: '/orders',
          timeout: '250ms',
          headers: { authorization: env('API_TOKEN') },
          http: '2',
        },
        profiles: {
          quick: { stages: [['10s', 505, 'hold']], claims: { throughput: '>= 500' } },
          mine: {
            scenario: 'shopper',
            startRate: 5,
            stages: [
              ['1m', 10],
              ['30s', 10, 'hold'],
            ],
            claims: { errors: '< 1%' },
            population: { fresh: 0.25 },
            retries: 2,
            thinkTime: '100ms',
            weights: { browse: 8, order: 2 },
          },
        },
      }),
      FILE,
    );
    expect(config.targets).toEqual(['https://staging.example.com', 'http://10.0.0.1:8080']);
    expect(config.service).toMatchObject({ url: '/orders', timeoutMs: 250, http: '2' });
    expect(config.profiles.quick).toMatchObject({
      claims: { throughput: '>= 500' },
      startRatePerSecond: 505,
    });
    expect(config.profiles.mine).toEqual({
      name: 'mine',
      scenario: 'shopper',
      startRatePerSecond: 5,
      stages: [
        { durationMs: 60_000, targetPerSecond: 10, hold: false },
        { durationMs: 30_000, targetPerSecond: 10, hold: true },
      ],
      claims: { errors: '< 1%' },
      population: { sticky: 0.75, fresh: 0.25 },
      retries: 2,
      thinkTimeMs: 100,
      weights: { browse: 8, order: 2 },
    });
  });

  it('replaces of a built-in profile only the parts that it names', () => {
    const { quick } = parseConfig({ profiles: { quick: { claims: { errors: '< 5%' } } } }, FILE).profiles;
    expect(quick).toMatchObject({ claims: { errors: '< 5%' } });
    expect(quick!.stages).toEqual(parseConfig({}, FILE).profiles.quick!.stages);
  });

  it('with five mistakes says all five, with their paths', () => {
    const found = mistakes({
      targets: ['staging.example.com'],
      service: { timout: '1s', success: 404 },
      profiles: {
        quick: {
          stages: [
            ['5s', 100],
            ['20', 100, 'hold'],
          ],
          claims: { 'latency.p59': '< 100ms' },
        },
      },
    });
    expect(found).toEqual([
      'stormproof.config.ts has 5 mistakes',
      '  targets[0]   E_TARGET: "staging.example.com" is no http or https URL. Expected an origin, such as "https://staging.example.com".',
      '  service.success   E_NUMBER: 404 is not taken. Expected an HTTP status, 200 to 299.',
      '  service.timout   E_CONFIG_KEY: no such key. Did you mean timeout?',
      '  profiles.quick.stages[1].duration   E_DURATION: "20" has no unit. Write "20s".',
      '  profiles.quick.claims.latency.p59   E_CLAIM_UNKNOWN: no such percentile. Did you mean p95?',
    ]);
  });

  const profile = { stages: [['10s', 100, 'hold']], claims: { errors: '< 1%' } };
  it.each<[unknown, string]>([
    [5, 'E_CONFIG_VALUE: the configuration is no object. Expected: export default defineConfig({ ... })'],
    [{ profile: {} }, 'profile   E_CONFIG_KEY: no such key. Did you mean profiles?'],
    [
      { zzz: 1 },
      'zzz   E_CONFIG_KEY: no such key. Expected one of targets, service, profiles, influx, drills, lab, commands.',
    ],
    [{ targets: 'https://a.b' }, 'targets   E_CONFIG_VALUE: text in quotes is not taken. Expected a list.'],
    [
      { targets: [5] },
      'targets[0]   E_TARGET: 5 is no URL. Expected an origin, such as "https://staging.example.com".',
    ],
    [{ profiles: [] }, 'profiles   E_CONFIG_VALUE: a list is not taken. Expected an object.'],
    [{ profiles: { x: null } }, 'profiles.x   E_CONFIG_VALUE: null is not taken. Expected an object.'],
    [
      { profiles: { '../x': profile } },
      'profiles.../x   E_NAME: this name cannot be a folder. Expected small letters, digits and dashes.',
    ],
    [
      { profiles: { x: { ...profile, scenario: '../x' } } },
      'profiles.x.scenario   E_NAME: "../x" is not taken. Expected small letters, digits and dashes.',
    ],
    [
      { profiles: { x: { claims: profile.claims } } },
      'profiles.x.stages   E_CONFIG_VALUE: it is missing. Expected a list.',
    ],
    [
      { profiles: { x: { ...profile, stages: [] } } },
      'profiles.x.stages   E_STAGES: there is no stage. Expected at least one. Write [["20s", 500, "hold"]].',
    ],
    [
      { profiles: { x: { ...profile, stages: ['10s'] } } },
      'profiles.x.stages[0]   E_STAGES: "10s" is no stage. Expected [duration, rate] or [duration, rate, "hold"].',
    ],
    [
      { profiles: { x: { ...profile, stages: [['10s', 10.5]] } } },
      'profiles.x.stages[0].target   E_NUMBER: 10.5 is not taken. Expected whole arrivals a second, 0 to 1,000,000.',
    ],
    [
      { profiles: { x: { ...profile, stages: [['10s', 10, 'held']] } } },
      'profiles.x.stages[0].hold   E_STAGES: "held" is not taken. Expected "hold" or nothing.',
    ],
    [
      { profiles: { x: { ...profile, claims: {} } } },
      "profiles.x.claims   E_CLAIM_MISSING: nothing is claimed, so nothing could fail. Expected one claim at least. Write { errors: '< 1%' }.",
    ],
    [
      { profiles: { x: { ...profile, claims: { errors: 1 } } } },
      'profiles.x.claims.errors   E_CONFIG_VALUE: a number is not taken. Expected text in quotes.',
    ],
    [
      { profiles: { x: { ...profile, population: { frsh: 1 } } } },
      'profiles.x.population.frsh   E_CONFIG_KEY: no such key. Did you mean fresh?',
    ],
    [
      { profiles: { x: { ...profile, population: { fresh: 2 } } } },
      'profiles.x.population.fresh   E_NUMBER: 2 is not taken. Expected a share from 0 to 1.',
    ],
    [
      { profiles: { x: { ...profile, population: { fresh: 0.5, sticky: 0.25 } } } },
      'profiles.x.population   E_POPULATION: the shares sum to 0.75. Expected 1. Leave one out, and it is the rest.',
    ],
    [
      { profiles: { x: { ...profile, weights: { a: 0 } } } },
      'profiles.x.weights   E_WEIGHTS: every weight is 0: nothing would be done. Expected one above 0.',
    ],
    [
      { profiles: { x: { ...profile, retries: 0.5 } } },
      'profiles.x.retries   E_NUMBER: 0.5 is not taken. Expected a whole number, 0 to 10.',
    ],
    [
      { service: { timeout: '0s' } },
      'service.timeout   E_DURATION: nothing can be done in 0 s. Expected more. Write "1s".',
    ],
    [
      { service: { url: 'https://a.b/orders' } },
      'service.url   E_PATH: "https://a.b/orders" is not taken. Expected a path that begins with "/", such as "/api/v1/orders"; the origin belongs to targets.',
    ],
    [{ service: { http: 2 } }, 'service.http   E_HTTP: 2 is not taken. Expected "1.1" or "2", in quotes.'],
    [
      { service: { host: 'a b' } },
      'service.host   E_HOST: "a b" is not taken. Expected a host, such as "api.example.com".',
    ],
    [
      { service: { insecureSkipTLSVerify: 'yes' } },
      'service.insecureSkipTLSVerify   E_CONFIG_VALUE: text in quotes is not taken. Expected true or false.',
    ],
    [
      { service: { headers: { Host: 'a' } } },
      'service.headers.Host   E_HEADER: this header cannot be set for every request. Write service.host.',
    ],
    [
      { service: { headers: { 'Idempotency-Key': 'a' } } },
      'service.headers.Idempotency-Key   E_HEADER: this header cannot be set for every request. The key of each order stands in its body.',
    ],
    [
      { service: { headers: { 'a b': 'a' } } },
      'service.headers.a b   E_HEADER: this is no name of a header. Expected letters, digits and dashes.',
    ],
  ])('%j is a mistake', (input, message) => {
    expect(
      mistakes(input)
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual([message]);
  });

  it('does not show a header that is malformed: it may be a secret in the wrong place', () => {
    for (const headers of [{ authorization: 'hunter2\r\nx: y' }, 'hunter2', { authorization: ['hunter2'] }]) {
      const text = mistakes({ service: { headers } }).join('\n');
      expect(text).toContain('service.headers');
      expect(text).not.toContain('hunter2');
    }
  });
});

describe('a secret', () => {
  const config = parseConfig(
    { service: { headers: { authorization: env('API_TOKEN'), 'x-plain': 'hunter2' } } },
    FILE,
  );

  it('never comes out by printing, copying or serialising', () => {
    process.env.API_TOKEN = 'hunter3';
    const secret = env('API_TOKEN');
    const shown = [
      JSON.stringify({ secret }),
      String(secret),
      `${secret}`,
      inspect({ secret }),
      JSON.stringify({ ...secret }),
    ];
    delete process.env.API_TOKEN;
    for (const text of shown) expect(text).not.toMatch(/hunter|API_TOKEN/);
    expect(shown[0]).toBe('{"secret":"[redacted]"}');
    expect(JSON.stringify(redactHeaders(config.service))).toBe(
      '{"authorization":"[redacted]","x-plain":"[redacted]"}',
    );
  });

  it('is read when it is needed', () => {
    expect(resolveHeaders(config, { API_TOKEN: 'hunter3' })).toEqual({
      authorization: 'hunter3',
      'x-plain': 'hunter2',
    });
  });

  it.each([
    [
      {},
      'E_ENV_UNSET: the environment variable API_TOKEN is not set. Expected the secret in it. Write: export API_TOKEN=...',
    ],
    [
      { API_TOKEN: '' },
      'E_ENV_UNSET: the environment variable API_TOKEN is not set. Expected the secret in it. Write: export API_TOKEN=...',
    ],
    [
      { API_TOKEN: 'hunter3\n' },
      'E_ENV_VALUE: the environment variable of this header holds a line break or another control character. Expected one line of text.',
    ],
  ])('that is missing or broken is named, never shown: %j', (environment, message) => {
    expect(() => resolveHeaders(config, environment)).toThrow(
      `stormproof.config.ts needs what the environment does not hold\n  service.headers.authorization   ${message}`,
    );
  });
});

describe('a configuration file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-config-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const harness = new URL('../../harness/config.ts', import.meta.url).href;

  /** Loads it as `npm run load` does: by Node with tsx, which is what words the syntax errors. */
  function load(name: string | null, text?: string): { value?: unknown; error?: string } {
    if (name !== null && text !== undefined) writeFileSync(join(folder, name), text);
    const script = `
      const { loadConfig } = await import(${JSON.stringify(harness)});
      try {
        console.log(JSON.stringify({ value: await loadConfig(${JSON.stringify(name ?? undefined)}, ${JSON.stringify(folder)}) }));
      } catch (error) {
        console.log(JSON.stringify({ error: error.message }));
      }`;
    const tsx = pathToFileURL(join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs')).href;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', tsx, '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
        timeout: 30_000,
      },
    );
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as { value?: unknown; error?: string };
  }

  it('that is not there by default is fine, and one that was asked for is not', async () => {
    expect((await loadConfig(undefined, folder)).profiles.quick).toBeDefined();
    await expect(loadConfig('mine.config.ts', folder)).rejects.toThrow(
      'E_CONFIG_NOT_FOUND: there is no mine.config.ts. Expected a configuration file. Check the path.',
    );
    await expect(loadConfig('mine.config.ts', folder)).rejects.toBeInstanceOf(Problem);
  });

  it('is loaded wherever it is, secrets by reference', () => {
    const text = `import { defineConfig, env } from '${harness}';
      const seconds: number = 3;
      export default defineConfig({ service: { timeout: \`\${seconds}s\`, headers: { authorization: env('API_TOKEN') } } });`;
    for (const name of ['good.mts', 'good.ts']) {
      expect(load(name, text).value).toMatchObject({
        file: name,
        service: { timeoutMs: 3000, headers: { authorization: '[redacted]' } },
      });
    }
  });

  it.each([
    [
      'syntax.ts',
      'export default {\n  targets: [,\n',
      'E_CONFIG_SYNTAX: syntax.ts:3:0: Unexpected end of file. Expected TypeScript that runs. Mend that line.',
    ],
    [
      'throws.mts',
      'const nothing: any = undefined;\n\nexport default { service: nothing.url };\n',
      "E_CONFIG_THROWS: throws.mts:3:35: Cannot read properties of undefined (reading 'url'). Expected a file that can be imported. Mend it there.",
    ],
    [
      'empty.mts',
      'export const targets = [];\n',
      'E_CONFIG_EMPTY: empty.mts exports no configuration. Expected: export default defineConfig({ ... })',
    ],
  ])('%s is answered with a sentence and its line', (name, text, message) => {
    expect(load(name, text).error).toBe(message);
  });

  it('that imports what is not there names it', () => {
    expect(load('missing.mts', "import { x } from './nowhere.ts';\nexport default x;\n").error).toMatch(
      /^E_CONFIG_THROWS: missing\.mts: Cannot find module .*nowhere\.ts/,
    );
  });
});

it('every built-in profile is free of mistakes by itself', () => {
  for (const [name, profile] of Object.entries(BUILT_IN_PROFILES)) {
    expect(mistakes({ profiles: { [`my-${name}`]: profile } })).toEqual([]);
  }
});

it("the project's own configuration is in order", async () => {
  await expect(loadConfig(undefined, join(import.meta.dirname, '../..'))).resolves.toMatchObject({
    file: FILE,
  });
});

describe('a configuration file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const load = async (name: string, text: string): Promise<string> => {
    writeFileSync(join(folder, name), text);
    return loadConfig(name, folder).then(
      () => '',
      (error: Error) => error.message,
    );
  };

  it('that is empty is a mistake, and not a configuration without wishes', async () => {
    expect(await load('empty.ts', ' \n')).toMatch(/^E_CONFIG_EMPTY: empty\.ts exports no configuration/);
  });

  it('may promise its configuration, and says where it throws', async () => {
    expect(await load('promise.ts', 'export default Promise.resolve({})')).toBe('');
    const rejected = 'export default Promise.reject(new Error("no secret here"))';
    expect(await load('rejects.ts', rejected)).toMatch(
      /^E_CONFIG_THROWS: rejects\.ts:1:\d+: no secret here\./,
    );
    const getter = 'export default { get targets() { throw new Error("not today"); } }';
    expect(await load('getter.ts', getter)).toMatch(/^E_CONFIG_THROWS: getter\.ts:1:\d+: not today\./);
  });
});
