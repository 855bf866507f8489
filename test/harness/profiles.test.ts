import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../harness/config.ts';
import type { ProfileInput } from '../../harness/profiles.ts';
import { type ProfileOptions, type ResolvedProfile, resolveProfile } from '../../harness/resolved-profile.ts';
import { parseClaimId } from '../../measure/claims.ts';
import { Ticks } from '../../measure/ticks.ts';

const built = parseConfig({}, 'stormproof.config.ts');
const NAMES = Object.keys(built.profiles);

const mine = (profile: ProfileInput, options?: ProfileOptions): ResolvedProfile =>
  resolveProfile(parseConfig({ profiles: { mine: profile } }, 'stormproof.config.ts'), 'mine', options);

const offered = ({ window, ...curve }: ResolvedProfile): number => {
  const ticks = new Ticks(curve);
  return ((ticks.dueBy(window.toMs) - ticks.dueBy(window.fromMs)) * 1000) / (window.toMs - window.fromMs);
};

describe('a built-in profile', () => {
  it('smoke is 2,000 orders that claim errors and latency only', () => {
    const smoke = resolveProfile(built, 'smoke');
    expect(new Ticks(smoke).total).toBe(2000);
    expect(smoke.window).toEqual({ fromMs: 0, toMs: 10_000 });
    expect(smoke.claims.map(({ id }) => id)).toEqual(['latency.p95', 'latency.p99', 'errors']);
  });

  it('quick is the default, 1 % over what it claims', () => {
    const quick = resolveProfile(built, 'quick');
    expect(new Ticks(quick).total).toBeGreaterThan(200_000);
    expect(quick).toMatchObject({
      scenario: 'orders',
      timeoutMs: 1000,
      window: { fromMs: 5000, toMs: 25_000 },
      notes: [],
    });
    expect(offered(quick) / quick.claims[0]!.claimed).toBeCloseTo(1.01, 6);
  });

  it('staged follows the published stages, with a hold at the peak', () => {
    const staged = resolveProfile(built, 'staged');
    const curve = staged.stages.map(({ durationMs, targetPerSecond }) => [
      durationMs / 60_000,
      targetPerSecond,
    ]);
    expect(curve).toEqual([
      [2, 100],
      [5, 1000],
      [10, 10_100],
      [2, 10_100],
      [5, 1000],
      [2, 0],
    ]);
    expect(staged.window).toEqual({ fromMs: 17 * 60_000, toMs: 19 * 60_000 });
  });

  it('spike is judged from the surge until it has recovered', () => {
    expect(resolveProfile(built, 'spike').window).toEqual({ fromMs: 15_000, toMs: 47_000 });
  });

  it('that there is not is suggested', () => {
    expect(() => resolveProfile(built, 'quik')).toThrow(
      'E_PROFILE_UNKNOWN: no such profile: "quik". Did you mean quick?',
    );
    expect(() => resolveProfile(built, 'constructor')).toThrow(
      'Expected one of smoke, quick, staged, soak, spike.',
    );
  });
});

describe('--rate', () => {
  it('moves the highest rate, the others in proportion, and says what became of the throughput claim', () => {
    const quick = resolveProfile(built, 'quick', { rate: 2000 });
    expect(quick.stages.map((stage) => stage.targetPerSecond)).toEqual([2000, 2000, 0]);
    expect(quick.stagesAsDeclared.map((stage) => stage.targetPerSecond)).toEqual([10_100, 10_100, 0]);
    expect(quick.claims[0]).toMatchObject({ id: 'throughput', claimed: 1980 });
    expect(quick.claims[1]).toMatchObject({ id: 'latency.p95', claimed: 100 });
    expect(quick.notes).toEqual([
      'highest rate scaled from 10,100/s to 2,000/s by --rate 2,000',
      'throughput claim scaled from 10,000/s to 1,980/s by --rate 2,000',
    ]);
    const staged = resolveProfile(built, 'staged', { rate: 505 });
    expect(staged.stages.map((stage) => stage.targetPerSecond)).toEqual([5, 50, 505, 505, 50, 0]);
  });

  it('at the highest rate itself changes nothing', () => {
    expect(resolveProfile(built, 'quick', { rate: 10_100 })).toEqual(resolveProfile(built, 'quick'));
  });

  it('keeps the headroom of quick: about 1 %, never less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (rate) => {
        const quick = resolveProfile(built, 'quick', { rate });
        const headroom = rate / quick.claims[0]!.claimed;
        expect(headroom).toBeGreaterThanOrEqual(1.01 - 1e-9);
        expect(headroom).toBeLessThan(1.025);
      }),
    );
  });
});

