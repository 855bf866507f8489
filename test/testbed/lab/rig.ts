import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabRegion, type LabRegionSettings, startLabRegion } from '../../../testbed/lab/lab-region.ts';
import { newOrder, postOrder } from '../client.ts';

export const SEED = 7;
/** Short enough for a test to wait for, long enough to act while orders are on their way. */
export const LAG = { p50: 60, p99: 200, max: 60_000 };

const HOSTS = { seoul: '127.1.0.10', tokyo: '127.2.0.10' };
type Name = keyof typeof HOSTS;

export interface Rig {
  seoul: LabRegion;
  tokyo: LabRegion;
}

const folders: string[] = [];
const regions: LabRegion[] = [];

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Two regions that replicate to each other. @param changes of both */
export async function startRig(changes: Partial<LabRegionSettings> = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-lab-'));
  folders.push(folder);
  const replicationPorts = {
    seoul: await freePort(HOSTS.seoul),
    tokyo: await freePort(HOSTS.tokyo),
  };
  const start = async (name: Name, peer: Name): Promise<LabRegion> => {
    const region = await startLabRegion({
      name,
      host: HOSTS[name],
      port: await freePort(HOSTS[name]),
      replicationPort: replicationPorts[name],
      peer: { name: peer, host: HOSTS[peer], replicationPort: replicationPorts[peer] },
      folder: join(folder, name),
      seed: SEED,
      tasks: 1,
      taskCapacity: 2000,
      spareTasks: 0,
      rehearsals: 0,
      latencyMs: 0,
      taskStartMs: 0,
      replicationLagMs: LAG,
      ...changes,
    });
    regions.push(region);
    return region;
  };
  const [seoul, tokyo] = await Promise.allSettled([start('seoul', 'tokyo'), start('tokyo', 'seoul')]);
  if (seoul.status === 'rejected') throw seoul.reason;
  if (tokyo.status === 'rejected') throw tokyo.reason;
  return { seoul: seoul.value, tokyo: tokyo.value };
}

/** After each test. */
export async function endRigs(): Promise<void> {
  await Promise.all(regions.splice(0).map((region) => region.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export const urlOf = ({ host, port }: LabRegion): string => `http://${host}:${port}`;

export interface Placed {
  status: number;
  orderId: string;
  /** For how long the client waited. */
  tookMs: number;
}

export async function place(region: LabRegion, key: string, signal?: AbortSignal): Promise<Placed> {
  const from = performance.now();
  const response = await postOrder(urlOf(region), newOrder(key), signal);
  const { order_id = '' } = (await response.json()) as { order_id?: string };
  return { status: response.status, orderId: order_id, tookMs: performance.now() - from };
}

/** At once, `<prefix>-0`... @throws where one is not acknowledged. @returns the keys */
export async function placeMany(region: LabRegion, prefix: string, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
  for (const { status } of await Promise.all(keys.map((key) => place(region, key)))) {
    if (status !== 201) throw new Error(`an order was answered ${status}`);
  }
  return keys;
}

/** The whole listing, as `key=order id`. */
export async function listAll(region: LabRegion): Promise<string[]> {
  const lines: string[] = [];
  for (let cursor = 0, more = true; more; ) {
    const page = await region.listing(cursor, 100);
    if (page === null) throw new Error('the listing could not be read');
    lines.push(...page.orders.map(({ idempotency_key, order_id }) => `${idempotency_key}=${order_id}`));
    cursor = Number(page.next_cursor);
    more = page.has_more;
  }
  return lines;
}

/** A client with one connection, which it keeps for as long as the service does. */
export class KeptConnection {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** There is no connection yet, or the service has said that it will close it. */
  #mayBeNew = true;

  constructor(url: string) {
    this.#url = url;
  }

  /** @returns `keptItsWord`: the connection was the one before, if the service had not said that it would close it */
  async place(key: string): Promise<{ status: number; keptItsWord: boolean }> {
    const order = request(`${this.#url}/api/v1/orders`, { method: 'POST', agent: this.#agent });
    order.end(JSON.stringify(newOrder(key)));
    const [response] = (await once(order, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    const keptItsWord = this.#mayBeNew || order.reusedSocket;
    this.#mayBeNew = response.headers.connection === 'close';
    return { status: response.statusCode ?? 0, keptItsWord };
  }

  end(): void {
    this.#agent.destroy();
  }
}
