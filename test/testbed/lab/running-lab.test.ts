import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../../testbed/lab/control-client.ts';
import type { Observation } from '../../../testbed/lab/observations.ts';
import type { SlotName, SlotValue } from '../../../testbed/lab/slots.ts';
import { until } from '../client.ts';
import { type FakeLab, startFakeLab, TIMES } from './fake-lab.ts';

let fake: FakeLab;
let { lab, control, seoul, tokyo, truth } = {} as FakeLab;
const close: (() => unknown)[] = [];

beforeEach(async () => {
  fake = await startFakeLab();
  ({ lab, control, seoul, tokyo, truth } = fake);
});

afterEach(async () => {
  for (const each of close.splice(0)) await each();
  await fake.close();
});

async function follow(): Promise<Observation[]> {
  const seen: Observation[] = [];
  close.push(await control.follow((observation) => seen.push(observation)));
  return seen;
}

const version = async (name: SlotName): Promise<number> => (await control.state()).slots[name].version;
const set = async (name: SlotName, value: SlotValue, expiresMs?: number) =>
  control.write(name, value, await version(name), expiresMs);

describe('the running lab', () => {
  it('tells its state and its timers', async () => {
    expect(await control.state()).toMatchObject({
      slots: { 'seoul.process': { value: 'running', version: 0 }, dns: { value: 'live', version: 0 } },
      regions: {
        seoul: {
          up: true,
          address: `127.0.0.1:${seoul.port}`,
          desired: 6,
          running: 6,
          waitingToReplicate: 0,
        },
        tokyo: { up: true, desired: 2, running: 2 },
      },
      dns: { name: 'orders.stormproof.test', region: 'seoul', ttlS: 3 },
      health: { seoul: { healthy: true }, tokyo: { healthy: true } },
      pid: process.pid,
      mode: 'standing',
      seed: 5,
    });
    expect(await control.timers()).toEqual({
      healthCheck: TIMES.healthCheck,
      propagationMs: { low: 0, high: 100 },
      ttlMs: 3000,
      scale: { tasks: 2, scaleTo: 6, startMs: 1000 },
      replicationLagMs: { p50: 300, p99: 1200, max: 1700 },
    });
    await tokyo.setDesired(6);
    expect((await control.timers()).scale).toBeNull();
  });

  it('fails over when Seoul is killed, raises Tokyo, and goes back when it is started', async () => {
    const seen = await follow();
    const write = await set('seoul.process', 'killed');
    expect(write).toMatchObject({ kind: 'written', version: 1 });
    await until(() => lab.zone().address === '127.2.0.10', 'the failover');
    expect(await control.state()).toMatchObject({
      dns: { region: 'tokyo' },
      regions: { seoul: { up: false }, tokyo: { desired: 6 } },
      health: { seoul: { healthy: false }, tokyo: { healthy: true } },
    });
    await set('seoul.process', 'running');
    await until(() => tokyo.tasks().desired === 2, 'the end of the failover');
    expect(lab.zone().address).toBe('127.1.0.10');
    await until(() => seen.filter(({ kind }) => kind === 'standby.tasks').length === 3, 'the last event');
    const changes = seen.slice(seen.findIndex(({ kind }) => kind === 'region.health' && seen.length > 0) + 6);
    expect(changes.map(({ kind }) => kind).filter((kind) => kind !== 'replication.lag')).toEqual([
      'region.health',
      'dns.answer',
      'standby.tasks',
      'region.health',
      'dns.answer',
      'standby.tasks',
    ]);
    expect(changes[1]).toMatchObject({
      kind: 'dns.answer',
      observed: true,
      answer: '127.2.0.10',
      region: 'tokyo',
    });
    expect(truth.find(({ kind }) => kind === 'death')).toMatchObject({ t: (write as { atMs: number }).atMs });
    expect(truth.filter(({ kind }) => kind === 'desired')).toMatchObject([{ tasks: 6 }, { tasks: 2 }]);
  });

  it('first tells how everything stands', async () => {
    seoul.waiting = 12;
    const earlier = await follow();
    await until(
      () => earlier.some((each) => each.kind === 'replication.lag' && each.waiting === 12),
      'the queue',
    );
    const seen = await follow();
    await until(() => seen.length >= 6, 'the state');
    expect(seen).toMatchObject([
      { kind: 'region.health', region: 'seoul', healthy: true, observed: true },
      { kind: 'replication.lag', region: 'seoul', waiting: 12 },
      { kind: 'region.health', region: 'tokyo', healthy: true },
      { kind: 'replication.lag', region: 'tokyo', waiting: 0 },
      { kind: 'dns.answer', answer: '127.1.0.10', region: 'seoul' },
      { kind: 'standby.tasks', region: 'tokyo', desired: 2, running: 2 },
    ]);
  });

  it('answers the primary when neither region is healthy', async () => {
    await set('tokyo.process', 'killed');
    await until(async () => !(await control.state()).health.tokyo.healthy, 'the first verdict');
    await set('seoul.process', 'killed');
    await until(async () => !(await control.state()).health.seoul.healthy, 'the second verdict');
    expect((await control.state()).dns.region).toBe('seoul');
    await set('tokyo.process', 'running');
    await until(async () => (await control.state()).dns.region === 'tokyo', 'the only healthy one');
  });

  it('fails over without an outage when the checkers lie, and does not when DNS is stale', async () => {
    await set('dns', 'stale');
    await set('health.seoul', 'unhealthy');
    await until(async () => !(await control.state()).health.seoul.healthy, 'the false alarm');
    expect((await control.state()).dns.region).toBe('seoul');
    await set('dns', 'live');
    expect((await control.state()).dns.region).toBe('tokyo');
    expect(seoul.process).toBe('running');
  });

  it('does not raise a pinned standby', async () => {
    await set('standby.scaling', 'off');
    await set('seoul.process', 'killed');
    await until(() => lab.zone().address === '127.2.0.10', 'the failover');
    expect(tokyo.tasks().desired).toBe(2);
    await set('standby.scaling', 'on');
    expect(tokyo.tasks().desired).toBe(6);
  });

  it('hands each fault to the region that it is meant for', async () => {
    await set('seoul.port', 'refused');
    await set('seoul.slow', 250);
    await set('tokyo.errors', 0.5);
    await set('seoul.workers', 2);
    await set('seoul.workers', 3);
    await set('seoul.workers', 1);
    await set('seoul.workers', 0);
    await set('replication', { lagMs: 900 });
    await set('replication', 'running');
    await set('seoul.process', 'frozen');
    await set('seoul.process', 'running');
    expect(seoul.did).toEqual([
      'setPort refused',
      'setSlow 250',
      'killWorkers 2',
      'killWorkers 1',
      'restoreWorkers',
      'killWorkers 1',
      'restoreWorkers',
      'setReplication {"lagMs":900}',
      'setReplication "running"',
      'freeze',
      'thaw',
    ]);
    expect(tokyo.did).toEqual(['setErrors 0.5']);
    expect(truth.map(({ kind }) => kind).filter((kind) => kind === 'freeze' || kind === 'thaw')).toHaveLength(
      2,
    );
  });

  it('cannot freeze what is dead, and starts again what ended by itself', async () => {
    await set('seoul.process', 'killed');
    await expect(set('seoul.process', 'frozen')).rejects.toThrow('E_SLOT_VALUE: seoul is killed');
    expect(await version('seoul.process')).toBe(1);
    tokyo.end();
    expect((await control.state()).regions.tokyo.up).toBe(false);
    await set('tokyo.process', 'running');
    expect((await control.state()).regions.tokyo.up).toBe(true);
    expect(truth.filter(({ kind }) => kind === 'ended')).toMatchObject([{ region: 'tokyo' }]);
  });

  it('tells of a fault that undid itself', async () => {
    const seen = await follow();
    await set('seoul.slow', 100, 20);
    await until(() => seen.some(({ kind }) => kind === 'fault.undone'), 'the expiry');
    expect(seen.find(({ kind }) => kind === 'fault.undone')).toMatchObject({
      observed: true,
      fault: 'seoul.slow',
      region: 'seoul',
      by: 'expiry',
      restored: true,
      words: 'seoul.slow was 100 and its time ran out: it is 0 again',
    });
    expect((await control.state()).slots['seoul.slow']).toEqual({ value: 0, version: 2 });
  });

  it('tells of a fault that could not undo itself', async () => {
    const seen = await follow();
    seoul.failure = new Error('the disk is full');
    await set('seoul.process', 'killed', 20);
    await until(() => seen.some(({ kind }) => kind === 'fault.undone'), 'the expiry');
    expect(seen.find(({ kind }) => kind === 'fault.undone')).toMatchObject({
      restored: false,
      words: 'seoul.process was "killed" and its time ran out: the disk is full',
    });
  });

  it('hands over listings by pages, of regions that run', async () => {
    tokyo.keys = ['a', 'b', 'c'];
    const page = await control.listing('tokyo', '0', 2);
    expect(page.orders.map(({ idempotency_key }) => idempotency_key)).toEqual(['a', 'b']);
    expect(page).toMatchObject({ next_cursor: '2', has_more: true });
    expect(await control.listing('tokyo', '2', 2)).toMatchObject({
      has_more: false,
      orders: [{ order_id: 'tokyo-3' }],
    });
    tokyo.freeze();
    await expect(control.listing('tokyo', '0', 2)).rejects.toThrow('E_REGION_DOWN: tokyo cannot be asked');
  });

  it('says which orders each region has when it ends', async () => {
    seoul.keys = ['a', 'b'];
    tokyo.keys = ['a'];
    await lab.stop();
    expect(truth.filter(({ kind }) => kind === 'order')).toMatchObject([
      { region: 'seoul', key: 'a', orderId: 'seoul-1' },
      { region: 'seoul', key: 'b' },
      { region: 'tokyo', key: 'a' },
    ]);
  });
});

