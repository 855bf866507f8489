import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { InfluxClient, type InfluxConnection } from '../../../reports/influx/client.ts';
import { Delivery, MemoryBacklog } from '../../../reports/influx/delivery.ts';
import { replay, tagValue } from '../../../reports/influx/points.ts';
import { type FieldSpec, MEASUREMENTS, MOST_SERIES, type Point } from '../../../reports/influx/schema.ts';
import { type Influxd, startInfluxd } from '../../influxd.ts';
import { requirePart } from '../../require.ts';
import { regionLoss } from '../drills.ts';
import { failed, hostile, passed } from '../fixture.ts';

const connectionOf = (url: string, changes: Partial<InfluxConnection> = {}): InfluxConnection => ({
  url,
  database: 'stormproof',
  retentionPolicy: null,
  auth: { kind: 'none' },
  ...changes,
});

function clientOf(url: string, changes: Partial<InfluxConnection> = {}): InfluxClient {
  const client = new InfluxClient(connectionOf(url, changes));
  onTestFinished(() => client.close());
  return client;
}

const errorPoint = (code: string, timestamp = 1_700_000_000_000): Point => ({
  measurement: 'errors',
  tags: { run: 'r', profile: 'p', scenario: 's', code },
  fields: { count: 1 },
  timestamp,
});

/** @returns its URL */
async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

describe.runIf(requirePart('influxd'))('what a real InfluxDB stores', () => {
  let influxd: Influxd;
  beforeAll(async () => {
    influxd = await startInfluxd();
  });
  afterAll(() => influxd.stop());

  async function send(database: string, points: readonly Point[]): Promise<void> {
    const backlog = new MemoryBacklog(points);
    const delivery = new Delivery(clientOf(influxd.url, { database }), backlog);
    await delivery.send();
    expect(delivery.state).toEqual({ sent: points.length, leftOut: 0, cause: '', refused: false });
  }

  it('has the types of the schema, in a database that it made itself', async () => {
    await send('types', [...replay(failed()).points, ...replay(regionLoss()).points]);
    const fields = new Map<string, string>();
    for (const measurement of Object.keys(MEASUREMENTS)) {
      const { series } = await influxd.query(`SHOW FIELD KEYS FROM ${measurement}`, 'types');
      for (const [field, type] of series![0]!.values) fields.set(`${measurement}.${field}`, type as string);
    }
    const specs = Object.entries(MEASUREMENTS).flatMap(([measurement, spec]) =>
      Object.entries<FieldSpec>(spec.fields).map(
        ([name, { type }]) => [`${measurement}.${name}`, type] as const,
      ),
    );
    expect(fields).toEqual(new Map(specs));
  });

  it('has as many series as were counted, and the sums of the run, however often it is sent', async () => {
    const measurement = hostile();
    const { points, series } = replay(measurement);
    for (let times = 0; times < 2; times++) {
      await send('sums', points);
      const found = await influxd.query('SHOW SERIES', 'sums');
      expect(found.series![0]!.values).toHaveLength(series);
      expect(series).toBeLessThanOrEqual(MOST_SERIES);
      const { orders } = measurement.verdict;
      const counts = Object.keys(orders) as (keyof typeof orders)[];
      const sums = await influxd.query(
        `SELECT ${counts.map((count) => `SUM(${count})`).join(', ')} FROM orders`,
        'sums',
      );
      expect(sums.series![0]!.values[0]!.slice(1)).toEqual(counts.map((count) => orders[count]));
    }
  });

  it('has one run less once it was deleted as docs/influxdb.md says', async () => {
    const [one, two] = [passed(), passed()];
    two.run = { ...two.run, run: 'another' };
    await send('deleted', replay(one).points);
    await send('deleted', replay(two).points);
    await influxd.query(`DROP SERIES FROM /.*/ WHERE "run" = '${one.run.run}'`, 'deleted');
    const left = await influxd.query('SHOW TAG VALUES WITH KEY = "run"', 'deleted');
    expect(new Set(left.series!.flatMap(({ values }) => values.map(([, run]) => run)))).toEqual(
      new Set(['another']),
    );
    expect((await influxd.query('SHOW SERIES', 'deleted')).series![0]!.values).toHaveLength(
      replay(two).series,
    );
  });

  it('has tags as they were written, and texts with all their signs', async () => {
    const codes = [
      'a b',
      'a=b',
      'a,b',
      '=',
      ',',
      'a\\',
      '\\,',
      "a\\'b",
      '"q"',
      "'q'",
      'ä한\u{1f600}',
      '',
      '#x',
    ]
      .concat(['a\nerrors,code=planted count=9i', 'x'.repeat(400), '\u0000\u0001', '$1', 'a\tb'])
      .map(tagValue);
    await send(
      'tags',
      codes.map((code, i) => errorPoint(code, 1_700_000_000_000 + i)),
    );
    const { series } = await influxd.query('SHOW TAG VALUES FROM errors WITH KEY = "code"', 'tags');
    expect(series![0]!.values.map(([, value]) => value).sort()).toEqual([...new Set(codes)].sort());
    const text = 'say "it\'s", 50 % \\ of a=b, c\nand on';
    const tags = { run: 'r', profile: 'p', scenario: 's', kind: 'k' };
    await send('tags', [
      { measurement: 'events', tags, fields: { title: text, text: '' }, timestamp: 1_700_000_000_000 },
    ]);
    const found = await influxd.query('SELECT title FROM events', 'tags');
    expect(found.series![0]!.values).toEqual([[1_700_000_000_000, text]]);
  });

  it('leaves out what has another type there, and says how many and what to do', async () => {
    const measurement = failed();
    const { points } = replay(measurement);
    const bad = points.filter((point) => point.measurement === 'errors').length;
    await influxd.query('CREATE DATABASE conflict');
    // At the run's own time: InfluxDB keeps types by shard, which is a stretch of time.
    const body = `errors count=1.5 ${measurement.zeroMs}000000`;
    expect((await fetch(`${influxd.url}/write?db=conflict`, { method: 'POST', body })).status).toBe(204);
    const delivery = new Delivery(clientOf(influxd.url, { database: 'conflict' }), new MemoryBacklog(points));
    await delivery.send();
    expect(bad).toBeGreaterThan(10);
    expect(delivery.state).toEqual({
      sent: points.length - bad,
      leftOut: bad,
      refused: false,
      cause:
        'errors.count holds float where we write integer; use another database, or DROP MEASUREMENT "errors" in conflict',
    });
  });

  it('names a retention policy that is not there, and how to make it', async () => {
    await influxd.query('CREATE DATABASE kept');
    const answer = await clientOf(influxd.url, { database: 'kept', retentionPolicy: 'month' }).write([
      errorPoint('x'),
    ]);
    expect(answer).toEqual({
      kind: 'later',
      cause:
        'it is in trouble (Internal Server Error); where there is no such policy yet: CREATE RETENTION POLICY "month" ON "kept" DURATION 90d REPLICATION 1',
    });
    await influxd.query('CREATE RETENTION POLICY "short" ON "kept" DURATION 1h REPLICATION 1');
    const old = await clientOf(influxd.url, { database: 'kept', retentionPolicy: 'short' }).write([
      errorPoint('x'),
      errorPoint('y', Date.now()),
    ]);
    expect(old).toEqual({
      kind: 'partly',
      leftOut: 1,
      cause: 'they are older than its retention policy keeps',
    });
  });
});

