import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../../testbed/key-index.ts';
import { OrderStore } from '../../testbed/order-store.ts';
import { newOrder } from './client.ts';

const id = (longest: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9._:~@/+=-]{1,${longest}}$`));
const anyOrder = fc.record({
  user_id: id(64),
  items: fc.array(
    fc.record({
      product_id: id(64),
      quantity: fc.integer({ min: 1, max: 1000 }),
      price: fc.double({ min: 0, max: 1e12, noNaN: true }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  idempotency_key: id(128),
});

describe('the store', () => {
  it('gives back every order as it was put, in its sequence', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyOrder, { selector: (o) => o.idempotency_key, maxLength: 60 }),
        (orders) => {
          const store = new OrderStore('seoul');
          orders.forEach((order, i) => {
            expect(store.add(order, 1e12 + i)).toBe(i + 1);
          });
          expect(store.count).toBe(orders.length);
          orders.forEach((order, i) => {
            expect(store.find(order.idempotency_key)).toBe(i + 1);
            const written_ms = 1e12 + i;
            expect(store.read(i + 1)).toEqual({ ...order, order_id: `seoul-${i + 1}`, written_ms });
            expect(store.readKey(i + 1)).toEqual({
              idempotency_key: order.idempotency_key,
              order_id: `seoul-${i + 1}`,
              written_ms,
            });
          });
        },
      ),
      { seed: 7 },
    );
  });

  it('finds every key, and no other, among 300,000 over many chunks', () => {
    const store = new OrderStore('seoul');
    for (let n = 0; n < 300_000; n++) store.add(newOrder(`run-s${n}`), 1e12 + n);
    for (let n = 0; n < 300_000; n += 7) expect(store.find(`run-s${n}`)).toBe(n + 1);
    for (let n = 300_000; n < 301_000; n++) expect(store.find(`run-s${n}`)).toBe(0);
    expect(store.read(300_000)).toMatchObject({ idempotency_key: 'run-s299999', written_ms: 1e12 + 299_999 });
  });

  it('knows its own order ids only', () => {
    const store = new OrderStore('seoul');
    store.add(newOrder('k'), 1e12);
    expect(store.orderOf('seoul-1')).toBe(1);
    for (const foreign of [
      'seoul-2',
      'seoul-0',
      'seoul-01',
      'seoul-1.0',
      'tokyo-1',
      'seoul-',
      'seoul',
      '1',
      'seoul--1',
      '',
    ]) {
      expect(store.orderOf(foreign), foreign).toBe(0);
    }
  });
});

describe('the index of keys', () => {
  it('tells apart keys whose hashes are the same', () => {
    const keys: string[] = [];
    const index = new KeyIndex((order, key) => keys[order - 1] === key);
    for (const key of ['a', 'b', 'c']) {
      keys.push(key);
      index.add(42, keys.length);
    }
    expect(['a', 'b', 'c', 'd'].map((key) => index.find(key, 42))).toEqual([1, 2, 3, 0]);
  });

  it('holds any hashes, however they crowd', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 400 }), (hashes) => {
        const index = new KeyIndex((order, key) => String(order) === key);
        hashes.forEach((hash, i) => {
          index.add(hash << 8, i + 1);
        });
        hashes.forEach((hash, i) => {
          expect(index.find(String(i + 1), hash << 8)).toBe(i + 1);
        });
        expect(index.find('none', 0)).toBe(0);
      }),
      { seed: 7 },
    );
  });
});
