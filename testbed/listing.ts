/** The listing of stored keys, a page at a time: what a ledger is reconciled against. */
import type { Detail } from './order.ts';
import type { StoredKey } from './order-store.ts';

/** Orders by number, 1 to `count`. */
export interface ListedOrders {
  readonly count: number;
  readKey(order: number): StoredKey;
}

export interface ListingRequest {
  /** The number of the last order that the reader has. */
  after: number;
  limit: number;
}

/**
 * Orders come in the sequence in which they were stored. Reading on from `next_cursor` until `has_more` is false
 * gives every order that was stored before the last page was asked for, each exactly once, however many come in
 * meanwhile. The last cursor stays good: orders stored later follow it.
 */
export interface ListingPage {
  orders: StoredKey[];
  next_cursor: string;
  has_more: boolean;
}

const USUAL_LIMIT = 1000;
/** A page of this size takes about 2 ms, which orders have to wait. */
const HIGHEST_LIMIT = 5000;

/**
 * @param query of the URL: `cursor` and `limit`, both optional
 * @param stored how many orders there are
 * @returns the mistakes where there are any
 */
export function readListingRequest(query: URLSearchParams, stored: number): ListingRequest | Detail[] {
  const details: Detail[] = [];
  const after = wholeNumber(query.get('cursor') ?? '0');
  if (after === null || after > stored) {
    details.push({ path: 'cursor', message: 'Expected the next_cursor of a page of this region, or none.' });
  }
  const limit = wholeNumber(query.get('limit') ?? String(USUAL_LIMIT));
  if (limit === null || limit < 1 || limit > HIGHEST_LIMIT) {
    details.push({ path: 'limit', message: `Expected a whole number from 1 to ${HIGHEST_LIMIT}.` });
  }
  return details.length > 0 ? details : { after: after!, limit: limit! };
}

export function readPage(stored: ListedOrders, { after, limit }: ListingRequest): ListingPage {
  const last = Math.min(stored.count, after + limit);
  const orders: StoredKey[] = [];
  for (let order = after + 1; order <= last; order++) orders.push(stored.readKey(order));
  return { orders, next_cursor: String(last), has_more: last < stored.count };
}

const wholeNumber = (text: string): number | null => (/^\d{1,10}$/.test(text) ? Number(text) : null);
