/** A task's first orders, which are slow, sent to itself before it serves: they go the whole way and are not stored. */
import { once } from 'node:events';
import { Agent, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TaskDesk } from './task-desk.ts';

const AT_A_TIME = 10;
const ORDER = { user_id: 'rehearsal', items: [{ product_id: 'p-1', quantity: 1, price: 1000 }] };

/** @param orders how many; half of them over connections of their own, as drills send them */
export async function rehearse(server: Server, desk: TaskDesk, orders: number): Promise<void> {
  if (orders === 0) return;
  // Exclusive: on a port of this process alone, not on the cluster's.
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agents = [
    new Agent({ keepAlive: true, maxSockets: AT_A_TIME }),
    new Agent({ keepAlive: false }),
  ] as const;
  desk.isRehearsing = true;
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < orders) {
      next += 1;
      await sendOne(port, `rehearsal-${next}`, agents[next % 2]!);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, send));
  desk.isRehearsing = false;
  agents[0].destroy();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

function sendOne(port: number, key: string, agent: Agent): Promise<void> {
  const body = JSON.stringify({ ...ORDER, idempotency_key: key });
  const to = { host: '127.0.0.1', port, path: '/api/v1/orders', method: 'POST', agent };
  return new Promise((resolve, reject) => {
    const sent = request({ ...to, headers: { 'content-type': 'application/json' } }, (answer) => {
      answer.resume().on('end', resolve);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
