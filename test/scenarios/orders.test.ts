import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Order, orderOf } from '../../measure/order.ts';
import { requirePart } from '../require.ts';
import { type Received, runScenario, startServer } from './rig.ts';

const bodyOf = ({ body }: Received): { user_id: string; items: Order['items']; idempotency_key: string } =>
  JSON.parse(body);

describe.runIf(requirePart('k6'))('the orders scenario', () => {
  it('writes a line for each order of two populations, and no two orders share a key', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(201, { 'X-REGION': 'seoul' }).end('{}');
    });
    const run = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 100,
      vus: 100,
      kinds: ['sticky', 'fresh'],
    });
    await server.close();

    expect(run).toMatchObject({ code: 0, malformed: 0, log: '' });
    expect(run.attempts).toHaveLength(200);
    const seqs = Array.from({ length: 100 }, (_, n) => [`s${n}`, `f${n}`]).flat();
    expect(run.attempts.map(({ seq }) => seq).sort()).toEqual(seqs.sort());
    for (const attempt of run.attempts) {
      expect(attempt).toMatchObject({ op: 'order', attempt: 1, status: 201, errorCode: 0, region: 'seoul' });
      expect(attempt.durationMs).toBeGreaterThan(0);
    }
    const keys = server.received.map((one) => bodyOf(one).idempotency_key).sort();
    expect(keys).toEqual(seqs.map((seq) => `20261121T001503Z-load-quick-7f3a-${seq}`).sort());
  });

  it('sends what measure says that order n is, and never a header that makes Go send it twice', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(201).end();
    });
    const run = await runScenario({ scenario: { file: 'orders.ts' }, origin: server.origin, perSecond: 50 });
    await server.close();

    expect(run.attempts.map(({ region }) => region)).toEqual(Array(50).fill(''));
    for (const one of server.received) {
      const { user_id, items, idempotency_key } = bodyOf(one);
      const order = orderOf(Number(/\d+$/.exec(idempotency_key)![0]));
      expect({ user_id, items }).toEqual({ user_id: order.userId, items: order.items });
      expect(one).toMatchObject({ method: 'POST', path: '/api/v1/orders' });
      expect(one.headers['content-type']).toBe('application/json');
      expect(Object.keys(one.headers).filter((name) => name.includes('idempotency'))).toEqual([]);
    }
  });

  it('opens a connection for each request of the fresh population, and keeps the others', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(201).end();
    });
    const fresh = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 50,
      kinds: ['fresh'],
    });
    expect(server.connections()).toBe(50);
    expect(fresh.attempts.every(({ waitMs }) => waitMs > 0)).toBe(true);
    const sticky = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 50,
    });
    await server.close();
    expect(sticky.attempts).toHaveLength(50);
    expect(server.connections() - 50).toBeLessThanOrEqual(20);
  });

  it('takes secrets from the environment only, and asks for another host', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(201).end();
    });
    const run = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 5,
      headers: { authorization: 'Bearer hush-hush', 'content-type': 'application/vnd.order+json' },
      service: { host: 'shop.example.com' },
    });
    await server.close();
    expect(run.script).not.toContain('hush-hush');
    expect(run.script).not.toContain(server.origin);
    expect(server.received).toHaveLength(5);
    for (const { headers } of server.received) {
      expect(headers).toMatchObject({
        authorization: 'Bearer hush-hush',
        host: 'shop.example.com',
        'content-type': 'application/vnd.order+json',
      });
    }
  });

  it('keeps a region that would break the file in its column', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(201, { 'x-region': `seoul,"a"\t1é${'x'.repeat(60)}` }).end();
    });
    const run = await runScenario({ scenario: { file: 'orders.ts' }, origin: server.origin, perSecond: 5 });
    await server.close();
    expect(run.malformed).toBe(0);
    expect(run.attempts.map(({ region }) => region)).toEqual(Array(5).fill(`seoul__a__1_${'x'.repeat(20)}`));
  });

  it('sends an order of unknown fate again with the same key, and a refused one not', async () => {
    const seen = new Map<string, number>();
    const server = await startServer((one, response) => {
      const key = bodyOf(one).idempotency_key;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      const seq = Number(/\d+$/.exec(key)![0]);
      if (seq % 4 === 0) response.writeHead(503).end();
      else if (seq % 4 === 1) response.writeHead(times < 2 ? 500 : 201).end();
      else if (seq % 4 === 2) response.writeHead(422).end();
      else if (times < 3) response.socket?.destroy();
      else response.writeHead(201).end();
    });
    const run = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 20,
      kinds: ['fresh'],
      profile: { retries: 2 },
    });
    await server.close();
    const statuses = (seq: number): number[] =>
      run.attempts
        .filter((one) => one.seq === `f${seq}`)
        .sort((a, b) => a.attempt - b.attempt)
        .map(({ status }) => status);
    expect([0, 1, 2, 3].map(statuses)).toEqual([[503, 503, 503], [500, 201], [422], [0, 0, 201]]);
    for (const [key, times] of seen) {
      expect(times).toBe(statuses(Number(/\d+$/.exec(key)![0])).length);
    }
    expect(seen.size).toBe(20);
  });

  it('tells how long an order waited that got no answer', async () => {
    const server = await startServer((_, response) => {
      setTimeout(() => response.end(), 5_000).unref();
    });
    const hung = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 5,
      timeoutMs: 300,
    });
    await server.close();
    expect(hung.attempts.map(({ errorCode }) => errorCode)).toEqual(Array(5).fill(1050));
    for (const { durationMs, waitMs } of hung.attempts) {
      expect(durationMs + waitMs).toBeGreaterThanOrEqual(295);
      expect(durationMs + waitMs).toBeLessThan(5_000);
    }
    const refused = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 5,
    });
    expect(refused.attempts.map(({ status, errorCode }) => [status, errorCode])).toEqual(
      Array(5).fill([0, 1212]),
    );
  });

  it('tells how long an order waited for a connection that never came', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const origin = `https://127.0.0.1:${port}`;
    const run = await runScenario({ scenario: { file: 'orders.ts' }, origin, perSecond: 5, timeoutMs: 300 });
    silent.close();
    expect(run.attempts.map(({ status, durationMs }) => [status, durationMs])).toEqual(Array(5).fill([0, 0]));
    for (const { waitMs } of run.attempts) expect(waitMs).toBeGreaterThanOrEqual(295);
  });

  it('drives a closed loop when it is to saturate', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(201).end();
    });
    const run = await runScenario({
      scenario: { file: 'orders.ts' },
      origin: server.origin,
      perSecond: 1,
      saturation: { vus: 3, durationMs: 1000 },
    });
    await server.close();
    expect(run.attempts.length).toBeGreaterThan(3);
    expect(new Set(server.received.map(({ connection }) => connection)).size).toBe(3);
    expect(new Set(run.attempts.map(({ seq }) => seq)).size).toBe(run.attempts.length);
  });
});
