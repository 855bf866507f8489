import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListingRequest, readListingRequest, readPage } from '../../testbed/listing.ts';
import { OrderStore } from '../../testbed/order-store.ts';
import { newOrder } from './client.ts';

const ask = (query: string, stored = 10) => readListingRequest(new URLSearchParams(query), stored);

describe('the listing', () => {
  it('gives every order once, in sequence, while others are being stored', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 50 }),
        fc.array(fc.record({ limit: fc.integer({ min: 1, max: 20 }), meanwhile: fc.nat({ max: 15 }) }), {
          maxLength: 30,
        }),
        (before, steps) => {
          const store = new OrderStore('seoul');
          const addSome = (count: number) => {
            for (let left = count; left > 0; left--)
              store.add(newOrder(`k-${store.count}`), 1e12 + store.count);
          };
          addSome(before);
          const seen: string[] = [];
          let cursor = '0';
          const read = (limit: number): boolean => {
            const request = ask(`cursor=${cursor}&limit=${limit}`, store.count) as ListingRequest;
            const page = readPage(store, request);
            seen.push(...page.orders.map((order) => order.idempotency_key));
            cursor = page.next_cursor;
            return page.has_more;
          };
          for (const { limit, meanwhile } of steps) {
            read(limit);
            addSome(meanwhile);
          }
          const stored = store.count;
          for (let pages = 0; pages < 1000 && read(7); pages++) addSome(pages < 5 ? 1 : 0);
          expect(seen).toEqual(Array.from({ length: store.count }, (_, n) => `k-${n}`));
          expect(seen.length).toBeGreaterThanOrEqual(stored);
        },
      ),
      { seed: 7 },
    );
  });

  it('begins at the beginning and has a usual size', () => {
    expect(ask('')).toEqual({ after: 0, limit: 1000 });
  });

  it('of no orders is an empty page whose cursor stays good', () => {
    const store = new OrderStore('seoul');
    expect(readPage(store, { after: 0, limit: 10 })).toEqual({
      orders: [],
      next_cursor: '0',
      has_more: false,
    });
  });

  it.each([
    ['cursor=11', ['cursor']],
    ['cursor=-1', ['cursor']],
    ['cursor=abc', ['cursor']],
    ['cursor=', ['cursor']],
    ['limit=0', ['limit']],
    ['limit=5001', ['limit']],
    ['limit=1e3', ['limit']],
    ['limit=x&cursor=99', ['cursor', 'limit']],
  ])('refuses %s by name', (query, paths) => {
    const details = ask(query);
    expect(Array.isArray(details) && details.map(({ path }) => path)).toEqual(paths);
  });
});
