import { describe, expect, it } from 'vitest';
import type { DrillDefinition } from '../../chaos/definition.ts';
import { DRILLS } from '../../chaos/drills.ts';
import { resolveDrill } from '../../chaos/resolve-drill.ts';
import type { Problems } from '../../measure/problem.ts';

const DRILL: DrillDefinition = {
  name: 'two-blows',
  hypothesis: 'it holds',
  bite: 'outage',
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s' },
  baseline: '100s',
  faults: [
    { fault: 'replication.pause', on: 'primary', until: '90s' },
    { fault: 'region.kill', on: 'primary', at: '60s', until: '80s', loss: true },
  ],
  recovery: '40s',
};

const mistakesOf = (drill: Partial<DrillDefinition>): string[] => {
  try {
    resolveDrill({ ...DRILL, ...drill }, {}, { timeScale: 1 });
    return [];
  } catch (error) {
    return (error as Problems).list.map(({ message }) => message);
  }
};

describe('resolveDrill', () => {
  it('lays faults on the clock of the run, behind the ramp and the baseline', () => {
    const { record } = resolveDrill(DRILL, {}, { timeScale: 1 });
    expect(record.baseline).toEqual({ fromMs: 3000, toMs: 103_000 });
    expect(record.faults.map(({ injectAtMs, undoAtMs }) => [injectAtMs, undoAtMs])).toEqual([
      [103_000, 193_000],
      [163_000, 183_000],
    ]);
    expect(record.losses).toEqual([{ on: 'primary', atMs: 163_000, untilMs: 183_000 }]);
  });

  it('scales timers and the RTO claim, says both, and leaves RPO alone', () => {
    const { record, claims, notes } = resolveDrill(DRILL, {}, { timeScale: 0.05 });
    expect(record.faults[1]).toMatchObject({ injectAtMs: 8000 + 3000, undoAtMs: 8000 + 4000 });
    expect(claims.map(({ id, claimed }) => [id, claimed])).toEqual([
      ['rto', 6],
      ['rpo.seconds', 2],
    ]);
    expect(record.claimsAsDeclared[0]!.claimed).toBe(120);
    expect(notes).toContain('RTO claim: 2m at 0.05 = 6s');
  });

  it('keeps a baseline that tells what normal is, and a window that tells a rate', () => {
    const { record } = resolveDrill(DRILL, {}, { timeScale: 0.01 });
    expect(record.baseline.toMs - record.baseline.fromMs).toBe(3000);
    expect(record.sustained.windowMs).toBe(1000);
  });

  it('takes what the configuration changes, and a rate above that', () => {
    const own = {
      rate: 500,
      claims: { rto: '<= 1m' },
      sustained: { success: '95%' },
      population: { fresh: 1 },
    };
    const { profile, record, claims } = resolveDrill(DRILL, own, { timeScale: 1 });
    expect(profile.stages.at(-1)!.targetPerSecond).toBe(500);
    expect(profile.population).toEqual({ fresh: 1, sticky: 0 });
    expect(record.sustained).toMatchObject({ success: 0.95, throughput: 0.95, latencyTimes: 3 });
    expect(claims.map(({ id }) => id)).toEqual(['rto']);
    expect(resolveDrill(DRILL, own, { timeScale: 1, rate: 50 }).profile.stages[0]!.targetPerSecond).toBe(50);
  });

  it('tells every mistake with its path', () => {
    const mistakes = mistakesOf({
      claims: { rtoo: '<= 2m' },
      baseline: '100',
      faults: [{ fault: 'region.kill', at: '20s', until: '10s' }],
      sustained: { success: 'most', latency: 'fast' },
    });
    expect(mistakes.join('\n')).toMatch(/E_DURATION/);
    expect(mistakes.join('\n')).toMatch(/1-region.kill ends before it begins/);
    expect(mistakes.join('\n')).toMatch(/"most" is no share/);
    expect(mistakes.join('\n')).toMatch(/"fast" is not taken/);
    expect(mistakes.join('\n')).toMatch(/Did you mean rto\?/);
    expect(mistakesOf({ claims: {} }).join('\n')).toMatch(/nothing is claimed/);
    const twice = [DRILL.faults[1]!, { ...DRILL.faults[1]!, at: '100s', until: '120s' }];
    expect(mistakesOf({ faults: twice }).join('\n')).toMatch(/E_LOSS_TWICE/);
    const together = [
      DRILL.faults[1]!,
      { fault: 'region.freeze', on: 'primary', at: '70s', until: '90s' } as const,
    ];
    expect(mistakesOf({ faults: together }).join('\n')).toMatch(/E_FAULT_OVERLAP/);
  });

  it.each(DRILLS.map((drill) => [drill.name, drill] as const))(
    'runs %s to its end: every fault is undone before the load ends',
    (_, drill) => {
      const { record, profile } = resolveDrill(drill, {}, { timeScale: 0.05 });
      const endMs = profile.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
      for (const { undoAtMs, injectAtMs } of record.faults) {
        expect(injectAtMs).toBeGreaterThanOrEqual(record.baseline.toMs);
        expect(undoAtMs).toBeLessThan(endMs);
      }
      expect(drill.faults.some(({ loss }) => loss === true)).toBe(drill.bite === 'outage');
    },
  );
});