describe('--time-scale', () => {
  it('multiplies durations and says so', () => {
    const staged = resolveProfile(built, 'staged', { timeScale: 0.02 });
    expect(staged.stages.map((stage) => stage.durationMs)).toEqual([2400, 6000, 12_000, 2400, 6000, 2400]);
    expect(staged.window).toEqual({ fromMs: 20_400, toMs: 22_800 });
    expect(staged.stagesAsDeclared[0]!.durationMs).toBe(120_000);
    expect(staged.notes).toEqual(['durations scaled from 26m to 31.2s by --time-scale 0.02']);
  });

  it('never leaves less than a second to judge', () => {
    const quick = resolveProfile(built, 'quick', { timeScale: 0.02 });
    expect(quick.window).toEqual({ fromMs: 100, toMs: 1100 });
    expect(quick.notes[1]).toBe('held for 1s, the least that is judged, where the scale gives 400ms');
  });

  it('never leaves less than a second where several short stages were rounded down', () => {
    const stages: ProfileInput['stages'] = [
      ['1s', 10, 'hold'],
      ['1s', 20, 'hold'],
      ['1s', 10, 'hold'],
    ];
    expect(mine({ stages, claims: { errors: '< 1%' } }, { timeScale: 0.1 }).window).toEqual({
      fromMs: 0,
      toMs: 1000,
    });
  });

  it("scales the claims' windows to whole seconds", () => {
    const soak = resolveProfile(built, 'soak', { timeScale: 0.1 });
    expect(soak.claims.map(({ id }) => id)).toContain('latency.p95@6s');
    expect(soak.claims.find(({ id }) => id === 'latency.p95@6s')!.title).toBe('P95 latency in every 6 s');
    expect(soak.notes).toContain('latency.p95@60s judged in every 6 s by --time-scale 0.1');
  });

  it('says when it makes two claims one', () => {
    const profile: ProfileInput = {
      stages: [['60s', 10, 'hold']],
      claims: { 'errors@10s': '< 5%', 'errors@20s': '< 1%' },
    };
    expect(mine(profile).claims).toHaveLength(2);
    expect(() => mine(profile, { timeScale: 0.05 })).toThrow(
      'profiles.mine.claims.errors@1s   E_CLAIM_TWICE',
    );
  });
});

it('every built-in profile stays possible at any rate and scale', () => {
  const rates = fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined });
  const scales = fc.double({ min: 0.0001, max: 20, noNaN: true });
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), rates, scales, (name, rate, timeScale) => {
      const resolved = resolveProfile(built, name, { rate, timeScale });
      const { window, stages, claims, startRatePerSecond } = resolved;
      expect(window.toMs - window.fromMs).toBeGreaterThanOrEqual(1000);
      const numbers = [
        startRatePerSecond,
        window.fromMs,
        window.toMs,
        ...stages.flatMap((s) => [s.durationMs, s.targetPerSecond]),
      ];
      for (const each of numbers) expect(Number.isInteger(each)).toBe(true);
      if (rate) expect(Math.max(startRatePerSecond, ...stages.map((s) => s.targetPerSecond))).toBe(rate);
      for (const { id } of claims) {
        const windowMs = parseClaimId(id)!.windowMs;
        if (windowMs !== null) expect(windowMs).toBeLessThanOrEqual(window.toMs - window.fromMs);
      }
    }),
  );
});

