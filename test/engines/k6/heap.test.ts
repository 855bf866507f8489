import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleScenario } from '../../../engines/k6/bundle.ts';
import { startK6 } from '../../../engines/k6/engine.ts';
import { parseConfig } from '../../../harness/config.ts';
import { scenarioFile } from '../../../harness/scenarios.ts';
import { hold, planOf, population } from '../../measure/simulation.ts';
import { findPart, requirePart } from '../../require.ts';
import { startServer } from '../../scenarios/rig.ts';

const HEAP_BYTES = 600e6;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stormproof-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Resident memory of the generator when the first order reaches the server, bytes. */
async function residentAtFirstOrder(heapLimitBytes: number | null): Promise<number> {
  let pid = 0;
  let status = '';
  const server = await startServer((_request, response) => {
    status ||= readFileSync(`/proc/${pid}/status`, 'utf8');
    response.writeHead(201).end();
  });
  try {
    const plan = planOf([population('s', 20, [hold(1000, 20)])]);
    const { service } = parseConfig({}, 'test');
    const settings = {
      run: 'r',
      seed: 1,
      profile: { retries: 0, thinkTimeMs: 0, weights: {} },
      service,
    };
    const script = join(folder, 'scenario.js');
    writeFileSync(script, await bundleScenario({ scenarioFile: scenarioFile('orders'), plan, settings }));
    const job = {
      folder,
      plan,
      target: server.origin,
      headers: {},
      heapLimitBytes,
      longestMs: 30_000,
      enter: [],
    };
    const engine = await startK6(findPart('k6')!, script, job, '1.1');
    pid = engine.pid;
    expect(await engine.exited).toMatchObject({ complete: true });
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  } finally {
    await server.close();
  }
}

describe.runIf(requirePart('k6') && existsSync('/proc/self/status'))('the heap of the generator', () => {
  it('belongs to the process before the first order, where there is a limit', async () => {
    const touched = await residentAtFirstOrder(HEAP_BYTES);
    expect(touched).toBeGreaterThan(HEAP_BYTES * 0.8);
    // Garbage that was not given back for use would stand beside what comes after it.
    expect(touched).toBeLessThan(HEAP_BYTES * 1.3);
    expect(await residentAtFirstOrder(null)).toBeLessThan(HEAP_BYTES * 0.5);
  });
});
