import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../harness/config.ts';
import type { Machine } from '../../harness/machine.ts';
import { buildPlan } from '../../harness/plan.ts';
import { findShortages, needOf } from '../../harness/preflight.ts';
import { resolveProfile } from '../../harness/resolved-profile.ts';
import { Ticks } from '../../measure/ticks.ts';

const GB = 1e9;
const ORDERS = { operations: { order: { success: 201 } }, sendsPerIteration: 1 };

const planFor = (profile: string, changes: object = {}, scenario = ORDERS) => {
  const config = parseConfig({ profiles: { [profile]: changes } }, 'test');
  return buildPlan(resolveProfile(config, profile), scenario, { memoryBytes: 32 * GB, allowedCpus: 2 });
};

describe('the plan of a profile', () => {
  it('is the published test for quick: 202,000 arrivals on the plateau, 252,500 in all', () => {
    const plan = planFor('quick');
    const ticks = new Ticks(plan.populations[0]!);
    expect(ticks.total).toBe(252_500);
    expect(ticks.dueBy(plan.window.toMs) - ticks.dueBy(plan.window.fromMs)).toBe(202_000);
    expect(plan).toMatchObject({ linesPerArrival: 1, iterationMaxMs: 1000, timeoutMs: 1000 });
    expect(plan.populations).toMatchObject([{ letter: 's', kind: 'sticky', vus: 1000 }]);
  });

  it('gives each population whole rates that sum to the profile', () => {
    const plan = planFor('smoke', { population: { fresh: 0.333 } });
    expect(plan.populations.map(({ letter, stages }) => [letter, stages[0]!.targetPerSecond])).toEqual([
      ['s', 133],
      ['f', 67],
    ]);
  });

  it('plans for the longest iteration: every operation and retry at its timeout, and think time between', () => {
    const scenario = {
      operations: { browse: { success: 200 }, order: { success: 201 } },
      sendsPerIteration: 2,
    };
    const plan = planFor('smoke', { retries: 2, thinkTime: '500ms' }, scenario);
    expect(plan).toMatchObject({ linesPerArrival: 6, iterationMaxMs: 6500 });
  });
});

describe('the room for a run', () => {
  const machine = {
    availableMemoryBytes: 8 * GB,
    fileDescriptors: { soft: 65_536, hard: 65_536 },
    ports: { first: 32_768, last: 60_999 },
  } as Machine;

  it('is enough on a machine that has it', () => {
    expect(findShortages(needOf(planFor('quick')), machine, 10 * GB, 'runs')).toEqual([]);
  });

  it('is counted from the plan: every shortage at once, with what to do', () => {
    const poor = {
      availableMemoryBytes: 1e8,
      fileDescriptors: { soft: 256, hard: 256 },
      ports: { first: 1, last: 9 },
    };
    const found = findShortages(needOf(planFor('quick')), poor as Machine, 1e6, 'runs');
    expect(found.map((problem) => problem.code)).toEqual(['E_DISK', 'E_MEMORY', 'E_FILES', 'E_PORTS']);
    for (const problem of found) expect(problem.message).toMatch(/Free|ulimit|Widen/);
  });

  it('asks for disk by the order', () => {
    expect(needOf(planFor('quick')).diskBytes).toBeGreaterThan(252_500 * 55);
  });
});
