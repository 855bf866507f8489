/**
 * An order packed into bytes, about 100 of them: as a store keeps it and as regions send it.
 *
 * A record: written_ms (8), lengths of key and user id, count of items (1 each), key, user id, then for each item
 * its length (1), product id, quantity (2) and price (8). Text is ASCII, as `readOrder` guarantees.
 */
import type { NewOrder, OrderItem } from './order.ts';

const TIME = 0;
const KEY_LENGTH = 8;
const USER_LENGTH = 9;
const ITEM_COUNT = 10;
const TEXT = 11;
const ITEM_FIXED = 11;

export function recordSize({ user_id: user, idempotency_key: key, items }: NewOrder): number {
  let size = TEXT + key.length + user.length;
  for (const item of items) size += ITEM_FIXED + item.product_id.length;
  return size;
}

/** The size of a record that has been written. */
export function packedSize(bytes: Buffer, start: number): number {
  let at = start + TEXT + bytes[start + KEY_LENGTH]! + bytes[start + USER_LENGTH]!;
  for (let left = bytes[start + ITEM_COUNT]!; left > 0; left--) at += ITEM_FIXED + bytes[at]!;
  return at - start;
}

/**
 * @param view of the same memory as `bytes`, from the same start
 * @param start where the record begins; `recordSize` bytes from there are written
 * @param writtenMs epoch ms
 */
export function writeRecord(
  bytes: Buffer,
  view: DataView,
  start: number,
  order: NewOrder,
  writtenMs: number,
): void {
  const { user_id: user, idempotency_key: key, items } = order;
  view.setFloat64(start + TIME, writtenMs, true);
  bytes[start + KEY_LENGTH] = key.length;
  bytes[start + USER_LENGTH] = user.length;
  bytes[start + ITEM_COUNT] = items.length;
  let at = writeAscii(bytes, start + TEXT, key);
  at = writeAscii(bytes, at, user);
  for (const item of items) {
    bytes[at] = item.product_id.length;
    at = writeAscii(bytes, at + 1, item.product_id);
    view.setUint16(at, item.quantity, true);
    view.setFloat64(at + 2, item.price, true);
    at += 10;
  }
}

/** Epoch ms. */
export const writtenMsOf = (view: DataView, start: number): number => view.getFloat64(start + TIME, true);

export const keyOf = (bytes: Buffer, start: number): string =>
  bytes.toString('latin1', start + TEXT, start + TEXT + bytes[start + KEY_LENGTH]!);

/** Compares in place. */
export function hasKey(bytes: Buffer, start: number, key: string): boolean {
  if (bytes[start + KEY_LENGTH] !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[start + TEXT + i] !== key.charCodeAt(i)) return false;
  return true;
}

export function readRecord(bytes: Buffer, view: DataView, start: number): NewOrder {
  const userFrom = start + TEXT + bytes[start + KEY_LENGTH]!;
  let at = userFrom + bytes[start + USER_LENGTH]!;
  const user_id = bytes.toString('latin1', userFrom, at);
  const items: OrderItem[] = [];
  for (let left = bytes[start + ITEM_COUNT]!; left > 0; left--) {
    const idTo = at + 1 + bytes[at]!;
    items.push({
      product_id: bytes.toString('latin1', at + 1, idTo),
      quantity: view.getUint16(idTo, true),
      price: view.getFloat64(idTo + 2, true),
    });
    at = idTo + 10;
  }
  return { idempotency_key: keyOf(bytes, start), user_id, items };
}

/** @returns the offset after the text. For such short texts this is quicker than the call into `Buffer.write`. */
function writeAscii(bytes: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
