import { describe, expect, it } from 'vitest';
import { requirePart } from '../require.ts';
import { type Attempt, type Received, type RunRequest, runScenario, startServer } from './rig.ts';

const PRODUCTS = ['p-1', 'p-2', 'p-3', 'p 4/5'].map((product_id, i) => ({ product_id, price: 10 * (i + 1) }));

/** The shop as its clients know it; `refuse` answers instead where it wants to. */
function shop(refuse: (one: Received) => { status: number; body?: string } | null = () => null) {
  return startServer((one, response) => {
    const refused = refuse(one);
    const json = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    const id = decodeURIComponent(one.path.slice(one.path.lastIndexOf('/') + 1));
    if (refused !== null) response.writeHead(refused.status).end(refused.body ?? '');
    else if (one.path === '/api/v1/products') json(200, { products: PRODUCTS });
    else if (one.path.startsWith('/api/v1/products/'))
      json(
        200,
        PRODUCTS.find((each) => each.product_id === id),
      );
    else if (one.method === 'POST') json(201, { order_id: `o:${JSON.parse(one.body).idempotency_key}` });
    else json(200, { order_id: id });
  });
}

async function visit(request: Partial<RunRequest>, refuse?: Parameters<typeof shop>[0]) {
  const server = await shop(refuse);
  const run = await runScenario({
    scenario: { file: 'shopper.ts' },
    origin: server.origin,
    perSecond: 100,
    vus: 100,
    ...request,
  });
  await server.close();
  return { ...run, received: server.received };
}

const count = (attempts: readonly Attempt[], op: string): number =>
  attempts.filter((one) => one.op === op).length;
const ALL_THE_WAY = { weights: { browse: 1, product: 1, order: 1, read: 1 } };

describe.runIf(requirePart('k6'))('the shopper scenario', () => {
  it('browses, looks, orders and reads the order back, each under its own name', async () => {
    const { attempts, received, log } = await visit({ profile: ALL_THE_WAY, perSecond: 40 });
    expect(log).toBe('');
    expect(['browse', 'product', 'order', 'read'].map((op) => count(attempts, op))).toEqual([40, 40, 40, 40]);
    expect(attempts.map(({ op, status }) => [op, status])).not.toContainEqual(['order', 200]);
    const ordered = received.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body));
    for (const { items, idempotency_key } of ordered) {
      const [item] = items;
      expect(item.price).toBe(PRODUCTS.find(({ product_id }) => product_id === item.product_id)!.price);
      expect(received.map(({ path }) => path)).toContain(
        `/api/v1/orders/${encodeURIComponent(`o:${idempotency_key}`)}`,
      );
    }
  });

  it('follows the weights, and the same seed brings the same visits', async () => {
    const first = await visit({
      seed: 11,
      profile: { weights: { browse: 10, product: 5, order: 2, read: 0 } },
    });
    const again = await visit({
      seed: 11,
      profile: { weights: { browse: 10, product: 5, order: 2, read: 0 } },
    });
    const other = await visit({
      seed: 12,
      profile: { weights: { browse: 10, product: 5, order: 2, read: 0 } },
    });
    expect(count(first.attempts, 'browse')).toBe(100);
    expect(count(first.attempts, 'product')).toBeGreaterThan(35);
    expect(count(first.attempts, 'product')).toBeLessThan(65);
    expect(count(first.attempts, 'order')).toBeGreaterThan(8);
    expect(count(first.attempts, 'order')).toBeLessThan(35);
    expect(count(first.attempts, 'read')).toBe(0);
    const steps = ({ attempts }: { attempts: Attempt[] }): string[] =>
      attempts.map(({ op, seq }) => `${seq} ${op}`).sort();
    expect(steps(again)).toEqual(steps(first));
    expect(steps(other)).not.toEqual(steps(first));
    const bought = ({ received }: { received: Received[] }): string[] =>
      received.map(({ body }) => body).sort();
    expect(bought(again)).toEqual(bought(first));
  });

  it('leaves when it is refused, and waits its think time between steps', async () => {
    const { attempts } = await visit(
      { profile: { ...ALL_THE_WAY, thinkTimeMs: 200 }, perSecond: 10 },
      ({ method }) => (method === 'POST' ? { status: 409 } : null),
    );
    expect(['browse', 'product', 'order', 'read'].map((op) => count(attempts, op))).toEqual([10, 10, 10, 0]);
    for (const { seq, startMs } of attempts.filter(({ op }) => op === 'order')) {
      const browsed = attempts.find((one) => one.seq === seq && one.op === 'browse')!;
      expect(startMs - browsed.startMs).toBeGreaterThanOrEqual(400);
    }
  });

  it('takes a success without the JSON that it needs for a broken answer', async () => {
    const { attempts, log } = await visit({ profile: ALL_THE_WAY, perSecond: 10 }, ({ method }) =>
      method === 'POST' ? { status: 201, body: '<html>' } : null,
    );
    const orders = attempts.filter(({ op }) => op === 'order');
    expect(orders.map(({ status, errorCode }) => [status, errorCode])).toEqual(Array(10).fill([0, 1000]));
    expect(count(attempts, 'read')).toBe(0);
    expect(log).toBe('');
  });
});