describe('the control socket', () => {
  function send(method: string, path: string, body?: string): Promise<{ status: number; answer: unknown }> {
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath: control.socket, method, path }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode!, answer: JSON.parse(text) });
      });
      asking.on('error', reject).end(body);
    });
  }

  it('answers a write of another version with what is there', async () => {
    await set('dns', 'stale');
    expect(await control.write('dns', 'live', 0)).toEqual({ kind: 'not-ours', value: 'stale', version: 1 });
    expect(await send('PUT', '/slots/dns', '{"value":"live","expect":0}')).toMatchObject({
      status: 409,
      answer: { code: 'E_NOT_OURS', value: 'stale', version: 1 },
    });
  });

  it.each([
    ['GET', '/', undefined, 404, 'E_NOT_FOUND'],
    ['POST', '/state', undefined, 404, 'E_NOT_FOUND'],
    ['PUT', '/slots/busan.process', '{"value":"killed","expect":0}', 400, 'E_SLOT_UNKNOWN'],
    ['PUT', '/slots/%zz', '{"value":"killed","expect":0}', 400, 'E_SLOT_UNKNOWN'],
    ['PUT', '/slots/dns', '{"value":"gone","expect":0}', 400, 'E_SLOT_VALUE'],
    ['PUT', '/slots/dns', '{"value":"stale"}', 400, 'E_BODY'],
    ['PUT', '/slots/dns', '{"value":"stale","expect":0,"expires":5}', 400, 'E_BODY'],
    ['PUT', '/slots/dns', '{"value":"stale","expect":0,"expiresMs":0}', 400, 'E_BODY'],
    ['PUT', '/slots/dns', 'stale', 400, 'E_BODY'],
    ['PUT', '/slots/dns', `"${'x'.repeat(20_000)}"`, 400, 'E_BODY'],
    ['GET', '/listing?region=busan', undefined, 400, 'E_LISTING'],
    ['GET', '/listing?region=seoul&cursor=-1', undefined, 400, 'E_LISTING'],
    ['GET', '/listing?region=seoul&limit=5001', undefined, 400, 'E_LISTING'],
  ])('refuses %s %s %s', async (method, path, body, status, code) => {
    const { status: found, answer } = await send(method, path, body);
    expect({ found, answer }).toMatchObject({ found: status, answer: { code } });
    expect(typeof (answer as { message: unknown }).message).toBe('string');
    expect((await control.state()).slots.dns).toEqual({ value: 'live', version: 0 });
  });

  it('answers that it stops, and stops', async () => {
    await control.stop();
    await until(() => fake.stops() === 1, 'the stop');
  });

  it('where nobody is says that there is no lab', async () => {
    const nobody = new ControlClient(`${control.socket}-nobody`);
    await expect(nobody.state()).rejects.toMatchObject({ code: 'E_LAB_GONE' });
    await expect(nobody.follow(() => {})).rejects.toMatchObject({ code: 'E_LAB_GONE' });
  });
});
