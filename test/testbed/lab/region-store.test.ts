import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashKey } from '../../../testbed/key-hash.ts';
import { RegionStore } from '../../../testbed/lab/region-store.ts';
import { ordersFile } from '../../../testbed/lab/store-file.ts';
import { countUndelivered, readTruth } from '../../../testbed/lab/truth.ts';
import { recordSize, writeRecord } from '../../../testbed/order-record.ts';
import { newOrder } from '../client.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stormproof-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (): RegionStore => new RegionStore('seoul', 'tokyo', folder);

function packed(key: string, writtenMs = 0): Buffer {
  const order = newOrder(key);
  const bytes = Buffer.alloc(recordSize(order));
  writeRecord(bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, order, writtenMs);
  return bytes;
}

const place = (store: RegionStore, key: string, writtenMs = 1000): number =>
  store.place(packed(key), hashKey(key), writtenMs);

const lines = (store: RegionStore) => Array.from({ length: store.count }, (_, i) => store.readKey(i + 1));

describe('the store of a region', () => {
  it('is the same after it was opened again, and the same as its truth', () => {
    const order = fc.record({
      key: fc.stringMatching(/^[a-z0-9]{1,12}$/),
      from: fc.constantFrom('seoul', 'tokyo'),
      number: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(order, { maxLength: 40 }), (orders) => {
        writeFileSync(ordersFile(folder), '');
        const store = open();
        orders.forEach(({ key, from, number }, i) => {
          if (from === 'tokyo') store.take(number, packed(key, 500 + i), 2000 + i);
          else if (store.find(key, hashKey(key)) === 0) place(store, key, 1000 + i);
        });
        store.write();
        const again = open();
        expect(lines(again)).toEqual(lines(store));
        expect(
          readTruth(folder, 'seoul', 'tokyo').map(({ key, orderId, writtenMs }) => ({
            idempotency_key: key,
            order_id: orderId,
            written_ms: writtenMs,
          })),
        ).toEqual(lines(store));
        for (const [i, { order_id }] of lines(store).entries()) {
          expect(again.orderOf(order_id)).toBe(i + 1);
          expect(again.read(i + 1)).toEqual(store.read(i + 1));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has on its disk what was written, and nothing before', () => {
    const store = open();
    place(store, 'a');
    expect(readTruth(folder, 'seoul', 'tokyo')).toEqual([]);
    store.write();
    store.take(9, packed('b', 700), 1500);
    store.write();
    expect(readTruth(folder, 'seoul', 'tokyo')).toEqual([
      { key: 'a', orderId: 'seoul-1', writtenMs: 1000, arrivedMs: null },
      { key: 'b', orderId: 'tokyo-9', writtenMs: 700, arrivedMs: 1500 },
    ]);
  });

  it('drops the order that was torn by a kill, and goes on after the last whole one', () => {
    const first = open();
    place(first, 'a');
    place(first, 'b');
    first.write();
    const whole = readFileSync(ordersFile(folder)).length;
    for (let cut = 1; cut < whole / 2; cut++) {
      truncateSync(ordersFile(folder), whole - cut);
      expect(readTruth(folder, 'seoul', 'tokyo').map(({ key }) => key)).toEqual(['a']);
      const store = open();
      expect(store.find('b', hashKey('b'))).toBe(0);
      place(store, 'b');
      store.write();
      expect(lines(open()).map(({ order_id }) => order_id)).toEqual(['seoul-1', 'seoul-2']);
    }
    appendFileSync(ordersFile(folder), 'torn');
    expect(lines(open())).toHaveLength(2);
  });

  it('takes an order of the peer once, and keeps it beside an own one of the same key', () => {
    const store = open();
    place(store, 'k');
    store.take(1, packed('k', 900), 2000);
    store.take(1, packed('k', 900), 2001);
    expect(lines(store).map(({ order_id }) => order_id)).toEqual(['seoul-1', 'tokyo-1']);
    expect(store.find('k', hashKey('k'))).toBe(1);
    expect(
      ['tokyo-1', 'tokyo-2', 'seoul-2', 'osaka-1', 'seoul-01', '-1'].map((id) => store.orderOf(id)),
    ).toEqual([2, 0, 0, 0, 0, 0]);
  });

  it('remembers what was delivered', () => {
    const store = open();
    for (const key of ['a', 'b', 'c', 'd']) place(store, key);
    store.take(1, packed('t'), 2000);
    store.write();
    expect(store.undeliveredNumbers()).toEqual([1, 2, 3, 4]);
    store.setDelivered([2, 4]);
    store.setDelivered([4]);
    expect(store.undelivered).toBe(2);
    expect(countUndelivered(folder)).toBe(2);
    expect(open().undeliveredNumbers()).toEqual([1, 3]);
  });
});
