/** The HTTP service of one region: routes, reads, and the control endpoint. Orders go to the desk. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Counts } from './account.ts';
import { answer, answerNotAllowed, type ErrorCode, errorBody, rawAnswer } from './answer.ts';
import type { Behaviour } from './behaviour.ts';
import { PRODUCTS } from './catalogue.ts';
import { readListingRequest, readPage } from './listing.ts';
import { totalOf } from './order.ts';
import { OrderDesk, OrderRequest } from './order-desk.ts';
import type { OrderStore } from './order-store.ts';

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

/**
 * A reconnect storm after a failover met 1,156 timeouts at Node's own 511, and none at this. The kernel caps it at
 * net.core.somaxconn.
 */
export const LISTEN_BACKLOG = 4096;

const ORDERS = '/api/v1/orders';
const PRODUCTS_PATH = '/api/v1/products';
const PRODUCT_LIST = JSON.stringify({ products: PRODUCTS });

/** What may be asked for by GET: a prefix, and whether one name follows it. */
type Read = (context: Context, name: string, query: string) => void;

interface Context {
  region: string;
  store: OrderStore;
  desk: OrderDesk;
  seed: number;
  behaviour: Behaviour;
  response: ServerResponse;
}

const READS: readonly { path: string; named: boolean; read: Read }[] = [
  { path: ORDERS, named: false, read: readListing },
  { path: `${ORDERS}/`, named: true, read: readOneOrder },
  { path: PRODUCTS_PATH, named: false, read: readProducts },
  { path: `${PRODUCTS_PATH}/`, named: true, read: readOneProduct },
  { path: '/healthz', named: false, read: readHealth },
  { path: '/testbed/account', named: false, read: readAccount },
];

export function createService({ store, seed, behaviour, now = Date.now }: ServiceOptions): Service {
  const desk = new OrderDesk({ store, seed, behaviour, now });
  const { region } = store;
  const server = createServer(
    {
      IncomingMessage: OrderRequest,
      // Idle connections are never closed: a client whose connections rotate more slowly than the server's idle
      // timeout sends orders into closing ones, and they fail falsely (18 of 8,000 with Node's own 5 s).
      keepAliveTimeout: 0,
      // A slow sender is the client's business here; Node's own limits would answer 408 in the middle of a test.
      requestTimeout: 0,
      headersTimeout: 0,
      noDelay: true,
    },
    (request, response) => {
      if (request.method === 'POST' && request.url === ORDERS) desk.take(request, response);
      else route({ region, store, desk, seed, behaviour, response }, request);
    },
  );
  server.keepAliveTimeout = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    answerGarbage(error, socket, region);
  });
  return { server, counts: () => ({ ...desk.counts }) };
}

function route(context: Context, request: IncomingMessage): void {
  const { region, response } = context;
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  for (const { path: known, named, read } of READS) {
    const name = named ? path.slice(known.length) : '';
    if (named ? !path.startsWith(known) || name === '' || name.includes('/') : path !== known) continue;
    if (request.method === 'GET' || request.method === 'HEAD') {
      read(context, name, mark === -1 ? '' : url.slice(mark + 1));
    } else if (request.method === 'POST' && known === ORDERS) {
      // Only with a query, which means nothing here.
      context.desk.take(request as OrderRequest, response);
    } else {
      answerNotAllowed(request, response, region, known === ORDERS ? 'GET, HEAD, POST' : 'GET, HEAD');
    }
    return;
  }
  notFound(context, `There is no ${path}.`);
}

function readListing(context: Context, _name: string, query: string): void {
  const listing = readListingRequest(new URLSearchParams(query), context.store.count);
  if (Array.isArray(listing)) {
    const body = errorBody('validation_failed', 'The listing cannot be read from there.', listing);
    answer(context.response, context.region, 400, body);
    return;
  }
  found(context, JSON.stringify(readPage(context.store, listing)));
}

function readOneOrder(context: Context, name: string): void {
  const order = context.store.orderOf(name);
  if (order === 0) {
    notFound(context, `There is no order ${name}.`);
    return;
  }
  const stored = context.store.read(order);
  found(context, JSON.stringify({ ...stored, total: totalOf(stored.items) }));
}

function readProducts(context: Context): void {
  found(context, PRODUCT_LIST);
}

function readOneProduct(context: Context, name: string): void {
  const product = PRODUCTS.find(({ product_id }) => product_id === name);
  if (product === undefined) notFound(context, `There is no product ${name}.`);
  else found(context, JSON.stringify(product));
}

function readHealth(context: Context): void {
  answer(context.response, context.region, 200, '{"status":"ok"}');
}

/** The control endpoint: what this region really did so far, and what was planted. */
function readAccount({ response, region, seed, behaviour, desk }: Context): void {
  answer(response, region, 200, JSON.stringify({ region, seed, behaviour, counts: desk.counts }));
}

function found(context: Context, body: string): void {
  context.desk.counts.reads++;
  answer(context.response, context.region, 200, body);
}

function notFound({ response, region }: Context, message: string): void {
  answer(response, region, 404, errorBody('not_found', message));
}

/** What could not be parsed as HTTP gets an answer of the same shape, and its connection is closed. */
function answerGarbage(error: NodeJS.ErrnoException, socket: Duplex, region: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code]: [number, ErrorCode] =
    error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'header_too_large'] : [400, 'malformed_request'];
  socket.end(rawAnswer(region, status, errorBody(code, 'The request could not be read.')));
}
