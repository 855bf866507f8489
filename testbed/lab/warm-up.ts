/** Sends a region's tasks their first orders, which are slow, before anybody measures. */
import { Agent, request } from 'node:http';
import type { LabRegionSettings } from './lab-region.ts';

const AT_A_TIME = 20;
/** @param orders for each task; their keys begin with `warm-up-` */
export async function warmUp({ name, host, port, tasks }: LabRegionSettings, orders: number): Promise<void> {
  // Half of them over connections of their own, as drills send them.
  const agents = [
    new Agent({ keepAlive: true, maxSockets: AT_A_TIME }),
    new Agent({ keepAlive: false }),
  ] as const;
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < orders * tasks) {
      next += 1;
      await sendOne(`http://${host}:${port}/api/v1/orders`, `warm-up-${name}-${next}`, agents[next % 2]!);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, send));
  agents[0].destroy();
}

/** What fails is no matter: the drill looks at the steady state itself. */
function sendOne(url: string, key: string, agent: Agent): Promise<void> {
  const items = [{ product_id: 'p-1', quantity: 1, price: 1000 }];
  const body = JSON.stringify({ user_id: 'warm-up', items, idempotency_key: key });
  return new Promise((resolve) => {
    const sent = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (answer) => {
        answer.resume().on('close', resolve);
      },
    );
    sent.on('error', () => resolve());
    sent.end(body);
  });
}
