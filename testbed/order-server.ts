/** HTTP in front of orders: which path means what, and connections that are never closed for being idle. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answer, answerNotAllowed, type ErrorCode, errorBody, rawAnswer } from './answer.ts';
import { type Intake, OrderRequest } from './order-intake.ts';
import { notFound } from './reading.ts';

/**
 * A reconnect storm after a failover met 1,156 timeouts at Node's own 511, and none at this. The kernel caps it at
 * net.core.somaxconn.
 */
export const LISTEN_BACKLOG = 4096;

export const ORDERS = '/api/v1/orders';
export const PRODUCTS_PATH = '/api/v1/products';
export const HEALTHY_BODY = '{"status":"ok"}';

/** What may be asked for by GET. */
export interface Read {
  path: string;
  /** One name follows the path. */
  named?: boolean;
  /** @param query without its question mark, empty where there is none */
  read(response: ServerResponse, name: string, query: string): void;
}

/** @returns a server that does not listen yet */
export function createOrderServer(intake: Intake, reads: readonly Read[]): Server {
  const { region } = intake;
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
      if (request.method === 'POST' && request.url === ORDERS) intake.take(request, response);
      else route(intake, reads, request, response);
    },
  );
  server.keepAliveTimeout = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    answerGarbage(error, socket, region);
  });
  return server;
}

function route(
  intake: Intake,
  reads: readonly Read[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  for (const { path: known, named = false, read } of reads) {
    const name = named ? path.slice(known.length) : '';
    if (named ? !path.startsWith(known) || name === '' || name.includes('/') : path !== known) continue;
    if (request.method === 'GET' || request.method === 'HEAD') {
      read(response, name, mark === -1 ? '' : url.slice(mark + 1));
    } else if (request.method === 'POST' && known === ORDERS) {
      // Only with a query, which means nothing here.
      intake.take(request as OrderRequest, response);
    } else {
      answerNotAllowed(request, response, intake.region, known === ORDERS ? 'GET, HEAD, POST' : 'GET, HEAD');
    }
    return;
  }
  const { status, body } = notFound(`There is no ${path}.`);
  answer(response, intake.region, status, body);
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
