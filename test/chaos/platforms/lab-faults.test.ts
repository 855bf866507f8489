import { describe, expect, it } from 'vitest';
import { slotFault } from '../../../chaos/platforms/lab-faults.ts';

describe('a fault of the lab', () => {
  it.each([
    ['region.kill', 'seoul', {}, 'seoul.process', 'killed'],
    ['region.freeze', 'tokyo', {}, 'tokyo.process', 'frozen'],
    ['region.refuse', 'seoul', {}, 'seoul.port', 'refused'],
    ['region.slow', 'seoul', { ms: 250 }, 'seoul.slow', 250],
    ['region.errors', 'tokyo', { share: 0.3 }, 'tokyo.errors', 0.3],
    ['workers.kill', 'seoul', { count: 4 }, 'seoul.workers', 4],
    ['replication.pause', null, {}, 'replication', 'paused'],
    ['replication.cut', 'seoul', {}, 'replication', 'cut'],
    ['replication.lag', null, { ms: 5000 }, 'replication', { lagMs: 5000 }],
    ['health.lie', 'seoul', { says: 'unhealthy' }, 'health.seoul', 'unhealthy'],
    ['dns.stale', null, {}, 'dns', 'stale'],
    ['standby.pin', null, {}, 'standby.scaling', 'off'],
  ])('%s of %s with %j writes %s: %j', (name, region, args, slot, value) => {
    const fault = slotFault(name, region, args as Record<string, number | string>);
    expect(fault).toMatchObject({ fault: name, slot, value });
    expect(fault.words).not.toBe('');
  });

  it('is told in words', () => {
    expect(slotFault('region.errors', 'seoul', { share: 0.3 }).words).toBe(
      'let seoul fail: 30 % of the orders are answered 503',
    );
  });

  it.each([
    [
      'region.kil',
      'seoul',
      {},
      'E_FAULT_UNKNOWN: the lab has no fault region.kil. Did you mean region.kill?',
    ],
    ['toString', null, {}, 'E_FAULT_UNKNOWN'],
    [
      'region.kill',
      null,
      {},
      'E_FAULT_REGION: region.kill cannot be done to no region. Expected seoul or tokyo.',
    ],
    ['region.kill', 'busan', {}, 'E_FAULT_REGION'],
    ['dns.stale', 'seoul', {}, 'E_FAULT_REGION: dns.stale cannot be done to seoul. Expected no region.'],
    ['replication.cut', 'tokyo', {}, 'E_FAULT_REGION'],
    [
      'region.slow',
      'seoul',
      {},
      'E_FAULT_ARGS: region.slow does not take {}. Expected { ms }, over 0 and 60000 at most.',
    ],
    ['region.slow', 'seoul', { ms: '250' }, 'E_FAULT_ARGS'],
    ['replication.lag', null, { ms: 60_001 }, 'E_FAULT_ARGS'],
    ['region.errors', 'seoul', { share: 30 }, 'E_FAULT_ARGS'],
    ['workers.kill', 'seoul', { count: 1.5 }, 'E_FAULT_ARGS'],
    ['region.kill', 'seoul', { ms: 1 }, 'E_FAULT_ARGS'],
    ['health.lie', 'seoul', { says: 'true' }, 'E_FAULT_ARGS'],
  ])('%s of %s with %j is refused', (name, region, args, message) => {
    expect(() => slotFault(name, region, args as Record<string, number | string>)).toThrow(message);
  });
});
