import { describe, expect, it } from 'vitest';
import type { JudgedClaim } from '../../measure/verdict.ts';
import {
  formatBytes,
  formatClaimed,
  formatClock,
  formatCount,
  formatDuration,
  formatInstant,
  formatMeasured,
  formatMs,
  formatRate,
  formatRatioAsPercent,
  formatUnserved,
  verdictSentence,
} from '../../reports/words.ts';
import { aborted, abortedAtOnce, passed } from './fixture.ts';
import { ZERO_MS } from './story.ts';

const claim = (over: Partial<JudgedClaim>): JudgedClaim => ({
  id: 'latency.p95',
  title: 'P95 latency',
  op: '<',
  claimed: 100,
  unit: 'ms',
  measured: 6.1,
  low: 5.9,
  high: 6.4,
  verdict: 'PASS',
  reason: '',
  ...over,
});

describe('numbers', () => {
  it.each([
    [formatCount(0), '0'],
    [formatCount(202_000), '202,000'],
    [formatCount(9_999.6), '10,000'],
    [formatMs(0.4123), '0.412 ms'],
    [formatMs(6.1), '6.1 ms'],
    [formatMs(18.24), '18.2 ms'],
    [formatMs(1_234.4), '1,234 ms'],
    [formatMs(null), '∞'],
    [formatMs(0), '0 ms'],
    [formatRate(10_099.4), '10,099/s'],
    [formatBytes(8 * 1_024 ** 3), '8 GiB'],
    [formatBytes(0), '0 B'],
  ])('writes %s', (written, expected) => expect(written).toBe(expected));

  it.each([
    [0, '0 %'],
    [0.00001, '0.001 %'],
    [0.0118, '1.18 %'],
    [0.5, '50 %'],
    [0.954, '95.4 %'],
    [0.9999, '99.99 %'],
    [0.999_999_9, '99.99999 %'],
    [1, '100 %'],
    [1.2, '120 %'],
  ])('writes the ratio %d as %s', (ratio, expected) => expect(formatRatioAsPercent(ratio)).toBe(expected));

  it('never rounds a missing arrival away', () => {
    expect(formatRatioAsPercent(1 - 1 / 10_000_000)).not.toBe('100 %');
  });
});

describe('times', () => {
  it.each([
    [0, '00:00.0'],
    [17_300, '00:17.3'],
    [59_960, '01:00.0'],
    [3_617_300, '1:00:17.3'],
    [-400, '-00:00.4'],
    [-20, '00:00.0'],
  ])('writes %d ms on the run clock as %s', (ms, expected) => expect(formatClock(ms)).toBe(expected));

  it.each([
    [0, '0 s'],
    [400, '400 ms'],
    [20_000, '20 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [5_400_000, '1 h 30 min'],
  ])('writes a length of %d ms as %s', (ms, expected) => expect(formatDuration(ms)).toBe(expected));

  it('writes an instant in UTC', () => {
    expect(formatInstant(ZERO_MS)).toBe('2026-11-21 00:15:03.2 UTC');
  });
});

describe('claims', () => {
  it.each([
    [formatClaimed('>=', 10_000, '1/s'), '≥ 10,000/s'],
    [formatClaimed('<', 100, 'ms'), '< 100 ms'],
    [formatClaimed('<', 0.01, 'ratio'), '< 1 %'],
    [formatClaimed('>=', 0.9999, 'ratio'), '≥ 99.99 %'],
    [formatClaimed('<=', 120, 's'), '≤ 120 s'],
  ])('writes %s', (written, expected) => expect(written).toBe(expected));

  it('shows the error bar where there is one', () => {
    expect(formatMeasured(claim({}))).toBe('6.1 ms [5.9, 6.4]');
    expect(formatMeasured(claim({ low: 6.1, high: 6.1 }))).toBe('6.1 ms');
  });

  it('writes infinity, half-infinite bars, and a dash for what was not measured', () => {
    expect(formatMeasured(claim({ measured: null, low: null, high: null, verdict: 'FAIL' }))).toBe('∞');
    expect(formatMeasured(claim({ measured: null, low: 250, high: null, verdict: 'FAIL' }))).toBe(
      '∞ [250, ∞]',
    );
    expect(formatMeasured(claim({ measured: null, low: null, high: null, verdict: 'INCONCLUSIVE' }))).toBe(
      '–',
    );
  });

  it('takes the digits it needs to differ from the claim', () => {
    expect(formatMeasured(claim({ measured: 100.04, low: 100.04, high: 100.04 }))).toBe('100.04 ms');
    const rate = claim({
      unit: '1/s',
      op: '>=',
      claimed: 10_000,
      measured: 9_999.6,
      low: 9_999.6,
      high: 9_999.6,
    });
    expect(formatMeasured(rate)).toBe('9,999.6/s');
    const ratio = claim({
      unit: 'ratio',
      op: '>=',
      claimed: 0.9999,
      measured: 0.999896,
      low: 0.999896,
      high: 0.999896,
    });
    expect(formatMeasured(ratio)).toBe('99.9896 %');
  });
});

describe('sentences', () => {
  it('says over what a PASS held, and the first reason otherwise', () => {
    expect(verdictSentence(passed())).toBe('every claim held over 20 s at the plateau (ramps left out)');
    expect(verdictSentence(aborted())).toContain('SIGINT');
  });

  it('counts the unserved, and is silent where every arrival was served', () => {
    expect(formatUnserved(passed())).toMatch(/^\d of 202,000 arrivals unserved$/);
    expect(formatUnserved(abortedAtOnce())).toBe('');
  });
});
