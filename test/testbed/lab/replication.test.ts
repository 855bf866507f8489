import { afterEach, describe, expect, it } from 'vitest';
import { hashKey } from '../../../testbed/key-hash.ts';
import type { LabRegion } from '../../../testbed/lab/lab-region.ts';
import { lagOf } from '../../../testbed/lab/replicator.ts';
import type { LabEntry } from '../../../testbed/lab/truth.ts';
import { until } from '../client.ts';
import { endRigs, LAG, listAll, place, placeMany, SEED, startRig, urlOf } from './rig.ts';

afterEach(endRigs);

const lagMs = (key: string): number => lagOf(SEED, hashKey(key), LAG);
const arrivals = (region: LabRegion): LabEntry[] =>
  region.truth().filter((entry) => entry.arrivedMs !== null);
const keysInSequence = (entries: LabEntry[]): string[] => entries.map(({ key }) => key);
const keysOf = (entries: LabEntry[]): string[] => keysInSequence(entries).sort();

async function untilArrived(region: LabRegion, count: number): Promise<LabEntry[]> {
  await until(() => arrivals(region).length >= count, `${count} replicated orders`);
  return arrivals(region);
}

describe.runIf(process.platform === 'linux')('replication', () => {
  it('delivers each order its lag after its write, in both directions, once', async () => {
    const { seoul, tokyo } = await startRig();
    const [fromSeoul, fromTokyo] = await Promise.all([placeMany(seoul, 's', 60), placeMany(tokyo, 't', 60)]);
    for (const [there, keys] of [
      [tokyo, fromSeoul],
      [seoul, fromTokyo],
    ] as const) {
      const arrived = await untilArrived(there, 60);
      expect(keysOf(arrived)).toEqual([...keys].sort());
      for (const { key, writtenMs, arrivedMs } of arrived) {
        expect(arrivedMs! - writtenMs).toBeGreaterThanOrEqual(lagMs(key));
      }
      // By when they are due and not by when they were written.
      const due = arrived.map(({ key, writtenMs }) => Math.ceil(writtenMs + lagMs(key)));
      expect(due).toEqual([...due].sort((a, b) => a - b));
      const inWriting = arrived.toSorted((a, b) => a.writtenMs - b.writtenMs);
      expect(keysInSequence(arrived)).not.toEqual(keysInSequence(inWriting));
    }
    await until(async () => (await seoul.waitingToReplicate()) === 0, 'the acknowledgement');
    const written = new Map(seoul.truth().map(({ orderId, writtenMs }) => [orderId, writtenMs]));
    for (const { orderId, writtenMs } of tokyo.truth()) expect(written.get(orderId)).toBe(writtenMs);
    expect((await listAll(seoul)).sort()).toEqual((await listAll(tokyo)).sort());
  });

  it('acknowledges a key that came from the peer with the order id of the peer', async () => {
    const { seoul, tokyo } = await startRig();
    const { orderId } = await place(seoul, 'k');
    await untilArrived(tokyo, 1);
    expect(await place(tokyo, 'k')).toMatchObject({ status: 201, orderId });
    expect(tokyo.truth()).toHaveLength(1);
    const order = await (await fetch(`${urlOf(tokyo)}/api/v1/orders/${orderId}`)).json();
    expect(order).toMatchObject({ idempotency_key: 'k', order_id: orderId, user_id: 'u-1', total: 19.8 });
  });

  it('lets arrive what has left, and keeps the rest, while it is paused', async () => {
    const { seoul, tokyo } = await startRig();
    // For longer than this test lasts, but for what follows.
    await seoul.setReplication({ lagMs: 60_000 });
    const left = await placeMany(seoul, 'left', 20);
    await seoul.setReplication('paused');
    await placeMany(seoul, 'kept', 20);
    expect(keysOf(await untilArrived(tokyo, 20))).toEqual([...left].sort());
    await until(async () => (await seoul.waitingToReplicate()) === 20, 'the acknowledgement');
    const fromMs = Date.now();
    await seoul.setReplication('running');
    for (const { key, arrivedMs } of (await untilArrived(tokyo, 40)).slice(20)) {
      expect(key).toMatch(/^kept/);
      expect(arrivedMs! - fromMs).toBeGreaterThanOrEqual(lagMs(key));
    }
  });

  it('delivers nothing while it is cut, and all of it anew when it is whole again', async () => {
    const { seoul, tokyo } = await startRig();
    // On their way for longer than this test lasts.
    await seoul.setReplication({ lagMs: 60_000 });
    await placeMany(seoul, 'way', 20);
    await seoul.setReplication('cut');
    await placeMany(seoul, 'cut', 20);
    expect(await seoul.waitingToReplicate()).toBe(40);
    const fromMs = Date.now();
    await seoul.setReplication('running');
    for (const { key, arrivedMs } of await untilArrived(tokyo, 40)) {
      expect(arrivedMs! - fromMs).toBeGreaterThanOrEqual(lagMs(key));
    }
  });

  it('takes longer by what was added, for as long as it is', async () => {
    const { seoul, tokyo } = await startRig();
    await seoul.setReplication({ lagMs: 400 });
    await placeMany(seoul, 'late', 20);
    for (const { key, writtenMs, arrivedMs } of await untilArrived(tokyo, 20)) {
      expect(arrivedMs! - writtenMs).toBeGreaterThanOrEqual(lagMs(key) + 400);
    }
    await seoul.setReplication({ lagMs: 60_000 });
    await placeMany(seoul, 'later', 20);
    await seoul.setReplication('running');
    await untilArrived(tokyo, 40);
  });

  it('delivers after a kill and a start what had not been delivered, with its lag anew', async () => {
    const { seoul, tokyo } = await startRig();
    await placeMany(seoul, 'before', 20);
    await untilArrived(tokyo, 20);
    await seoul.setReplication({ lagMs: 60_000 });
    const late = await placeMany(seoul, 'late', 20);
    seoul.kill();
    expect(await seoul.waitingToReplicate()).toBe(20);
    await seoul.setReplication('running');
    const fromMs = Date.now();
    await seoul.start();
    const arrived = (await untilArrived(tokyo, 40)).slice(20);
    expect(keysOf(arrived)).toEqual([...late].sort());
    for (const { key, arrivedMs } of arrived) expect(arrivedMs! - fromMs).toBeGreaterThanOrEqual(lagMs(key));
    await until(async () => (await seoul.waitingToReplicate()) === 0, 'the acknowledgement');
  });

  it('reaches a peer that was killed or frozen as soon as it is back, and nothing twice', async () => {
    const { seoul, tokyo } = await startRig();
    tokyo.kill();
    await placeMany(seoul, 'killed', 20);
    await tokyo.start();
    await untilArrived(tokyo, 20);
    tokyo.freeze();
    await placeMany(seoul, 'frozen', 20);
    tokyo.thaw();
    await untilArrived(tokyo, 40);
    // Sent to it while it is frozen, and never taken.
    tokyo.freeze();
    const keys = await placeMany(seoul, 'lost', 20);
    const dueMs = Date.now() + Math.max(...keys.map(lagMs));
    await until(() => Date.now() > dueMs + 50, 'all to be due');
    tokyo.kill();
    await tokyo.start();
    await untilArrived(tokyo, 60);
    await until(async () => (await seoul.waitingToReplicate()) === 0, 'the acknowledgement');
    expect(new Set(tokyo.truth().map(({ orderId }) => orderId)).size).toBe(60);
  });

  it('keeps both orders of a key that was written in both regions', async () => {
    const { seoul, tokyo } = await startRig();
    await Promise.all([seoul.setReplication('cut'), tokyo.setReplication('cut')]);
    const keys = await placeMany(seoul, 'k', 10);
    await placeMany(tokyo, 'k', 10);
    const ids = keys.map((key) => [
      seoul.truth().find((entry) => entry.key === key)!.orderId,
      tokyo.truth().find((entry) => entry.key === key)!.orderId,
    ]);
    await Promise.all([seoul.setReplication('running'), tokyo.setReplication('running')]);
    await untilArrived(seoul, 10);
    await untilArrived(tokyo, 10);
    const lines = keys.flatMap((key, n) => ids[n]!.map((id) => `${key}=${id}`)).sort();
    expect((await listAll(seoul)).sort()).toEqual(lines);
    expect((await listAll(tokyo)).sort()).toEqual(lines);
    expect((await place(seoul, 'k-0')).orderId).toBe(ids[0]![0]);
    expect((await place(tokyo, 'k-0')).orderId).toBe(ids[0]![1]);
  });
});
