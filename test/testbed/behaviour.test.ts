import { describe, expect, it } from 'vitest';
import { Problem, Problems } from '../../measure/problem.ts';
import { type Behaviour, checkBehaviour, describeBehaviour, HEALTHY } from '../../testbed/behaviour.ts';
import { parseBehaviour, parseLatency, parseShare } from '../../testbed/behaviour-text.ts';

const TEXTS = { latency: 'none', errors: '0%', refusals: '0%', hangs: '0%', resets: '0%' };

describe('a share as people write it', () => {
  it.each([
    ['1%', 0.01],
    ['0.01', 0.01],
    ['7 %', 0.07],
    ['12.5%', 0.125],
    ['100%', 1],
    ['0', 0],
    ['1', 1],
  ])('reads %j as %d', (text, share) => {
    expect(parseShare(text, '--errors')).toBe(share);
  });

  it.each(['', '%', '101%', '2', '-1%', '1x', 'one', '1e-2', '.5', '1%%'])('refuses %j', (text) => {
    expect(parseShare(text, '--errors')).toMatchObject({ code: 'E_SHARE', where: '--errors' });
  });
});

describe('a latency as people write it', () => {
  it.each([
    ['none', { kind: 'none' }],
    ['5ms', { kind: 'constant', ms: 5 }],
    ['0.4ms', { kind: 'constant', ms: 0.4 }],
    ['0.5s', { kind: 'constant', ms: 500 }],
    ['p50=5ms,p99=80ms', { kind: 'lognormal', p50Ms: 5, p99Ms: 80 }],
    ['p50=5ms, p99=1.2s', { kind: 'lognormal', p50Ms: 5, p99Ms: 1200 }],
  ])('reads %j', (text, latency) => {
    expect(parseLatency(text, '--latency')).toEqual(latency);
  });

  it.each(['', '5', 'ms', '-5ms', 'p50=5ms', 'p99=80ms,p50=5ms', 'p50=5,p99=80', '5m'])(
    'refuses %j',
    (text) => {
      expect(parseLatency(text, '--latency')).toMatchObject({ code: 'E_LATENCY', where: '--latency' });
    },
  );
});

describe('behaviour', () => {
  it('is read from the flags', () => {
    expect(parseBehaviour({ ...TEXTS, latency: '5ms', errors: '1%', resets: '0.5%' })).toEqual({
      ...HEALTHY,
      latency: { kind: 'constant', ms: 5 },
      errors: 0.01,
      resets: 0.005,
    });
  });

  it('tells all mistakes at once', () => {
    const parse = () => parseBehaviour({ ...TEXTS, latency: '5', errors: '1x', hangs: '200%' });
    expect(parse).toThrow(Problems);
    expect(parse).toThrow(/--latency {3}E_LATENCY.*\n.*--errors {3}E_SHARE.*\n.*--hangs {3}E_SHARE/);
  });

  it.each<[string, Partial<Behaviour>]>([
    ['a share above 1', { errors: 1.1 }],
    ['a share below 0', { hangs: -0.1 }],
    ['a share that is no number', { resets: Number.NaN }],
    ['shares that add up to more than 1', { errors: 0.6, hangs: 0.6 }],
    ['a latency beyond a minute', { latency: { kind: 'constant', ms: 60_001 } }],
    ['a p99 below the p50', { latency: { kind: 'lognormal', p50Ms: 5, p99Ms: 4 } }],
    ['a lognormal p50 of nothing', { latency: { kind: 'lognormal', p50Ms: 0, p99Ms: 4 } }],
  ])('refuses %s', (_, wrong) => {
    expect(() => checkBehaviour({ ...HEALTHY, ...wrong })).toThrow(Problem);
  });

  it('takes shares that add up to 1', () => {
    expect(() =>
      checkBehaviour({ ...HEALTHY, errors: 0.7, hangs: 0.1, resets: 0.1, refusals: 0.1 }),
    ).not.toThrow();
  });

  it('is described in words', () => {
    expect(describeBehaviour(HEALTHY)).toEqual([]);
    expect(
      describeBehaviour({
        latency: { kind: 'constant', ms: 5 },
        errors: 0.07,
        refusals: 0.01,
        hangs: 0.001,
        resets: 0.5,
      }),
    ).toEqual([
      'each order takes 5 ms',
      '7 % are answered 503, half of them stored all the same',
      '1 % are refused with 422',
      '0.1 % are accepted and never answered, half of them stored',
      '50 % have their connection reset, half of them stored',
    ]);
    expect(describeBehaviour({ ...HEALTHY, latency: { kind: 'lognormal', p50Ms: 5, p99Ms: 80 } })).toEqual([
      'orders take p50 5 ms, p99 80 ms (lognormal)',
    ]);
  });
});
