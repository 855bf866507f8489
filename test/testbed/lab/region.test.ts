import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { HEALTHY } from '../../../testbed/behaviour.ts';
import type { LabRegionExit, TaskCounts } from '../../../testbed/lab/lab-region.ts';
import { plant } from '../../../testbed/planted.ts';
import { isAlive, until } from '../client.ts';
import { endRigs, KeptConnection, listAll, place, placeMany, SEED, startRig, urlOf } from './rig.ts';

const STARTER = fileURLToPath(new URL('starter.ts', import.meta.url));

afterEach(endRigs);

describe.runIf(process.platform === 'linux')('a region of the lab', () => {
  it('loses no acknowledged order when it is killed under traffic, and gives the same answers afterwards', async () => {
    const { seoul } = await startRig({ tasks: 2 });
    const acknowledged = new Map<string, string>();
    const pids = seoul.pids();
    let sent = 0;
    const client = async (): Promise<void> => {
      // Ends by the kill: a client whose connection breaks stops.
      while (sent < 20_000) {
        sent++;
        const key = `k-${sent}`;
        const placed = await place(seoul, key).catch(() => null);
        if (placed === null) return;
        acknowledged.set(key, placed.orderId);
      }
    };
    const clients = Array.from({ length: 16 }, client);
    await until(() => acknowledged.size >= 400, '400 orders');
    seoul.kill();
    expect(seoul).toMatchObject({ process: 'killed' });
    expect(seoul.pids()).toEqual([]);
    await Promise.all(clients);

    const onDisk = new Map(seoul.truth().map(({ key, orderId }) => [key, orderId]));
    for (const [key, orderId] of acknowledged) expect(onDisk.get(key)).toBe(orderId);
    expect(new Set(onDisk.values()).size).toBe(onDisk.size);

    await seoul.start();
    for (const pid of pids) expect(seoul.pids()).not.toContain(pid);
    expect(await listAll(seoul)).toEqual(seoul.truth().map(({ key, orderId }) => `${key}=${orderId}`));
    const [key, orderId] = [...acknowledged].at(-1)!;
    expect(await place(seoul, key)).toMatchObject({ status: 201, orderId });
    expect(await place(seoul, 'new')).toMatchObject({ orderId: `seoul-${onDisk.size + 1}` });
  });

  it('does what clients gave up on when it is thawed', async () => {
    const { seoul, tokyo } = await startRig();
    await place(seoul, 'before');
    seoul.freeze();
    expect(seoul.process).toBe('frozen');
    const givenUp = place(seoul, 'given-up', AbortSignal.timeout(300));
    await expect(givenUp).rejects.toThrow();
    await seoul.setDesired(2);
    expect(await seoul.listing(0, 10)).toBeNull();
    expect(seoul.truth().map(({ key }) => key)).toEqual(['before']);
    seoul.thaw();
    await until(() => seoul.truth().some(({ key }) => key === 'given-up'), 'the order that was given up on');
    await until(() => seoul.tasks().running === 2, 'what was set meanwhile');
    await until(() => tokyo.truth().length === 2, 'replication to go on');
  });

  it('tells of an end that nobody asked for, of no other, and leaves no process behind', async () => {
    const { seoul, tokyo } = await startRig({ tasks: 2 });
    const exits: LabRegionExit[] = [];
    seoul.onExit((exit) => exits.push(exit));
    tokyo.onExit((exit) => exits.push(exit));
    const pids = seoul.pids();
    expect(pids).toHaveLength(3);
    tokyo.kill();
    await tokyo.start();
    process.kill(pids[0]!, 'SIGKILL');
    await until(() => exits.length > 0, 'the exit');
    expect(exits).toMatchObject([{ region: 'seoul', cause: expect.stringContaining('by SIGKILL') }]);
    expect(seoul.process).toBe('killed');
    for (const pid of pids) await until(() => !isAlive(pid), `the end of ${pid}`);
    await tokyo.stop();
    expect(exits).toHaveLength(1);
  });

  it('ends with its supervisor, however that ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stormproof-starter-'));
    const starter = spawn(process.execPath, ['--import', 'tsx', STARTER], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: folder },
    });
    const [pids] = (await once(createInterface(starter.stdout), 'line')).map((line) => JSON.parse(line));
    expect(pids).toHaveLength(4);
    starter.kill('SIGKILL');
    try {
      for (const pid of pids) await until(() => !isAlive(pid), `the end of ${pid}`);
    } finally {
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });

  it('says which ports it needs when they are taken', async () => {
    const { seoul } = await startRig();
    await expect(startRig({ port: seoul.port })).rejects.toThrow(
      /^E_PORT_IN_USE: .*\(127\.[12]\.0\.10, ports \d+ and \d+\)/,
    );
  });

  it('refuses connections while its port is refused, and goes on in all else', async () => {
    const { seoul, tokyo } = await startRig();
    const pids = seoul.pids();
    await seoul.setSlow(200);
    const cutOff = placeMany(seoul, 'cut', 4);
    const broken = expect(cutOff).rejects.toThrow();
    await until(() => fetch(`${urlOf(seoul)}/healthz`).then(({ ok }) => ok), 'health');
    await seoul.setPort('refused');
    await broken;
    await expect(place(seoul, 'refused')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await placeMany(tokyo, 't', 5);
    await until(
      async () => (await listAll(seoul)).filter((line) => line.startsWith('t-')).length === 5,
      'replication',
    );
    await seoul.setPort('open');
    expect(await place(seoul, 'open')).toMatchObject({ status: 201 });
    expect(seoul.pids()).toEqual(pids);
    expect(seoul.truth().some(({ key }) => key === 'refused')).toBe(false);
  });

  it('answers 503 by seed and key, and stores half of those', async () => {
    const { seoul } = await startRig();
    await seoul.setErrors(0.4);
    const keys = Array.from({ length: 60 }, (_, n) => `e-${n}`);
    const planted = (key: string) => plant(SEED, key, { ...HEALTHY, errors: 0.4 });
    for (const key of keys) {
      const { status } = await place(seoul, key);
      expect([key, status]).toEqual([key, planted(key).kind === 'error' ? 503 : 201]);
    }
    expect(seoul.truth().map(({ key }) => key)).toEqual(keys.filter((key) => planted(key).stored));
    await seoul.setErrors(0);
    for (const key of keys) expect(await place(seoul, key)).toMatchObject({ status: 201 });
    expect(seoul.truth()).toHaveLength(60);
  });

  it('takes longer by what was added', async () => {
    const { seoul } = await startRig();
    await seoul.setSlow(400);
    expect((await place(seoul, 'slow')).tookMs).toBeGreaterThanOrEqual(399);
    expect(seoul.truth()).toHaveLength(1);
  });

  it('serves no more than its tasks can, and looks ill with it', async () => {
    const { seoul } = await startRig({ tasks: 2, taskCapacity: 20 });
    const fromMs = Date.now();
    const orders = placeMany(seoul, 'q', 20);
    await orders;
    // 20 orders at 2 tasks of 50 ms each.
    expect(seoul.truth().at(-1)!.writtenMs - fromMs).toBeGreaterThanOrEqual(499);
    const from = performance.now();
    expect((await fetch(`${urlOf(seoul)}/healthz`)).status).toBe(200);
    expect(performance.now() - from).toBeGreaterThanOrEqual(49);
  });
});

