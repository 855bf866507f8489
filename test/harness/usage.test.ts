import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, type TestContext } from 'vitest';
import { requirePart } from '../require.ts';
import { it, load, type Place } from './whole-run.ts';

const SMOKE = ['--profile', 'smoke'];
const SHORT = `profiles: { smoke: { stages: [['1s', 100, 'hold']], claims: { errors: '< 1%' } } }`;

/** Whatever is asked for, it counts who came and answers 201. */
async function startCounting(
  onTestFinished: TestContext['onTestFinished'],
): Promise<{ url: string; came: string[] }> {
  const came: string[] = [];
  const server: Server = createServer((request, response) => {
    came.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.writeHead(201).end('{}'));
  });
  server.on('connection', () => came.push('connection'));
  server.on('connect', (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came };
}

const proxied = (url: string): NodeJS.ProcessEnv => ({
  http_proxy: url,
  HTTP_PROXY: url,
  https_proxy: url,
  HTTPS_PROXY: url,
  all_proxy: url,
  ALL_PROXY: url,
  no_proxy: '',
  NO_PROXY: '',
});

describe.runIf(requirePart('k6')).concurrent('what a person can mend', () => {
  it('a target that is not listed is refused before a packet is sent, proxies included', async ({
    place,
    onTestFinished,
  }) => {
    const proxy = await startCounting(onTestFinished);
    place.configure(`{ targets: ['http://staging.example.com'], ${SHORT} }`);
    const asked = ['--target', 'http://www.example.com'];
    const { code, stderr, stdout } = await load(place, [...SMOKE, ...asked], { env: proxied(proxy.url) });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^E_TARGET_NOT_ALLOWED: www\.example\.com is not in targets/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(proxy.came).toEqual([]);
    expect(existsSync(place.runs)).toBe(false);
  });

  it('a proxy of the environment does not get the load of a target that is', async ({
    place,
    onTestFinished,
  }) => {
    const proxy = await startCounting(onTestFinished);
    const target = await startCounting(onTestFinished);
    place.configure(`{ ${SHORT} }`);
    const env = { ...proxied(proxy.url), K6_VUS: '7', K6_DURATION: '1h', K6_ITERATIONS: '3' };
    const { code, verdict } = await load(place, [...SMOKE, '--target', target.url], { env });
    expect([code, verdict?.orders.acknowledged]).toEqual([0, 100]);
    expect(target.came.filter((each) => each.startsWith('POST'))).toHaveLength(100);
    expect(proxy.came).toEqual([]);
  });

  it('five mistakes in a configuration are said all at once, each with its path', async ({ place }) => {
    place.configure(`{
      targets: ['shop.example.com/path'],
      service: { timeout: '20', sucess: 201 },
      profiles: { smoke: { stages: [['1s', -5, 'hold']], claims: { 'latency.p59': '< 100ms' } } },
    }`);
    const { code, stderr, stdout } = await load(place, SMOKE);
    expect([code, stdout]).toEqual([2, '']);
    const [title, ...lines] = stderr.trim().split('\n');
    expect(title).toBe('stormproof.config.ts has 5 mistakes');
    expect(lines.map((line) => line.trim().split(/ {3}E_/)[0]).sort()).toEqual([
      'profiles.smoke.claims.latency.p59',
      'profiles.smoke.stages[0].target',
      'service.sucess',
      'service.timeout',
      'targets[0]',
    ]);
    expect(existsSync(place.runs)).toBe(false);
  });

  it('a weight that names no operation of the scenario is a mistake', async ({ place }) => {
    place.configure(`{ profiles: { smoke: { scenario: 'shopper', weights: { brows: 3 } } } }`);
    const { code, stderr } = await load(place, SMOKE);
    expect(code).toBe(2);
    expect(stderr).toMatch(/profiles\.smoke\.weights +E_WEIGHTS: .*Did you mean browse\?/);
    expect(existsSync(place.runs)).toBe(false);
  });

  it('flags that npm kept for itself are asked back', async ({ place }) => {
    const env = { npm_lifecycle_event: 'load', npm_config_rate: '5' };
    const { code, stderr } = await load(place, [], { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^E_NPM_KEPT_FLAG: .*Write: npm run load -- --rate 5/);
    const stray = await load(place, ['5']);
    expect([stray.code, stray.stderr]).toEqual([2, expect.stringMatching(/^E_STRAY_WORD: "5".* --rate 5/)]);
  });

  it.for([
    ['below a file', (place: Place) => join(place.write('file', ''), 'runs')],
    ['that is a file', (place: Place) => place.write('file', '')],
    ['where the system denies it', () => '/proc/1/nowhere/runs'],
  ] as const)('a folder for runs %s is named before anything is started', async ([, where], { place }) => {
    place.configure(`{ ${SHORT} }`);
    const { code, stderr, stdout } = await load(place, [...SMOKE, '--runs-dir', where(place)]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/E_RUNS_DIR|E_DISK/);
    expect(stderr).not.toMatch(/ at .*:\d+:\d+/);
  });

  it('a secret that the environment does not hold is asked for by its name', async ({ place }) => {
    place.configure(`{ service: { headers: { authorization: env('STORMPROOF_TEST_TOKEN') } }, ${SHORT} }`);
    const { code, stderr } = await load(place, SMOKE);
    expect(code).toBe(2);
    expect(stderr).toMatch(/service\.headers\.authorization {3}E_ENV_UNSET: .*STORMPROOF_TEST_TOKEN/);
    expect(existsSync(place.runs)).toBe(false);
  });

  it('a scenario that cannot be loaded or does not exist is said with its name', async ({ place }) => {
    place.configure(
      `{ profiles: { smoke: { scenario: 'order', stages: [['1s', 100, 'hold']], claims: { errors: '< 1%' } } } }`,
    );
    const missing = await load(place, SMOKE);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/E_SCENARIO_UNKNOWN: .*Did you mean/),
    ]);
    place.writeScenario('order', `throw new Error('no catalogue');\n`, '');
    const thrown = await load(place, SMOKE);
    expect([thrown.code, thrown.stderr]).toEqual([
      2,
      expect.stringMatching(/E_SCENARIO_LOAD: .*no catalogue/),
    ]);
  });

  it('a configuration that ends the process is no verdict', async ({ place }) => {
    place.configure('process.exit(0)');
    const { code, stderr } = await load(place, SMOKE);
    expect(code).toBe(2);
    expect(stderr).toContain('does the configuration call process.exit?');
  });
});