describe('the client', () => {
  it.each([
    [204, '', { kind: 'taken' }],
    [503, '', { kind: 'later', cause: 'it is in trouble (Service Unavailable)' }],
    [500, '{"error":"timeout"}', { kind: 'later', cause: 'it is in trouble (Internal Server Error)' }],
    [429, '{"error":"slow down"}', { kind: 'later', cause: 'it asks to wait (429 slow down)' }],
    [413, 'too large', { kind: 'too large' }],
    [
      400,
      '{"error":"partial write: max-series-per-database limit exceeded: (1000) dropped=3"}',
      {
        kind: 'partly',
        leftOut: 3,
        cause:
          'it would not store them (partial write: max-series-per-database limit exceeded: (1000) dropped=3)',
      },
    ],
    [
      422,
      '{"code":"unprocessable entity","message":"failure writing points: dropped=1"}',
      { kind: 'partly', leftOut: 1, cause: 'it would not store them (failure writing points: dropped=1)' },
    ],
    [
      302,
      '<html>\nlogin',
      {
        kind: 'refused',
        cause: expect.stringMatching(/^this does not look like InfluxDB \(302 <html>\); is http:.* right\?$/),
      },
    ],
  ])('understands %i %s', async (status, body, answer) => {
    const url = await serve((request, response) =>
      request.resume().on('end', () => response.writeHead(status).end(body)),
    );
    expect(await clientOf(url).write([errorPoint('x')])).toEqual(answer);
  });

  it.each([
    ['none', { kind: 'none' }, undefined],
    ['a token', { kind: 'token', token: 'abc' }, 'Token abc'],
    [
      'a password',
      { kind: 'password', username: 'me', password: 'it: is' },
      `Basic ${Buffer.from('me:it: is').toString('base64')}`,
    ],
  ] as const)('sends %s, to a path behind a proxy', async (_, auth, header) => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push([request.headers.authorization, request.url]);
      request.resume().on('end', () => response.writeHead(204).end());
    });
    expect(await clientOf(`${url}/influx`, { auth }).write([errorPoint('x')])).toEqual({ kind: 'taken' });
    expect(seen).toEqual([[header, '/influx/write?db=stormproof&precision=ms&rp=']]);
  });

  it('reaches an IPv6 address', async () => {
    const url = await serve(
      (request, response) => request.resume().on('end', () => response.writeHead(204).end()),
      '::1',
    );
    expect(await clientOf(url).write([errorPoint('x')])).toEqual({ kind: 'taken' });
  });

  it('makes the database where it is missing, once', async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      seen.push(request.url!.split('?')[0]!);
      const missing = request.url!.startsWith('/write');
      request
        .resume()
        .on('end', () =>
          response
            .writeHead(missing ? 404 : 200)
            .end(missing ? '{"error":"database not found"}' : '{"results":[{}]}'),
        );
    });
    const client = clientOf(url);
    for (let times = 0; times < 2; times++)
      expect(await client.write([errorPoint('x')])).toMatchObject({
        kind: 'refused',
        cause: 'there is no database stormproof (404 database not found)',
      });
    expect(seen).toEqual(['/write', '/query', '/write', '/write']);
  });

  it('is there again at once for a database that is back', async () => {
    let isWell = false;
    const url = await serve((request, response) =>
      request.resume().on('end', () => response.writeHead(isWell ? 204 : 503).end()),
    );
    const client = clientOf(url);
    expect(await client.write([errorPoint('x')])).toMatchObject({ kind: 'later' });
    isWell = true;
    expect(await client.write([errorPoint('x')])).toEqual({ kind: 'taken' });
  });

  it('waits 5 s for an answer', async () => {
    const url = await serve((request) => request.resume());
    expect(await clientOf(url).write([errorPoint('x')])).toEqual({
      kind: 'later',
      cause: 'it does not answer (no answer within 5 s)',
    });
  });

  it('waits 8 s for the end of an answer, and then asks by another connection', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const sockets = new Set<Socket>();
    let arrived = (): void => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const url = await serve((request, response) => {
      sockets.add(request.socket);
      if (sockets.size > 1) return void request.resume().on('end', () => response.writeHead(204).end());
      response.writeHead(400, { 'content-length': 100 });
      response.write('{"error":');
      arrived();
    });
    const client = clientOf(url);
    const answer = client.write([errorPoint('x')]);
    await asked;
    await vi.advanceTimersByTimeAsync(8000);
    expect(await answer).toEqual({ kind: 'later', cause: 'it does not answer (no answer within 8 s)' });
    expect(await client.write([errorPoint('x')])).toEqual({ kind: 'taken' });
  });

  it('lets a point that cannot be written be left out', async () => {
    const url = await serve((_, response) => response.writeHead(204).end());
    const bad = { ...errorPoint('x'), fields: { foreign: 1 } };
    expect(await clientOf(url).write([bad])).toMatchObject({ kind: 'partly', leftOut: null });
  });

  it.each(['headers and then nothing', 'nothing at all'])(
    'lets go at once of a server that answers %s',
    async (kind) => {
      let arrived: () => void = () => {};
      const asked = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const server = createTcpServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          if (kind !== 'nothing at all') socket.write('HTTP/1.1 400 Bad\r\nContent-Length: 50\r\n\r\n{"err');
          arrived();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const answer = client.write([errorPoint('x')]);
      await asked;
      client.close();
      expect(await answer).toEqual({ kind: 'later', cause: 'it does not answer (it was not waited for)' });
      expect(await client.write([errorPoint('x')])).toEqual(await answer);
      // Nothing is left open that would keep the process.
      expect(await new Promise<number>((resolve) => countWhenZero(server, resolve))).toBe(0);
    },
  );
});

function countWhenZero(
  server: ReturnType<typeof createTcpServer>,
  done: (open: number) => void,
  tries = 500,
): void {
  server.getConnections((_, open) => {
    if (open === 0 || tries === 0) done(open);
    else setTimeout(() => countWhenZero(server, done, tries - 1), 10);
  });
}
