import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Behaviour, HEALTHY } from '../../testbed/behaviour.ts';
import { PRODUCTS } from '../../testbed/catalogue.ts';
import { LARGEST_BODY } from '../../testbed/order-intake.ts';
import { OrderStore } from '../../testbed/order-store.ts';
import { type PlantedKind, plant } from '../../testbed/planted.ts';
import { createService, type Service } from '../../testbed/service.ts';
import { listen, newOrder, postOrder, readListing, until } from './client.ts';

const SEED = 7;
const open: Service[] = [];

async function serve(behaviour: Partial<Behaviour> = {}): Promise<{ url: string; service: Service }> {
  let clock = 1e12;
  const service = createService({
    store: new OrderStore('seoul'),
    seed: SEED,
    behaviour: { ...HEALTHY, ...behaviour },
    now: () => clock++,
  });
  open.push(service);
  return { url: await listen(service), service };
}

afterEach(() => {
  for (const { server } of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Sends bytes as they are. @returns all that came back until the server closed */
function sendRaw(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('latin1').on('data', (more: string) => {
      answer += more;
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

describe('placing an order', () => {
  it('is acknowledged with 201, an order id and the region', async () => {
    const { url, service } = await serve();
    const response = await postOrder(url, newOrder('k-1'));
    expect(response.status).toBe(201);
    expect(response.headers.get('x-region')).toBe('seoul');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ order_id: 'seoul-1', status: 'accepted', written_ms: 1e12 });
    expect(service.counts()).toMatchObject({ received: 1, stored: 1, acknowledged: 1, replayed: 0 });
  });

  it('again with the same key is acknowledged with the same answer, and stored once', async () => {
    const { url, service } = await serve();
    const first = await (await postOrder(url, newOrder('k-1'))).text();
    await postOrder(url, newOrder('k-2'));
    const again = await postOrder(url, newOrder('k-1'));
    expect(again.status).toBe(201);
    expect(await again.text()).toBe(first);
    expect(service.counts()).toMatchObject({ received: 3, stored: 2, acknowledged: 3, replayed: 1 });
  });

  it.each([
    ['at once', { kind: 'none' }],
    ['slowly', { kind: 'constant', ms: 20 }],
  ] as const)('a hundred times at once with one key makes one order, answered %s', async (_, latency) => {
    const { url, service } = await serve({ latency });
    const answers = await Promise.all(Array.from({ length: 100 }, () => postOrder(url, newOrder('k-1'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(await Promise.all(answers.map((each) => each.text()))).size).toBe(1);
    expect(service.counts()).toMatchObject({ received: 100, stored: 1, acknowledged: 100, replayed: 99 });
  });

  it('in several pieces is put together', async () => {
    const { url } = await serve();
    const body = JSON.stringify(newOrder('k-pieces'));
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${url}/api/v1/orders`, { method: 'POST' }, ({ statusCode }) =>
        resolve(statusCode),
      );
      request.on('error', reject);
      request.write(body.slice(0, 20), () => {
        request.write(body.slice(20, 40), () => request.end(body.slice(40)));
      });
    });
    expect(status).toBe(201);
  });

  it('twice on one connection without waiting is answered twice, in sequence', async () => {
    const { url } = await serve();
    const one = (key: string, close: boolean) => {
      const body = JSON.stringify(newOrder(key));
      return `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\n${close ? 'connection: close\r\n' : ''}content-length: ${body.length}\r\n\r\n${body}`;
    };
    const answers = await sendRaw(url, one('k-1', false) + one('k-2', true));
    expect(answers.match(/"order_id":"[^"]+"/g)).toEqual(['"order_id":"seoul-1"', '"order_id":"seoul-2"']);
  });

  it('is read back as it was sent, with its total', async () => {
    const { url, service } = await serve();
    const order = newOrder('k-1', { items: [{ product_id: 'p-3', quantity: 3, price: 0.1 }] });
    await postOrder(url, order);
    const response = await fetch(`${url}/api/v1/orders/seoul-1`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ...order, order_id: 'seoul-1', written_ms: 1e12, total: 0.3 });
    expect(service.counts().reads).toBe(1);
  });
});

describe('a mistake', () => {
  it('in an order is answered 400 with its path', async () => {
    const { url, service } = await serve();
    const response = await postOrder(url, {
      ...newOrder('k'),
      items: [{ product_id: 'p-1', quantity: 0, price: -1 }],
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-region')).toBe('seoul');
    expect(await response.json()).toEqual({
      error: {
        code: 'validation_failed',
        message: 'The order has 2 mistakes.',
        details: [
          { path: 'items[0].quantity', message: 'Expected a whole number from 1 to 1000.' },
          { path: 'items[0].price', message: 'Expected a number from 0 to 1000000000000.' },
        ],
      },
    });
    expect(service.counts()).toMatchObject({ received: 1, stored: 0, invalid: 1 });
  });

  it.each([
    ['JSON that breaks off', '{"user_id":', 400, 'malformed_json'],
    ['no body', '', 400, 'malformed_json'],
    ['JSON with a Korean word in the wrong place', '{"주문"', 400, 'malformed_json'],
    ['a body too large', ' '.repeat(LARGEST_BODY + 1), 413, 'payload_too_large'],
    ['a body far too large', ' '.repeat(5_000_000), 413, 'payload_too_large'],
  ])('such as %s is answered in the same shape', async (_, body, status, code) => {
    const { url, service } = await serve();
    const response = await postOrder(url, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { code, message: expect.any(String), details: [] },
    });
    expect(service.counts()).toMatchObject({ received: 1, invalid: 1 });
  });

  it('does not end the connection: the next order goes through', async () => {
    const { url } = await serve();
    const large = ' '.repeat(LARGEST_BODY + 1);
    const body = JSON.stringify(newOrder('k'));
    const answers = await sendRaw(
      url,
      `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: ${large.length}\r\n\r\n${large}` +
        `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 201']);
  });

  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/api/v1/orders/', 404],
    ['GET', '/api/v1/orders/seoul-1', 404],
    ['GET', '/api/v1/orders/a/b', 404],
    ['GET', '/api/v1/products/none', 404],
    ['POST', '/api/v1/order', 404],
    ['GET', '/api/v1/orders?limit=0', 400],
  ])('%s %s is answered %d in the same shape', async (method, path, status) => {
    const { url } = await serve();
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-region')).toBe('seoul');
    expect(await response.json()).toMatchObject({
      error: { code: expect.any(String), details: expect.any(Array) },
    });
  });

  it.each([
    ['DELETE', '/api/v1/orders', 'GET, HEAD, POST'],
    ['PUT', '/api/v1/orders/seoul-1', 'GET, HEAD'],
    ['POST', '/api/v1/products', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['PATCH', '/testbed/account', 'GET, HEAD'],
  ])('%s %s is answered 405 with what is allowed', async (method, path, allow) => {
    const { url } = await serve();
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed', details: [] } });
  });

  it('in HTTP itself is answered in the same shape', async () => {
    const { url } = await serve();
    const garbage = await sendRaw(url, 'hello\r\n\r\n');
    expect(garbage).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(garbage).toContain('x-region: seoul');
    expect(garbage).toMatch(/\{"error":\{"code":"malformed_request".*"details":\[\]\}\}$/);
    const huge = await sendRaw(url, `GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(huge).toMatch(/^HTTP\/1.1 431 .*"header_too_large"/s);
  });

  it('of a client that leaves in the middle of its order harms nobody', async () => {
    const { url, service } = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST /api/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"user');
    await until(async () => (await connections(service)) > 0, 'the connection');
    socket.resetAndDestroy();
    await until(async () => (await connections(service)) === 0, 'its end');
    expect((await postOrder(url, newOrder('k'))).status).toBe(201);
    expect(service.counts().received).toBe(1);
  });
});

const connections = ({ server }: Service): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

describe('the rest of the service', () => {
  it('lists products and shows one', async () => {
    const { url } = await serve();
    expect(await (await fetch(`${url}/api/v1/products`)).json()).toEqual({ products: PRODUCTS });
    expect(await (await fetch(`${url}/api/v1/products/p-2`)).json()).toEqual(PRODUCTS[1]);
  });

  it('is healthy, and answers HEAD without a body', async () => {
    const { url } = await serve();
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('tells its account and what is planted', async () => {
    const { url } = await serve({ errors: 0.5 });
    await postOrder(url, 'x');
    const account = await (await fetch(`${url}/testbed/account`)).json();
    expect(account).toMatchObject({
      region: 'seoul',
      seed: SEED,
      behaviour: { errors: 0.5 },
      counts: { received: 1, invalid: 1 },
    });
  });

  it('lists every order that was acknowledged before the last page, while others are being placed', async () => {
    const { url } = await serve();
    let acknowledged = 0;
    let placing = true;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; placing && n < 200; n++) {
        if ((await postOrder(url, newOrder(`w${writer}-${n}`))).status === 201) acknowledged++;
      }
    });
    await until(() => acknowledged > 50, 'the first orders');
    for (let round = 0; round < 3; round++) {
      const before = acknowledged;
      const listed = await readListing(url, 40);
      expect(listed.length).toBeGreaterThanOrEqual(before);
      expect(new Set(listed.map((order) => order.idempotency_key)).size).toBe(listed.length);
      expect(listed.map((order) => order.order_id)).toEqual(listed.map((_, i) => `seoul-${i + 1}`));
    }
    placing = false;
    await Promise.all(writers);
    expect(await readListing(url, 5000)).toHaveLength(acknowledged);
  });

  it('does not close connections that are idle', async () => {
    const { service } = await serve();
    expect(service.server.keepAliveTimeout).toBe(0);
  });
});

describe('planted behaviour', () => {
  const behaviour: Behaviour = { ...HEALTHY, errors: 0.2, refusals: 0.1, hangs: 0.1, resets: 0.2 };
  const keys = Array.from({ length: 400 }, (_, n) => `run-s${n}`);
  const kindOf = (key: string) => plant(SEED, key, behaviour).kind;

  it('is what the client sees and what the account says, order by order', async () => {
    const { url, service } = await serve(behaviour);
    const patience = new AbortController();
    const seen: Record<PlantedKind, number> = { serve: 0, error: 0, refuse: 0, hang: 0, reset: 0 };
    const sends = keys.map(async (key) => {
      const kind = await postOrder(url, newOrder(key), patience.signal).then(
        ({ status }): PlantedKind =>
          (({ 201: 'serve', 503: 'error', 422: 'refuse' }) as const)[status as 201]!,
        (error): PlantedKind => (error.name === 'AbortError' ? 'hang' : 'reset'),
      );
      expect(kind, key).toBe(kindOf(key));
      seen[kind]++;
    });
    const answered = sends.filter((_, n) => kindOf(keys[n]!) !== 'hang');
    await Promise.all(answered);
    await until(() => service.counts().received === keys.length, 'all orders');
    patience.abort();
    await Promise.all(sends);

    const stored = keys.filter((key) => plant(SEED, key, behaviour).stored);
    expect(service.counts()).toEqual({
      received: keys.length,
      stored: stored.length,
      acknowledged: seen.serve,
      replayed: 0,
      invalid: 0,
      errors: seen.error,
      refusals: seen.refuse,
      hangs: seen.hang,
      resets: seen.reset,
      stored_unanswered: stored.length - seen.serve,
      abandoned: 0,
      in_service: 0,
      reads: 0,
    });
    const listed = (await readListing(url, 1000)).map((order) => order.idempotency_key);
    expect(listed.sort()).toEqual(stored.sort());
  });

  it('resets with RST, not with an orderly end', async () => {
    const { url } = await serve({ resets: 1 });
    const body = JSON.stringify(newOrder('k'));
    const text = `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    await expect(sendRaw(url, text)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('does not befall a retry of an order that was stored', async () => {
    const { url, service } = await serve({ errors: 1 });
    const key = keys.find((each) => plant(SEED, each, { ...HEALTHY, errors: 1 }).stored)!;
    const lost = keys.find((each) => !plant(SEED, each, { ...HEALTHY, errors: 1 }).stored)!;
    const statuses = [];
    for (const each of [key, key, lost, lost]) statuses.push((await postOrder(url, newOrder(each))).status);
    expect(statuses).toEqual([503, 201, 503, 503]);
    expect(service.counts()).toMatchObject({ stored: 1, acknowledged: 1, replayed: 1, errors: 3 });
  });

  it('counts as abandoned an order whose client has left before its answer', async () => {
    const { url, service } = await serve({ latency: { kind: 'constant', ms: 100 } });
    const patience = new AbortController();
    const send = postOrder(url, newOrder('k'), patience.signal);
    await until(() => service.counts().in_service === 1, 'the order');
    patience.abort();
    await expect(send).rejects.toThrow();
    await until(() => service.counts().in_service === 0, 'its answer');
    expect(service.counts()).toMatchObject({ received: 1, stored: 1, acknowledged: 0, abandoned: 1 });
  });

  it('takes at least the planted time', async () => {
    const { url } = await serve({ latency: { kind: 'constant', ms: 30 } });
    const before = performance.now();
    await postOrder(url, newOrder('k'));
    // Timers may fire up to a millisecond early against the finer clock.
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
  });
});