describe('the judged window', () => {
  it('is the longest flat stage where none is marked, and that is said', () => {
    const profile = mine({
      stages: [
        ['5s', 100],
        ['10s', 100],
        ['5s', 50],
        ['20s', 50],
        ['1m', 0],
        ['1h', 0],
      ],
      claims: { errors: '< 1%' },
    });
    expect(profile.window).toEqual({ fromMs: 20_000, toMs: 40_000 });
    expect(profile.stages.map(({ hold }) => hold)).toEqual([false, false, false, true, false, false]);
    expect(profile.notes).toEqual([
      'no stage is marked "hold": judged over the longest flat one, 20s at 50/s',
    ]);
  });

  it('begins at its own rate when the profile begins with it', () => {
    expect(mine({ stages: [['20s', 500, 'hold']], claims: { errors: '< 1%' } }).startRatePerSecond).toBe(500);
    expect(
      mine({ startRate: 0, stages: [['20s', 500, 'hold']], claims: { errors: '< 1%' } }).startRatePerSecond,
    ).toBe(0);
  });

  it.each<[string, ProfileInput['stages'], string]>([
    ['there is none', [['5s', 100]], 'nothing is held, so there is nothing to judge'],
    ['it is empty', [['5s', 0, 'hold']], 'nothing is sent while it holds'],
    ['it is short', [['500ms', 5, 'hold']], 'it holds for 500ms. Expected at least 1s.'],
    [
      'it is torn',
      [
        ['5s', 5, 'hold'],
        ['5s', 5],
        ['5s', 5, 'hold'],
      ],
      'the held stages lie apart',
    ],
  ])('is a mistake where %s', (_, stages, message) => {
    expect(() => mine({ stages: stages!, claims: { errors: '< 1%' } })).toThrow(
      `profiles.mine.stages   E_PROFILE_WINDOW: ${message}`,
    );
  });
});

describe('a claim that the plan cannot answer is a mistake', () => {
  const stages: ProfileInput['stages'] = [['10s', 100, 'hold']];

  it.each([
    [
      'throughput',
      '>= 101.5',
      'E_CLAIM_UNREACHABLE: the plan offers 100/s there, so 101.5/s could never pass. Lower the claim or raise the stages.',
    ],
    [
      'throughput@2s',
      '> 101',
      'E_CLAIM_UNREACHABLE: the plan offers 100/s there, so 101/s could never pass. Lower the claim or raise the stages.',
    ],
    [
      'errors@11s',
      '< 1%',
      'E_CLAIM_WINDOW: it wants 11s, and the plan holds for 10s. Expected no more than that. Hold longer or shorten the window.',
    ],
  ])('%s %s', (id, expression, message) => {
    expect(() => mine({ stages, claims: { [id]: expression } })).toThrow(
      `profiles.mine.claims.${id}   ${message}`,
    );
  });

  it('but not one that it can just meet', () => {
    expect(
      mine({ stages, claims: { throughput: '>= 100', 'throughput@1s': '>= 100', 'errors@10s': '< 1%' } })
        .claims,
    ).toHaveLength(3);
  });

  it("looks at the scenario's operations once they are known", () => {
    const profile: ProfileInput = { stages, claims: { 'latency.browse.p95': '< 50ms' } };
    expect(mine(profile).claims).toHaveLength(1);
    expect(mine(profile, { operations: ['browse', 'order'] }).claims).toHaveLength(1);
    expect(() => mine(profile, { operations: ['brose', 'order'] })).toThrow(
      'profile mine cannot be run\n  profiles.mine.claims.latency.browse.p95   E_CLAIM_UNKNOWN: the scenario has no operation "browse". Did you mean brose?',
    );
  });
});
