import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  checkSlot,
  type Expiry,
  SLOT_NAMES,
  SLOTS,
  Slots,
  type SlotValue,
} from '../../../testbed/lab/slots.ts';

let applied: string[];
let expiries: Expiry[];
let slots: Slots;
/** What the next `apply` waits for, or throws. */
let next: () => Promise<void>;

beforeEach(() => {
  applied = [];
  expiries = [];
  next = async () => {};
  slots = new Slots(
    async (name, value, former) => {
      await next();
      applied.push(`${name} ${JSON.stringify(former)} -> ${JSON.stringify(value)}`);
      return 42;
    },
    (expiry) => expiries.push(expiry),
  );
});

afterEach(() => {
  slots.close();
  vi.useRealTimers();
});

describe('a slot', () => {
  it('begins normal, and each write of the version that was read makes a new version', async () => {
    expect(slots.get('dns')).toEqual({ value: 'live', version: 0 });
    expect(await slots.write('dns', 'stale', 0)).toEqual({ kind: 'written', version: 1, atMs: 42 });
    expect(await slots.write('dns', 'live', 1)).toEqual({ kind: 'written', version: 2, atMs: 42 });
    expect(applied).toEqual(['dns "live" -> "stale"', 'dns "stale" -> "live"']);
  });

  it('that somebody has written since is not written, and what is there is told', async () => {
    await slots.write('dns', 'stale', 0);
    expect(await slots.write('dns', 'live', 0)).toEqual({ kind: 'not-ours', value: 'stale', version: 1 });
    expect(applied).toHaveLength(1);
  });

  it('takes one of two writers who have read the same version, however long it takes', async () => {
    let go = (): void => {};
    next = () => new Promise((resolve) => (go = resolve));
    const both = [slots.write('replication', 'cut', 0), slots.write('replication', 'paused', 0)];
    await Promise.resolve();
    await Promise.resolve();
    go();
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['written', 'not-ours']);
    expect(slots.get('replication')).toEqual({ value: 'cut', version: 1 });
  });

  it('does not keep the others waiting', async () => {
    next = () => new Promise(() => {});
    void slots.write('seoul.process', 'killed', 0);
    await Promise.resolve();
    next = async () => {};
    expect(await slots.write('dns', 'stale', 0)).toMatchObject({ kind: 'written' });
  });

  it('stays as it was when the write cannot be made true, and can be written again', async () => {
    next = async () => {
      throw new Error('no start');
    };
    await expect(slots.write('seoul.process', 'killed', 0)).rejects.toThrow('no start');
    expect(slots.get('seoul.process')).toEqual({ value: 'running', version: 0 });
    next = async () => {};
    expect(await slots.write('seoul.process', 'killed', 0)).toMatchObject({ version: 1 });
  });
});

describe('a write that expires', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it('puts the former value back, as a version of its own, and says so', async () => {
    await slots.write('seoul.slow', 100, 0);
    await slots.write('seoul.slow', 500, 1, 1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(slots.get('seoul.slow')).toEqual({ value: 500, version: 2 });
    await vi.advanceTimersByTimeAsync(1);
    expect(slots.get('seoul.slow')).toEqual({ value: 100, version: 3 });
    expect(expiries).toEqual([{ name: 'seoul.slow', expired: 500, value: 100, failure: '' }]);
  });

  it('leaves alone what somebody has written since', async () => {
    await slots.write('dns', 'stale', 0, 1000);
    await slots.write('dns', 'live', 1);
    await slots.write('dns', 'stale', 2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(slots.get('dns')).toEqual({ value: 'stale', version: 3 });
    expect(expiries).toEqual([]);
  });

  it('says why the former value could not come back', async () => {
    await slots.write('seoul.process', 'killed', 0, 1000);
    next = async () => {
      throw new Error('no start');
    };
    await vi.advanceTimersByTimeAsync(1000);
    expect(slots.get('seoul.process')).toEqual({ value: 'killed', version: 1 });
    expect(expiries).toEqual([
      { name: 'seoul.process', expired: 'killed', value: 'running', failure: 'no start' },
    ]);
  });
});

describe('what a slot takes', () => {
  it('its normal value, always', () => {
    for (const name of SLOT_NAMES) expect(checkSlot(name, SLOTS[name].normal).value).toBe(SLOTS[name].normal);
    expect(SLOT_NAMES).toHaveLength(15);
  });

  it.each([
    ['seoul.process', 'frozen'],
    ['tokyo.port', 'refused'],
    ['seoul.slow', 0.5],
    ['seoul.errors', 1],
    ['tokyo.workers', 3],
    ['replication', { lagMs: 900 }],
    ['health.tokyo', 'unhealthy'],
    ['standby.scaling', 'off'],
  ] as [string, SlotValue][])('%s: %j', (name, value) => {
    expect(checkSlot(name, value)).toEqual({ name, value });
  });

  it.each([
    [
      'seoul.process',
      'dead',
      'E_SLOT_VALUE: seoul.process does not take "dead". Expected "running", "killed" or "frozen"',
    ],
    ['seoul.slow', -1, 'E_SLOT_VALUE'],
    ['seoul.slow', '5', 'E_SLOT_VALUE'],
    ['seoul.errors', 1.01, 'E_SLOT_VALUE'],
    ['seoul.workers', 1.5, 'E_SLOT_VALUE'],
    ['replication', { lagMs: 1, more: 1 }, 'E_SLOT_VALUE'],
    ['dns', undefined, 'E_SLOT_VALUE: dns does not take nothing'],
    [
      'busan.process',
      'killed',
      'E_SLOT_UNKNOWN: there is no slot busan.process. Expected one of seoul.process',
    ],
    ['toString', 'killed', 'E_SLOT_UNKNOWN'],
  ])('%s: not %j', (name, value, message) => {
    expect(() => checkSlot(name, value)).toThrow(message);
  });
});
