/** What whole runs that send to InfluxDB have in common, on good days and on bad ones. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo, createServer as createTcpServer, Socket } from 'node:net';
import { basename, join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { measureFolder } from '../../harness/renderings.ts';
import { replay } from '../../reports/influx/points.ts';
import { type Influxd, type InfluxdOptions, startInfluxd } from '../influxd.ts';
import {
  eventsOf,
  type Place,
  read,
  type StartedRun,
  type StartOptions,
  start,
  type WholeRun,
} from './whole-run.ts';

/** What stands in the environment of who runs the tests is not meant. */
export const NOT_MINE: NodeJS.ProcessEnv = {
  INFLUX_URL: '',
  INFLUX_DATABASE: '',
  INFLUX_TOKEN: '',
  INFLUX_USERNAME: '',
  INFLUX_PASSWORD: '',
  GRAFANA_URL: '',
};
/** Nobody listens there. */
export const NOWHERE = 'http://127.0.0.1:1';

/** What is driven, where nothing else is said. */
export const SMALL = { perSecond: 50, claims: { errors: '<= 100%' } as Record<string, string> };
export type Driven = typeof SMALL;

/** @param url null: without a database */
export function startRun(
  place: Place,
  seconds: number,
  url: string | null,
  { env = {}, under = [], perSecond, claims }: StartOptions & Driven = SMALL,
): StartedRun {
  const stages = [[`${seconds}s`, perSecond, 'hold']];
  place.configure(JSON.stringify({ profiles: { smoke: { stages, claims } } }));
  const args = ['--profile', 'smoke', ...(url === null ? [] : ['--influx', url])];
  return start(place, args, { env: { ...NOT_MINE, ...env }, under });
}

/** As it would have been without a database. */
export function expectUndisturbed(run: WholeRun, seconds: number, { perSecond }: Driven = SMALL): void {
  const due = seconds * perSecond;
  expect([run.code, run.signal, run.verdict?.verdict]).toEqual([0, null, 'PASS']);
  expect(run.verdict?.orders).toMatchObject({ planned: due, started: due, dropped: 0 });
  expect(run.said).not.toMatch(/bug of ours|\n +at /);
  for (const name of ['report.html', 'junit.xml', 'summary.md'])
    expect(existsSync(join(run.folder, name)), name).toBe(true);
}

const COUNTS = ['planned', 'started', 'acknowledged', 'refused', 'unsent', 'unknown', 'dropped'] as const;

export async function expectSums(influxd: Influxd, { folder, verdict }: WholeRun): Promise<void> {
  const sums = COUNTS.map((count) => `SUM(${count})`).join(', ');
  const found = await influxd.query(
    `SELECT ${sums} FROM orders WHERE "run" = '${basename(folder)}'`,
    'stormproof',
  );
  expect(found.series![0]!.values[0]!.slice(1)).toEqual(COUNTS.map((count) => verdict!.orders[count]));
}

/** A second of a run is there. */
export async function untilStored(influxd: Influxd): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end; ) {
    const found = await influxd.query('SELECT COUNT(planned) FROM orders', 'stormproof').catch(() => null);
    if (found?.series !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nothing was stored');
}

export async function seriesOf(influxd: Influxd, { folder }: WholeRun): Promise<number> {
  const { series } = await influxd.query(`SHOW SERIES WHERE "run" = '${basename(folder)}'`, 'stormproof');
  return series![0]!.values.length;
}

export function again(place: Place, url: string, env: NodeJS.ProcessEnv = {}): Promise<WholeRun> {
  const options = { script: 'report', env: { ...NOT_MINE, ...env } } as const;
  return start(place, ['--influx', url], options).finished;
}

export const lastLines = (text: string, n: number): string => text.trimEnd().split('\n').slice(-n).join('\n');

/** Sentences are wrapped. */
export const flat = (text: string): string => text.replaceAll(/\n {10}(?!send)/g, ' ');

export const linesOf = (folder: string): string[] =>
  read(join(folder, 'influx.jsonl')).trimEnd().split('\n').sort();

export async function linesAgain(folder: string): Promise<string[]> {
  return replay(await measureFolder(folder))
    .points.map((point) => JSON.stringify(point))
    .sort();
}

export const statesOf = (folder: string): string[] =>
  eventsOf(folder).flatMap((event) => (event.kind === 'sink.influx' ? [event.state] : []));

export async function begin(
  onTestFinished: TestContext['onTestFinished'],
  options: InfluxdOptions = {},
): Promise<Influxd> {
  const influxd = await startInfluxd(options);
  onTestFinished(() => influxd.stop());
  return influxd;
}

export function expectNoSecret({ folder, said }: WholeRun, secret: string): void {
  const leaks = readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(secret));
  expect([leaks, said.includes(secret)]).toEqual([[], false]);
}

/** @returns its URL */
export async function listen(
  server: ReturnType<typeof createTcpServer>,
  onTestFinished: TestContext['onTestFinished'],
): Promise<string> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
