import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleScenario, describeScenario } from '../../engines/k6/bundle.ts';
import { k6Options } from '../../engines/k6/options.ts';
import type { Plan } from '../../measure/plan.ts';

const OURS = fileURLToPath(new URL('../../scenarios/', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stormproof-bundle-'));
  mkdirSync(join(folder, 'scenarios'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string, source: string): string => {
  const file = join(folder, 'scenarios', `${name}.ts`);
  writeFileSync(file, source);
  return file;
};

const PLAN: Plan = {
  schema: 'stormproof.plan/1',
  scenario: 'orders',
  operations: { order: { success: 202 } },
  linesPerArrival: 1,
  timeoutMs: 1000,
  iterationMaxMs: 1000,
  populations: [
    {
      letter: 's',
      kind: 'sticky',
      startRatePerSecond: 0,
      stages: [
        { durationMs: 5000, targetPerSecond: 100, hold: false },
        { durationMs: 1500, targetPerSecond: 100, hold: true },
      ],
      vus: 150,
    },
    {
      letter: 'f',
      kind: 'fresh',
      startRatePerSecond: 7,
      stages: [{ durationMs: 6500, targetPerSecond: 9, hold: true }],
      vus: 50,
    },
  ],
  window: { fromMs: 5000, toMs: 6500 },
};
const NETWORK = { dnsTtlMs: 1000, insecureSkipTLSVerify: false, userAgent: 'stormproof/0.0.0' };
const SETTINGS = {
  run: '20261121T001503Z-load-quick-7f3a',
  seed: 7,
  profile: { retries: 0, thinkTimeMs: 0, weights: {} },
  // A configuration holds more than what the scenario may know.
  service: {
    url: '/api/v1/orders',
    regionHeader: 'x-region',
    host: null,
    insecureSkipTLSVerify: false,
    headers: { authorization: 'Bearer hush-hush' },
  },
};

describe('describeScenario', () => {
  it('reads what the built-in scenarios declare, without k6', async () => {
    expect(await describeScenario(join(OURS, 'orders.ts'))).toEqual({
      operations: { order: { success: 201 } },
      sendsPerIteration: 1,
      weights: null,
    });
    expect(await describeScenario(join(OURS, 'shopper.ts'))).toMatchObject({
      operations: {
        browse: { success: 200 },
        product: { success: 200 },
        order: { success: 201 },
        read: { success: 200 },
      },
      sendsPerIteration: 4,
      weights: { browse: 10 },
    });
  });

  it('takes a scenario that uses k6 while it is loaded', async () => {
    const file = place(
      'eager',
      `import http, { expectedStatuses } from 'k6/http';
       import { SharedArray } from 'k6/data';
       import { randomIntBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
       http.setResponseCallback(expectedStatuses(201, { min: 300, max: 399 }));
       const users = new SharedArray('users', () => JSON.parse(open('./users.json')));
       for (const user of users) void randomIntBetween(1, user);
       const path = \`/\${__ENV.PATH_OF_ORDERS ?? 'orders'}\`;
       export default { operations: { order: { success: 201 } }, sendsPerIteration: 3, iteration({ send }) { send('order', 'POST', path); } };`,
    );
    expect(await describeScenario(file)).toEqual({
      operations: { order: { success: 201 } },
      sendsPerIteration: 3,
      weights: null,
    });
  });

  it.each([
    [
      'no-export',
      'export const x = 1;',
      /E_SCENARIO_SHAPE: scenarios\/no-export\.ts exports no scenario\. Expected: export default defineScenario/,
    ],
    ['empty', 'export default { operations: {}, iteration() {} };', /E_SCENARIO_SHAPE: operations is empty/],
    [
      'name',
      'export default { operations: { "a,b": { success: 200 } }, iteration() {} };',
      /operations\.a,b is no name/,
    ],
    [
      'reserved',
      'export default { operations: { exception: { success: 200 } }, iteration() {} };',
      /operations\.exception is no name/,
    ],
    [
      'status',
      'export default { operations: { order: { success: "yes" } }, iteration() {} };',
      /operations\.order\.success is no HTTP status/,
    ],
    [
      'weight',
      'export default { operations: { order: { success: 200 } }, weights: { ordr: 1 }, iteration() {} };',
      /weights\.ordr is of no operation\. Expected one of order/,
    ],
    [
      'sends',
      'export default { operations: { order: { success: 200 } }, sendsPerIteration: 0, iteration() {} };',
      /sendsPerIteration/,
    ],
    [
      'throws',
      'throw new Error("planted"); export default 1;',
      /E_SCENARIO_LOAD: scenarios\/throws\.ts threw while it was loaded: planted/,
    ],
    [
      'syntax',
      'export default {\n  operations: { order { success: 201 } },\n};',
      /scenarios\/syntax\.ts:2:\d+ {3}E_SCENARIO_BUILD: Expected/,
    ],
    [
      'import',
      'import "./nowhere.ts";\nexport default 1;',
      /scenarios\/import\.ts:1:\d+ {3}E_SCENARIO_BUILD: Could not resolve "\.\/nowhere\.ts"/,
    ],
  ])('says in a sentence what is wrong with %s', async (name, source, sentence) => {
    await expect(describeScenario(place(name, source))).rejects.toThrow(sentence);
  });
});

describe('k6Options', () => {
  it('follows the plan, ends in the tail that starts the last arrivals, and waits for the last answers', async () => {
    await expect(JSON.stringify(k6Options(PLAN, NETWORK), null, 2)).toMatchFileSnapshot(
      'golden/k6-options.json',
    );
  });

  it('drives a closed loop for the bench', () => {
    expect(k6Options(PLAN, NETWORK, { vus: 50, durationMs: 2000 }).scenarios).toEqual({
      saturate: {
        executor: 'constant-vus',
        exec: 'sticky',
        vus: 50,
        duration: '2000ms',
        gracefulStop: '1500ms',
      },
    });
  });
});

describe('bundleScenario', () => {
  it('gives one script that needs nothing but k6, and knows no header', async () => {
    const script = await bundleScenario({
      scenarioFile: join(OURS, 'orders.ts'),
      plan: PLAN,
      settings: SETTINGS,
    });
    const imports = [...script.matchAll(/from "([^"]+)"/g)].map(([, name]) => name);
    expect(new Set(imports)).toEqual(new Set(['k6', 'k6/execution', 'k6/http']));
    expect(script).not.toContain('hush-hush');
    expect(script).toMatch(/export \{\n {2}fresh,\n {2}options,\n {2}sticky\n\}/);
  });

  it('lets the plan say which status acknowledges', async () => {
    const script = await bundleScenario({
      scenarioFile: join(OURS, 'orders.ts'),
      plan: PLAN,
      settings: SETTINGS,
    });
    expect(script).toContain('"operations": { "order": { "success": 202 } }');
  });

  it('carries a source map with paths from the project and no source text', async () => {
    const script = await bundleScenario({
      scenarioFile: join(OURS, 'orders.ts'),
      plan: PLAN,
      settings: SETTINGS,
    });
    const encoded = /sourceMappingURL=data:application\/json;base64,(.+)/.exec(script)![1]!;
    const map = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
    expect(map.sources).toContain('scenarios/orders.ts');
    expect(map.sourcesContent ?? []).toEqual([]);
  });

  it('says where a scenario cannot be bundled', async () => {
    const file = place('broken', 'import fs from "node:fs";\nexport default fs;');
    await expect(bundleScenario({ scenarioFile: file, plan: PLAN, settings: SETTINGS })).rejects.toThrow(
      /scenarios\/broken\.ts:1:\d+ {3}E_SCENARIO_BUILD/,
    );
  });
});
