/** The front door: passes connections on to region a, and to region b once a has failed three checks in a row. */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { PORTS, type Region } from './ports.ts';

const CHECK_MS = 300;
const THRESHOLD = 3;

let serving: Region = 'a';
const open = new Set<Socket>();

const server = createServer((client) => {
  const upstream = connect(PORTS.api[serving], '127.0.0.1');
  for (const socket of [client, upstream]) {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
  }
  client.pipe(upstream).pipe(client);
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
});
server.listen({ port: PORTS.front, host: '127.0.0.1', backlog: 4096 });

async function isHealthy(region: Region): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${PORTS.api[region]}/healthz`, {
      signal: AbortSignal.timeout(CHECK_MS),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

/** The replica takes writes from now on; nobody goes back to a without a person. */
async function failOver(): Promise<void> {
  const redis = new Redis({ port: PORTS.redis.b });
  await redis.call('REPLICAOF', 'NO', 'ONE');
  redis.disconnect();
  serving = 'b';
  for (const socket of open) socket.destroy();
}

let failed = 0;
while (serving === 'a') {
  failed = (await isHealthy('a')) ? 0 : failed + 1;
  if (failed >= THRESHOLD) await failOver();
  else await pause(CHECK_MS);
}
