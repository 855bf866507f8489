import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Observation, Platform } from '../../../chaos/platform.ts';
import { openLabPlatform, reopenLab } from '../../../chaos/platforms/lab.ts';
import { ControlClient } from '../../../testbed/lab/control-client.ts';
import { startLab } from '../../../testbed/lab/lab.ts';
import { requirePart } from '../../require.ts';
import { newOrder, until } from '../../testbed/client.ts';
import { startFakeLab } from '../../testbed/lab/fake-lab.ts';

type Args = Record<string, number | string>;

/** Longer than any test: nothing expires unless it is asked to. */
const LONG_MS = 600_000;

interface Journalled {
  socket: string;
  pid: number;
}
const journalled = (platform: Platform): Journalled => platform.journalled as unknown as Journalled;

/** As it comes out of a journal. */
const written = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

async function keysOf(platform: Platform, region: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of platform.listKeys(region, new AbortController().signal)) keys.push(key);
  return keys;
}

describe.runIf(requirePart('lab'))('the lab as a platform', () => {
  let platform: Platform;
  let control: ControlClient;
  beforeAll(async () => {
    platform = await openLabPlatform({ start: { mode: 'owned', seed: 3 } });
    control = new ControlClient(journalled(platform).socket);
  });
  afterAll(() => platform.close());

  const asItWas = () =>
    until(async () => (await platform.complaints()).length === 0, 'a lab without complaints');

  it('says where it is, and how long DNS holds', async () => {
    expect(platform).toMatchObject({
      name: 'lab',
      primary: 'seoul',
      standby: 'tokyo',
      target: 'http://orders.stormproof.test:8080',
      dnsTtlMs: 3000,
    });
    expect(await platform.timers()).toMatchObject({
      ttlMs: 3000,
      scale: { tasks: 1, scaleTo: 3, startMs: 1000 },
    });
    expect(await platform.complaints()).toEqual([]);
  });

  it.each([
    ['region.kill', 'seoul', {}],
    ['region.freeze', 'tokyo', {}],
    ['region.refuse', 'seoul', {}],
    ['region.slow', 'seoul', { ms: 50 }],
    ['region.errors', 'tokyo', { share: 0.5 }],
    ['workers.kill', 'seoul', { count: 2 }],
    ['replication.pause', null, {}],
    ['replication.cut', null, {}],
    ['replication.lag', null, { ms: 500 }],
    ['health.lie', 'tokyo', { says: 'unhealthy' }],
    ['dns.stale', null, {}],
    ['standby.pin', null, {}],
  ] as [string, string | null, Args][])(
    'injects %s of %s, is complained of, and is undone',
    async (name, region, args) => {
      const fault = platform.fault(name, region, args);
      const prior = written(await fault.read());
      expect(await fault.verify(prior)).toBe('');
      const ours = written(await fault.inject(prior, LONG_MS));
      expect(await fault.verify(prior)).not.toBe('');
      expect((await platform.complaints()).join()).toContain('a fault is in place');
      expect(await fault.undo(prior, ours)).toBe('undone');
      expect(await fault.undo(prior, ours)).toBe('undone');
      await until(async () => (await fault.verify(prior)) === '', 'it read back');
      await asItWas();
    },
  );

  it('does not undo what somebody else has written since', async () => {
    const fault = platform.fault('region.slow', 'seoul', { ms: 50 });
    const prior = await fault.read();
    const ours = await fault.inject(prior, LONG_MS);
    const { version } = (await control.state()).slots['seoul.slow'];
    const theirs = await control.write('seoul.slow', 70, version);
    expect(await fault.undo(prior, ours)).toBe('not-ours');
    expect(await fault.verify(prior)).toBe('seoul.slow is 70, and was 0');
    await expect(fault.inject(prior, LONG_MS)).rejects.toMatchObject({ code: 'E_NOT_OURS' });
    await control.write('seoul.slow', 0, (theirs as { version: number }).version);
  });

  it('undoes a fault whose drill died before it heard what was its own, and only that', async () => {
    const fault = platform.fault('dns.stale', null, {});
    const prior = await fault.read();
    expect(await fault.undo(prior, undefined)).toBe('undone');
    await fault.inject(prior, LONG_MS);
    expect(await fault.undo(prior, undefined)).toBe('undone');
    expect(await fault.verify(prior)).toBe('');
    const { version } = (await control.state()).slots['standby.scaling'];
    await control.write('standby.scaling', 'off', version);
    await control.write('standby.scaling', 'on', version + 1);
    await control.write('standby.scaling', 'off', version + 2);
    const pin = platform.fault('standby.pin', null, {});
    expect(await pin.undo({ value: 'on', version }, undefined)).toBe('not-ours');
    await control.write('standby.scaling', 'on', version + 3);
    const slow = platform.fault('region.slow', 'seoul', { ms: 50 });
    const { version: before } = (await control.state()).slots['seoul.slow'];
    await control.write('seoul.slow', 70, before);
    expect(await slow.undo({ value: 0, version: before }, undefined)).toBe('not-ours');
    await control.write('seoul.slow', 0, before + 1);
  });

  it('finds a fault undone that has expired, and was told of it by its name', async () => {
    const seen: Observation[] = [];
    const end = await platform.observe((event) => seen.push(event));
    const fault = platform.fault('region.errors', 'seoul', { share: 0.1 });
    const prior = await fault.read();
    const ours = await fault.inject(prior, 50);
    await until(() => seen.some(({ kind }) => kind === 'fault.undone'), 'the expiry');
    expect(seen.find(({ kind }) => kind === 'fault.undone')).toMatchObject({
      fault: 'region.errors',
      region: 'seoul',
      by: 'expiry',
      restored: true,
    });
    expect(seen.find(({ kind }) => kind === 'dns.answer')).toMatchObject({
      answer: '127.1.0.10',
      region: 'seoul',
    });
    await end();
    expect(await fault.undo(prior, ours)).toBe('undone');
    expect(await fault.verify(prior)).toBe('');
  });

  it('complains of all that a failover leaves, until all of it is over', async () => {
    const fault = platform.fault('health.lie', 'seoul', { says: 'unhealthy' });
    const prior = await fault.read();
    const ours = await fault.inject(prior, LONG_MS);
    await until(async () => (await control.state()).regions.tokyo.running === 3, 'the failover');
    expect(await platform.complaints()).toEqual([
      'health.seoul is "unhealthy", and "true" is normal: a fault is in place.',
      'The health checkers report seoul unhealthy.',
      'orders.stormproof.test resolves to tokyo, not to seoul.',
      'tokyo is at full strength (3 tasks, 1 as a rule): wait until it is warm again.',
    ]);
    expect((await platform.timers())!.scale).toBeNull();
    await fault.undo(prior, ours);
    await asItWas();
  });

  it('lists the keys of a region, and throws where it cannot be read', async () => {
    const [program, ...args] = platform.enter;
    const body = JSON.stringify(newOrder('listed'));
    const script = `fetch('${platform.target}/api/v1/orders', { method: 'POST', body: ${JSON.stringify(body)} })`;
    expect(spawnSync(program!, [...args, process.execPath, '-e', script]).status).toBe(0);
    await until(async () => (await keysOf(platform, 'tokyo')).includes('listed'), 'replication');
    expect(await keysOf(platform, 'seoul')).toEqual(['listed']);
    const fault = platform.fault('region.freeze', 'tokyo', {});
    const prior = await fault.read();
    const ours = await fault.inject(prior, LONG_MS);
    await expect(keysOf(platform, 'tokyo')).rejects.toMatchObject({ code: 'E_REGION_DOWN' });
    await fault.undo(prior, ours);
    await asItWas();
  });

  it('is opened again from the journal, to undo what was injected', async () => {
    const fault = platform.fault('region.kill', 'tokyo', {});
    const prior = written(await fault.read());
    const ours = written(await fault.inject(prior, LONG_MS));
    const again = (await reopenLab(written(platform.journalled))) as Platform;
    expect(await again.fault('region.kill', 'tokyo', {}).undo(prior, ours)).toBe('undone');
    await asItWas();
  });

  it('refuses a journal that names no lab', async () => {
    await expect(reopenLab({ socket: 5 })).rejects.toMatchObject({ code: 'E_JOURNAL' });
  });
});