describe.runIf(process.platform === 'linux')('the tasks of a region', () => {
  it('come up a while after they are wished for', async () => {
    const { tokyo } = await startRig({ tasks: 1, taskStartMs: 700 });
    const told: { atMs: number; tasks: TaskCounts }[] = [];
    tokyo.onTasks((tasks) => told.push({ atMs: Date.now(), tasks }));
    const fromMs = Date.now();
    await tokyo.setDesired(3);
    expect(told).toMatchObject([{ tasks: { desired: 3, running: 1 } }]);
    expect(await place(tokyo, 'meanwhile')).toMatchObject({ status: 201 });
    await until(() => tokyo.tasks().running === 3, 'the new tasks');
    expect(told.map(({ tasks }) => tasks.running)).toEqual([1, 2, 3]);
    for (const { atMs } of told.slice(1)) expect(atMs - fromMs).toBeGreaterThanOrEqual(699);
  });

  it('leave without failing an order when they are too many', async () => {
    const { seoul } = await startRig({ tasks: 3 });
    const pids = seoul.pids();
    const clients = Array.from({ length: 9 }, () => new KeptConnection(urlOf(seoul)));
    for (const [n, client] of clients.entries()) await client.place(`first-${n}`);
    await seoul.setDesired(1);
    expect(seoul.tasks()).toEqual({ desired: 1, running: 1 });
    // Connections that are idle most of the time: each is used until its task says that it was the last time.
    let sent = 0;
    await until(async () => {
      for (const client of clients) {
        sent++;
        expect(await client.place(`k-${sent}`)).toEqual({ status: 201, keptItsWord: true });
      }
      return pids.slice(2).every((pid) => !isAlive(pid));
    }, 'the end of two tasks');
    for (const client of clients) client.end();
    expect(seoul.pids()).toEqual(pids.slice(0, 2));
  });

  it('are not replaced when they were killed, until they are restored', async () => {
    const { seoul } = await startRig({ tasks: 3 });
    const told: number[] = [];
    seoul.onTasks(({ running }) => told.push(running));
    const pids = seoul.pids();
    seoul.killWorkers(1);
    expect(seoul.tasks()).toEqual({ desired: 3, running: 2 });
    await until(() => !isAlive(pids[1]!), 'its end');
    await seoul.setSlow(0);
    expect(seoul.pids()).toEqual([pids[0], ...pids.slice(2)]);
    await placeMany(seoul, 'k', 10);
    seoul.kill();
    await seoul.start();
    expect(seoul.tasks()).toEqual({ desired: 3, running: 2 });
    await seoul.restoreWorkers();
    await until(() => seoul.tasks().running === 3, 'the third task');
    expect(told).toEqual([2, 0, 1, 2, 3]);
  });
});
