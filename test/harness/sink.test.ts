/** The sink alone, without a load: what it sends, when, and what it leaves behind. */
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { InfluxSink, sendRun } from '../../harness/influx-sink.ts';
import type { RunEvent } from '../../measure/events.ts';
import type { InfluxConnection } from '../../reports/influx/client.ts';
import { replay } from '../../reports/influx/points.ts';
import { hour, passed } from '../reports/fixture.ts';
import { until } from './whole-run.ts';

const measurement = passed();
const events: RunEvent[] = [
  ...measurement.events.filter(({ observed }) => observed),
  ...measurement.seconds.map(
    (second): RunEvent => ({ t: second.startMs, kind: 'second', observed: false, second }),
  ),
];
const everything = replay(measurement).points.length;

/** A database that keeps its lines; `answer` may wait as long as it likes. */
async function database(answer: (response: ServerResponse, asked: number) => void) {
  const seen = { lines: [] as string[], atMs: [] as number[], open: 0, most: 0 };
  const server = createServer((request, response) => {
    seen.atMs.push(performance.now());
    const asked = seen.atMs.length;
    seen.open += 1;
    seen.most = Math.max(seen.most, seen.open);
    response.once('close', () => {
      seen.open -= 1;
    });
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.lines.push(...body.split('\n'));
      answer(response, asked);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const connection: InfluxConnection = {
    url: `http://127.0.0.1:${port}`,
    database: 'd',
    retentionPolicy: null,
    auth: { kind: 'none' },
  };
  return { seen, server, connection };
}

const takes = (response: ServerResponse): void => void response.writeHead(204).end();

const connections = (server: Server): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

/** Nothing is left open that would keep the process. @throws where something is, for 5 s */
async function letGoOf(server: Server): Promise<void> {
  for (let tries = 500; (await connections(server)) > 0; tries -= 1) {
    if (tries === 0) throw new Error('a connection is still open');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stormproof-sink-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

function sinkTo(connection: InfluxConnection): { sink: InfluxSink; told: RunEvent[] } {
  const told: RunEvent[] = [];
  const { run, plan } = measurement;
  const sink = new InfluxSink(connection, { folder, run, plan }, (event) => told.push(event));
  onTestFinished(() => sink.abandon());
  return { sink, told };
}

const statesOf = (told: readonly RunEvent[]): string[] =>
  told.map((event) => (event.kind === 'sink.influx' ? event.state : event.kind));

describe('the sink', () => {
  it('has sent all when it has finished, the claims too, and has let go of everything', async () => {
    const { seen, server, connection } = await database(takes);
    const { sink, told } = sinkTo(connection);
    for (const event of events) sink.event(event);
    const sent = await sink.finish(measurement);
    expect(sent).toMatchObject({ sent: everything, unsent: 0, leftOut: 0, cause: '' });
    expect(seen.lines).toHaveLength(everything);
    expect(new Set(seen.lines).size).toBe(everything);
    expect(statesOf(told)).toEqual(['finished']);
    await letGoOf(server);
    if (existsSync('/proc/self/fd')) expect(openFiles()).not.toContain(join(folder, 'influx.jsonl'));
  });

  it('waits for what is under way before it sends the rest: no point goes twice', async () => {
    // Long enough for a second request to come while the first is open.
    const { seen, connection } = await database((response, asked) =>
      asked === 1 ? setTimeout(() => takes(response), 300) : takes(response),
    );
    const { sink } = sinkTo(connection);
    for (const event of events) sink.event(event);
    sink.start();
    await until('the first request', () => seen.atMs.length > 0);
    expect(await sink.finish(measurement)).toMatchObject({ sent: everything, unsent: 0 });
    expect(seen.most).toBe(1);
    expect(seen.lines).toHaveLength(everything);
  });

  it('ends 5 s after the run where nothing is answered, and says how much is unsent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const { seen, server, connection } = await database(() => {});
    const { sink } = sinkTo(connection);
    for (const event of events) sink.event(event);
    const finished = sink.finish(measurement);
    while (seen.lines.length === 0) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(5000);
    const { sent, unsent, cause } = await finished;
    expect([sent, unsent, cause]).toEqual([0, everything, 'it took too long to answer']);
    vi.useRealTimers();
    await letGoOf(server);
  });

  it('asks less and less often while the database is in trouble, and tells it once', async () => {
    const { seen, connection } = await database((response) => void response.writeHead(503).end());
    const { sink, told } = sinkTo(connection);
    for (const event of events) sink.event(event);
    sink.start();
    await until('six requests', () => seen.atMs.length >= 6);
    // After the fifth the wait is 2 to 4 s; rounds are a second apart.
    expect(seen.atMs[5]! - seen.atMs[4]!).toBeGreaterThan(1900);
    expect(statesOf(told)).toEqual(['away']);
  });

  it('says nothing more and does nothing more once it was abandoned', async () => {
    const { seen, server, connection } = await database(() => {});
    const { sink, told } = sinkTo(connection);
    for (const event of events) sink.event(event);
    sink.start();
    await until('a request', () => seen.atMs.length > 0);
    sink.abandon();
    await letGoOf(server);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const idle = sinkTo(connection).sink;
    idle.start();
    expect(vi.getTimerCount()).toBe(1);
    idle.abandon();
    expect(vi.getTimerCount()).toBe(0);
    expect([statesOf(told), seen.atMs.length]).toEqual([[], 1]);
  });
});

describe('a finished run', () => {
  it('is sent as long as points are taken, however long that takes, and nothing is left open', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const long = hour();
    const { seen, server, connection } = await database((response) => {
      // Longer than it waits for a database that takes nothing.
      vi.setSystemTime(Date.now() + 11_000);
      takes(response);
    });
    const { points } = replay(long);
    expect(points.length).toBeGreaterThan(5000);
    expect(await sendRun(connection, long)).toMatchObject({ sent: points.length, unsent: 0, cause: '' });
    expect(seen.lines).toHaveLength(points.length);
    vi.useRealTimers();
    await letGoOf(server);
  });
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(join('/proc/self/fd', fd))];
    } catch {
      return [];
    }
  });
}
