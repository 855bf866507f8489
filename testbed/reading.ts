/** What is read from a region: orders, the listing of their keys, products. */
import { errorBody } from './answer.ts';
import { PRODUCTS } from './catalogue.ts';
import { type ListedOrders, readListingRequest, readPage } from './listing.ts';
import { totalOf } from './order.ts';
import type { StoredOrder } from './order-store.ts';

/** An answer that is not sent yet. */
export interface Reading {
  status: number;
  /** JSON. */
  body: string;
}

/** Orders by number, 1 to `count`. */
export interface ReadableOrders extends ListedOrders {
  /** The number of an order id, or 0 where there is none. */
  orderOf(orderId: string): number;
  read(order: number): StoredOrder;
}

const PRODUCT_LIST: Reading = { status: 200, body: JSON.stringify({ products: PRODUCTS }) };

export const readProducts = (): Reading => PRODUCT_LIST;

export function readProduct(name: string): Reading {
  const product = PRODUCTS.find(({ product_id }) => product_id === name);
  return product === undefined
    ? notFound(`There is no product ${name}.`)
    : { status: 200, body: JSON.stringify(product) };
}

/** @param query of the URL, without its question mark */
export function readListing(orders: ListedOrders, query: string): Reading {
  const listing = readListingRequest(new URLSearchParams(query), orders.count);
  return Array.isArray(listing)
    ? { status: 400, body: errorBody('validation_failed', 'The listing cannot be read from there.', listing) }
    : { status: 200, body: JSON.stringify(readPage(orders, listing)) };
}

export function readOrderById(orders: ReadableOrders, orderId: string): Reading {
  const order = orders.orderOf(orderId);
  if (order === 0) return notFound(`There is no order ${orderId}.`);
  const stored = orders.read(order);
  return { status: 200, body: JSON.stringify({ ...stored, total: totalOf(stored.items) }) };
}

export const notFound = (message: string): Reading => ({
  status: 404,
  body: errorBody('not_found', message),
});
