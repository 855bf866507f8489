import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FIRST_OPINION,
  firstAsks,
  isRegionHealthy,
  type Opinion,
  reconsider,
} from '../../../testbed/lab/checkers.ts';

const after = (answers: string, threshold: number): boolean[] => {
  let opinion = FIRST_OPINION;
  return [...answers].map((answer) => {
    opinion = reconsider(opinion, answer === '+', threshold);
    return opinion.healthy;
  });
};

const written = (opinions: readonly boolean[]): string => opinions.map((each) => (each ? 'H' : 'U')).join('');

describe('a checker', () => {
  it.each([
    ['---', 3, 'HHU'],
    ['--+---', 3, 'HHHHHU'],
    ['---++', 3, 'HHUUU'],
    ['---+++', 3, 'HHUUUH'],
    ['---++-+++', 3, 'HHUUUUUUH'],
    ['-+-+', 1, 'UHUH'],
    ['----', 5, 'HHHH'],
  ])('that finds %s with a threshold of %i says %s', (answers, threshold, opinions) => {
    expect(written(after(answers, threshold))).toBe(opinions);
  });

  it('changes its mind exactly where the last answers, as many as the threshold, all contradict it', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), fc.integer({ min: 1, max: 5 }), (answers, threshold) => {
        let before = true;
        after(answers.map((passed) => (passed ? '+' : '-')).join(''), threshold).forEach((healthy, i) => {
          const last = answers.slice(Math.max(0, i + 1 - threshold), i + 1);
          const contradicts = last.length === threshold && last.every((passed) => passed !== before);
          expect(healthy).toBe(contradicts ? !before : before);
          before = healthy;
        });
      }),
    );
  });
});

describe('a region', () => {
  const opinions = (healthy: number, all: number): Opinion[] =>
    Array.from({ length: all }, (_, i) => ({ healthy: i < healthy, contradicted: 0 }));

  it.each([
    [0, 8, false],
    [1, 8, false], // 12.5 %
    [2, 8, true], // 25 %
    [8, 8, true],
    [9, 50, false], // 18 % is not more than 18 %
    [10, 50, true],
    [0, 1, false],
    [1, 1, true],
  ])('with %i of %i checkers that find it healthy: %s', (healthy, all, expected) => {
    expect(isRegionHealthy(opinions(healthy, all))).toBe(expected);
  });
});

describe('the checkers of a region', () => {
  it('ask at times spread over the interval, by the seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 1, max: 20 }),
        (seed, checkers) => {
          const asks = firstAsks(checkers, 1000, seed, 0);
          expect(asks).toEqual(firstAsks(checkers, 1000, seed, 0));
          asks.forEach((ms, i) => {
            expect(ms).toBeGreaterThanOrEqual((i * 1000) / checkers);
            expect(ms).toBeLessThan(((i + 1) * 1000) / checkers);
          });
        },
      ),
    );
    expect(firstAsks(8, 1000, 1, 0)).not.toEqual(firstAsks(8, 1000, 2, 0));
    expect(firstAsks(8, 1000, 1, 0)).not.toEqual(firstAsks(8, 1000, 1, 1));
  });
});
