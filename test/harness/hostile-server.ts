/** A service that does everything wrong to a known share of its orders, and keeps count of what it did. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Outcome } from '../../measure/outcome.ts';

export interface HostileServer {
  url: string;
  /** Whole requests by what a client can know of them. */
  counts: Record<Outcome, number>;
  /** The idempotency keys, in the order of their coming. */
  keys: string[];
  close(): Promise<void>;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const TEN_MEGABYTES = Buffer.alloc(10 * 1024 * 1024, 'x');

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('{}');

/** Which of twenty orders in a row gets what; the others are acknowledged. */
const FATES: Readonly<Record<number, { outcome: Outcome; answer: Answer }>> = {
  0: { outcome: 'unknown', answer: () => {} },
  1: { outcome: 'unknown', answer: (_, request) => request.socket.resetAndDestroy() },
  2: { outcome: 'refused', answer: status(400) },
  3: { outcome: 'unknown', answer: status(503) },
  4: { outcome: 'unknown', answer: status(408) },
  5: { outcome: 'unknown', answer: status(500) },
  6: { outcome: 'unknown', answer: status(302, { location: '/elsewhere' }) },
  7: { outcome: 'unknown', answer: (_, request) => request.socket.end('HTTP/9.9 what is this\r\n\r\n') },
  8: { outcome: 'acknowledged', answer: (response) => response.writeHead(201).end(TEN_MEGABYTES) },
  9: {
    outcome: 'unknown',
    answer: (response, request) => {
      response.writeHead(201, { 'content-length': '100' }).write('{"order_id":');
      // Once the head is out: a client that never saw it would have another reason.
      setTimeout(() => request.socket.destroy(), 20);
    },
  },
  10: { outcome: 'refused', answer: status(429) },
  11: {
    outcome: 'unknown',
    answer: (response) => response.writeHead(201, { 'content-length': '100' }).write('{"order_id":'),
  },
  12: { outcome: 'unknown', answer: status(200) },
};

export async function startHostileServer(): Promise<HostileServer> {
  const counts: Record<Outcome, number> = { acknowledged: 0, refused: 0, unsent: 0, unknown: 0 };
  const keys: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      // A client that follows the redirect brings no order.
      const { idempotency_key: key = 'none' } =
        body === '' ? {} : (JSON.parse(body) as { idempotency_key: string });
      keys.push(key);
      const fate = FATES[Number(/\d+$/.exec(key)?.[0]) % 20];
      counts[fate?.outcome ?? 'acknowledged'] += 1;
      (fate?.answer ?? status(201))(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    keys,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
