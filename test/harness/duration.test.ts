import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../harness/duration.ts';
import { Problem } from '../../measure/problem.ts';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['2m', 120_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['24h', 86_400_000],
    ['0s', 0],
    [' 5s ', 5000],
  ])('%s is %d ms', (text, durationMs) => expect(parseDuration(text)).toBe(durationMs));

  it.each([
    ['20', 'E_DURATION: "20" has no unit. Write "20s".'],
    [20, 'E_DURATION: 20 has no unit. Write "20s".'],
    ['', 'E_DURATION: "" is no duration. Expected a number and ms, s, m or h. Write "20s" or "1m30s".'],
    ['-5s', 'E_DURATION: "-5s" is no duration. Expected a number and ms, s, m or h. Write "20s" or "1m30s".'],
    ['5 s', 'E_DURATION: "5 s" is no duration. Expected a number and ms, s, m or h. Write "20s" or "1m30s".'],
    ['25h', 'E_DURATION: "25h" is longer than a day. Expected at most "24h".'],
    ['0.1ms', 'E_DURATION: "0.1ms" is less than a millisecond. Expected at least "1ms".'],
    [
      undefined,
      'E_DURATION: undefined is no duration. Expected a number and ms, s, m or h. Write "20s" or "1m30s".',
    ],
  ])('refuses %j with a sentence', (found, message) => {
    const problem = parseDuration(found, 'here');
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ message, where: 'here' });
  });

  it('is written so that it reads back as the same whole milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400_000 }), (durationMs) => {
        expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
      }),
    );
    expect([1500, 90_000, 3_723_004, 0].map(formatDuration)).toEqual(['1.5s', '1m30s', '1h2m3.004s', '0s']);
  });
});
