import { describe, expect, it } from 'vitest';
import { readOrder, totalOf } from '../../testbed/order.ts';
import { newOrder } from './client.ts';

const item = { product_id: 'p-1', quantity: 1, price: 5 };

describe('an order', () => {
  it('is taken as it is, not copied', () => {
    const order = newOrder('k-1');
    expect(readOrder(order)).toBe(order);
  });

  it('may have fields that the service does not know', () => {
    const order = { ...newOrder('k-1'), coupon: 'STORM' };
    expect(readOrder(order)).toBe(order);
  });

  it.each<[string, unknown, string[]]>([
    ['null', null, ['']],
    ['a list', [], ['']],
    ['a number', 7, ['']],
    ['nothing in it', {}, ['user_id', 'items', 'idempotency_key']],
    ['no items', newOrder('k', { items: [] }), ['items']],
    ['101 items', newOrder('k', { items: Array(101).fill(item) }), ['items']],
    ['an item that is a word', { ...newOrder('k'), items: [item, 'p-1'] }, ['items[1]']],
    ['an item that is null', { ...newOrder('k'), items: [null] }, ['items[0]']],
    ['a quantity of 0', newOrder('k', { items: [{ ...item, quantity: 0 }] }), ['items[0].quantity']],
    ['half a product', newOrder('k', { items: [{ ...item, quantity: 0.5 }] }), ['items[0].quantity']],
    ['a quantity of 1001', newOrder('k', { items: [{ ...item, quantity: 1001 }] }), ['items[0].quantity']],
    ['a negative price', newOrder('k', { items: [{ ...item, price: -0.01 }] }), ['items[0].price']],
    ['a price in words', { ...newOrder('k'), items: [{ ...item, price: '5' }] }, ['items[0].price']],
    ['an empty product', newOrder('k', { items: [{ ...item, product_id: '' }] }), ['items[0].product_id']],
    ['an empty key', newOrder(''), ['idempotency_key']],
    ['a key of 129 characters', newOrder('k'.repeat(129)), ['idempotency_key']],
    ['a key with a comma', newOrder('a,b'), ['idempotency_key']],
    ['a key with a line break', newOrder('a\nb'), ['idempotency_key']],
    ['a key with a final line break', newOrder('ab\n'), ['idempotency_key']],
    ['a key beyond ASCII', newOrder('주문-1'), ['idempotency_key']],
    ['a user that is a number', { ...newOrder('k'), user_id: 7 }, ['user_id']],
  ])('with %s is refused by path', (_, body, paths) => {
    const details = readOrder(body);
    expect(Array.isArray(details) && details.map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    ['the longest key', newOrder('k'.repeat(128))],
    ['100 items', newOrder('k', { items: Array(100).fill(item) })],
    ['a quantity of 1000', newOrder('k', { items: [{ ...item, quantity: 1000 }] })],
    ['a price of 0', newOrder('k', { items: [{ ...item, price: 0 }] })],
  ])('with %s is taken', (_, order) => {
    expect(readOrder(order)).toBe(order);
  });

  it('names the first 20 mistakes only', () => {
    const body = newOrder('k', { items: Array(100).fill({ ...item, quantity: -1 }) });
    expect(readOrder(body)).toHaveLength(20);
  });

  it('costs quantity times price, to the cent', () => {
    expect(
      totalOf([
        { product_id: 'a', quantity: 3, price: 0.1 },
        { product_id: 'b', quantity: 1, price: 19.99 },
      ]),
    ).toBe(20.29);
  });
});
