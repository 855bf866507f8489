import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerFor, FailoverRecord } from '../../../testbed/lab/failover.ts';
import { StandbyScaling } from '../../../testbed/lab/standby-scaling.ts';

describe('the failover record', () => {
  it.each([
    [true, true, 'seoul'],
    [true, false, 'seoul'],
    [false, true, 'tokyo'],
    // No healthy record: Route 53 counts all of them as healthy.
    [false, false, 'seoul'],
  ] as const)('with seoul healthy: %s and tokyo healthy: %s answers %s', (seoul, tokyo, answer) => {
    expect(answerFor({ seoul, tokyo })).toBe(answer);
  });

  it('tells each change once', () => {
    const told: string[] = [];
    const record = new FailoverRecord((region) => told.push(region));
    record.setHealth('tokyo', false);
    record.setHealth('seoul', false);
    record.setHealth('tokyo', true);
    record.setHealth('seoul', true);
    record.setHealth('seoul', true);
    expect(told).toEqual(['tokyo', 'seoul']);
  });

  it('that is stale stays what it was, and then is what it should be', () => {
    const told: string[] = [];
    const record = new FailoverRecord((region) => told.push(region));
    record.setStale(true);
    record.setHealth('seoul', false);
    expect([record.answer, told]).toEqual(['seoul', []]);
    record.setStale(false);
    expect([record.answer, told]).toEqual(['tokyo', ['tokyo']]);
    record.setStale(true);
    record.setHealth('seoul', true);
    expect(record.answer).toBe('tokyo');
  });
});

describe("the standby's tasks", () => {
  const told: number[] = [];
  let scaling: StandbyScaling;
  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    scaling = new StandbyScaling({ primary: 6, warm: 2, full: 6 }, (tasks) => told.push(tasks), 3000);
  });
  afterEach(() => {
    scaling.close();
    vi.useRealTimers();
  });

  it('are raised when the name resolves to it, and go back a while after it does no more', () => {
    scaling.setServing(true);
    expect(told).toEqual([6]);
    scaling.setServing(false);
    vi.advanceTimersByTime(2999);
    expect(told).toEqual([6]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([6, 2]);
    scaling.setServing(true);
    expect(told).toEqual([6, 2, 6]);
  });

  it('stay when the name comes back before the while is over, and the while begins anew', () => {
    scaling.setServing(true);
    scaling.setServing(false);
    vi.advanceTimersByTime(2000);
    scaling.setServing(true);
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([6]);
    scaling.setServing(false);
    vi.advanceTimersByTime(2999);
    expect(told).toEqual([6]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([6, 2]);
  });

  it('are not raised while scaling is off, and are as soon as it is on again', () => {
    scaling.setOn(false);
    scaling.setServing(true);
    expect(told).toEqual([]);
    scaling.setOn(true);
    expect(told).toEqual([6]);
    scaling.setOn(false);
    expect(told).toEqual([6]);
  });
});