describe.runIf(process.platform === 'linux')('reading back', () => {
  it('takes no region for whole before it is up and its tasks are back', async () => {
    const fake = await startFakeLab();
    const platform = await openLabPlatform({ socket: fake.control.socket });
    const fault = platform.fault('workers.kill', 'seoul', { count: 2 });
    const prior = await fault.read();
    const ours = await fault.inject(prior, LONG_MS);
    fake.seoul.isSlow = true;
    expect(await fault.undo(prior, ours)).toBe('undone');
    expect(await fault.verify(prior)).toBe('seoul has 4 of 6 tasks');
    expect(await platform.complaints()).toEqual(['seoul has 4 of 6 tasks.']);
    fake.seoul.isSlow = false;
    await fake.seoul.restoreWorkers();
    expect(await fault.verify(prior)).toBe('');
    fake.seoul.end();
    expect(await fault.verify(prior)).toBe('seoul is down');
    expect(await platform.complaints()).toContain('seoul is down.');
    await fake.close();
  });
});

describe.runIf(requirePart('lab'))('a lab that is gone', () => {
  it('has no faults any more, and is said to be gone', async () => {
    const platform = await openLabPlatform({ start: { mode: 'owned' } });
    const fault = platform.fault('region.kill', 'seoul', {});
    const prior = await fault.read();
    const ours = await fault.inject(prior, LONG_MS);
    const { socket, pid } = journalled(platform);
    process.kill(pid, 'SIGKILL');
    expect(await reopenLab(written(platform.journalled))).toEqual({
      gone: `the lab has ended (process ${pid} and its network are gone), and every fault with it`,
    });
    expect(await fault.undo(prior, ours)).toBe('undone');
    expect(await fault.verify(prior)).toBe('');
    expect(await platform.close()).toBe('');
    expect(existsSync(dirname(socket))).toBe(false);
  });

  it('is not taken for another process that has its number by now', async () => {
    const platform = await openLabPlatform({ start: { mode: 'owned' } });
    const other = { ...(platform.journalled as { [name: string]: Json }), start: '1', net: 'net:[1]' };
    expect(await reopenLab(other)).toHaveProperty('gone');
    expect(await platform.complaints()).toEqual([]);
    expect(await platform.close()).toBe('');
  });
});

describe.runIf(requirePart('lab'))('a standing lab', () => {
  it('goes on when a drill that was aimed at it closes it', async () => {
    const lab = await startLab({ mode: 'standing', endsWithStarter: true });
    const platform = await openLabPlatform({ socket: lab.socket });
    expect(await platform.close()).toBe('');
    expect(await platform.complaints()).toEqual([]);
    expect(await lab.stop()).toBe('');
  });
});
