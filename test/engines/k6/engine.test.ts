import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineExit } from '../../../engines/engine.ts';
import { startK6 } from '../../../engines/k6/engine.ts';
import { hold, planOf, population } from '../../measure/simulation.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stormproof-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that takes k6's place. */
async function exitOf(program: string, longestMs = 30_000): Promise<EngineExit> {
  const k6 = join(folder, 'k6');
  writeFileSync(k6, `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  const plan = planOf([population('s', 10, [hold(1000, 10)])]);
  const job = {
    folder,
    plan,
    target: 'http://127.0.0.1:1',
    headers: {},
    heapLimitBytes: null,
    longestMs,
    enter: [],
  };
  const engine = await startK6(k6, join(folder, 'scenario.js'), job, '1.1');
  return engine.exited;
}

describe('the k6 engine', () => {
  it('kills a generator that goes on long after its plan, and names it', async () => {
    expect(await exitOf('exec sleep 1000', 200)).toMatchObject({
      complete: false,
      cause: expect.stringContaining('went on long after the end of its plan'),
    });
  });

  it('is complete when the generator ends by itself', async () => {
    expect(await exitOf('exit 0')).toMatchObject({ code: 0, complete: true, cause: '' });
  });

  it('gives the generator nothing of its own to read or hold', async () => {
    // Descriptors 3 and 4 belong to the guard: a generator that held them would outlive its leash.
    expect(await exitOf('[ ! -e /dev/fd/3 ] && [ ! -e /dev/fd/4 ] && [ -z "$(cat)" ]')).toMatchObject({
      code: 0,
    });
  });
});
