import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderOf, orderValue } from '../../measure/order.ts';

describe('order number n', () => {
  it('is worth the sum of its items, whatever n', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), (seq) => {
        const { items, value } = orderOf(seq);
        expect(value).toBe(items.reduce((sum, { quantity, price }) => sum + quantity * price, 0));
        expect(orderValue(seq)).toBe(value);
        expect(value).toBeGreaterThan(0);
      }),
    );
  });

  it('is the same whoever asks, and differs among users', () => {
    expect(orderOf(41)).toEqual(orderOf(41));
    expect(new Set(Array.from({ length: 1000 }, (_, seq) => orderOf(seq).userId)).size).toBe(1000);
    expect(new Set(Array.from({ length: 1000 }, (_, seq) => orderOf(seq).value)).size).toBeGreaterThan(8);
  });
});
