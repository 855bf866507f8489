/** A small order service over one Redis: `node --import tsx examples/redis/api.ts a`. It knows nothing of Stormproof. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { PORTS, type Region } from './ports.ts';

const region = process.argv[2] as Region;
const redis = new Redis({
  port: PORTS.redis[region],
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  connectTimeout: 500,
  commandTimeout: 500,
  retryStrategy: () => 100,
});
// A Redis that is away is told by /healthz and by each order.
redis.on('error', () => {});

let orders = 0;

async function place(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { idempotency_key: key } = JSON.parse(Buffer.concat(chunks).toString()) as {
    idempotency_key: string;
  };
  orders += 1;
  const mine = `${region}-${process.pid}-${orders}`;
  // Stored once, and answered with the same id however often it is sent.
  const before = await redis.set(`order:${key}`, mine, 'NX', 'GET');
  answer(response, 201, { order_id: before ?? mine });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-region': region });
  response.end(JSON.stringify(body));
}

const server = createServer((request, response) => {
  const work =
    request.method === 'POST'
      ? place(request, response)
      : redis.ping().then(() => answer(response, 200, { ok: true }));
  work.catch((error: Error) => answer(response, 503, { error: error.message }));
});
server.keepAliveTimeout = 0;
server.listen({ port: PORTS.api[region], host: '127.0.0.1', backlog: 4096 });
