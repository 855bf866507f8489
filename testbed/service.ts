/** The HTTP service of one region: orders go to the desk, reads are answered from the store. */
import type { Server, ServerResponse } from 'node:http';
import type { Counts } from './account.ts';
import { answer } from './answer.ts';
import type { Behaviour } from './behaviour.ts';
import { OrderDesk } from './order-desk.ts';
import { createOrderServer, HEALTHY_BODY, ORDERS, PRODUCTS_PATH } from './order-server.ts';
import type { OrderStore } from './order-store.ts';
import { type Reading, readListing, readOrderById, readProduct, readProducts } from './reading.ts';

export interface ServiceOptions {
  store: OrderStore;
  /** 0 to 2^32 - 1. */
  seed: number;
  behaviour: Behaviour;
  /** Epoch ms; `Date.now` where left out. */
  now?: () => number;
}

export interface Service {
  /** Not listening yet. */
  server: Server;
  /** A copy of the account as it stands. */
  counts(): Counts;
}

export function createService({ store, seed, behaviour, now = Date.now }: ServiceOptions): Service {
  const desk = new OrderDesk({ store, seed, behaviour, now });
  const { region } = store;
  const { counts } = desk;
  const tell = (response: ServerResponse, { status, body }: Reading): void => {
    if (status === 200) counts.reads++;
    answer(response, region, status, body);
  };
  const server = createOrderServer(desk, [
    { path: ORDERS, read: (response, _, query) => tell(response, readListing(store, query)) },
    { path: `${ORDERS}/`, named: true, read: (response, id) => tell(response, readOrderById(store, id)) },
    { path: PRODUCTS_PATH, read: (response) => tell(response, readProducts()) },
    { path: `${PRODUCTS_PATH}/`, named: true, read: (response, name) => tell(response, readProduct(name)) },
    { path: '/healthz', read: (response) => answer(response, region, 200, HEALTHY_BODY) },
    // The control endpoint: what this region really did so far, and what was planted.
    {
      path: '/testbed/account',
      read: (response) => answer(response, region, 200, JSON.stringify({ region, seed, behaviour, counts })),
    },
  ]);
  return { server, counts: () => ({ ...counts }) };
}
