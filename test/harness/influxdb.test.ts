/** Whole runs that send to InfluxDB: on good days and on bad ones. */
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext } from 'vitest';
import { measureFolder } from '../../harness/renderings.ts';
import { replay } from '../../reports/influx/points.ts';
import { MOST_SERIES } from '../../reports/influx/schema.ts';
import { type Influxd, type InfluxdOptions, startInfluxd } from '../influxd.ts';
import { requirePart } from '../require.ts';
import { eventsOf, it, type Place, read, type StartedRun, start, until, type WholeRun } from './whole-run.ts';

/** What stands in the environment of who runs the tests is not meant. */
const NOT_MINE: NodeJS.ProcessEnv = {
  INFLUX_URL: '',
  INFLUX_DATABASE: '',
  INFLUX_TOKEN: '',
  INFLUX_USERNAME: '',
  INFLUX_PASSWORD: '',
  GRAFANA_URL: '',
};
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1';
const PER_SECOND = 50;

function startRun(place: Place, seconds: number, url: string, env: NodeJS.ProcessEnv = {}): StartedRun {
  place.configure(
    `{ profiles: { smoke: { stages: [['${seconds}s', ${PER_SECOND}, 'hold']], claims: { errors: '<= 100%' } } } }`,
  );
  return start(place, ['--profile', 'smoke', '--influx', url], { env: { ...NOT_MINE, ...env } });
}

/** As it would have been without a database. */
function expectUndisturbed(run: WholeRun, seconds: number): void {
  const due = seconds * PER_SECOND;
  expect([run.code, run.signal, run.verdict?.verdict]).toEqual([0, null, 'PASS']);
  expect(run.verdict?.orders).toMatchObject({ planned: due, started: due, dropped: 0 });
  expect(run.said).not.toMatch(/bug of ours|\n +at /);
  for (const name of ['report.html', 'junit.xml', 'summary.md'])
    expect(existsSync(join(run.folder, name)), name).toBe(true);
}

const COUNTS = ['planned', 'started', 'acknowledged', 'refused', 'unsent', 'unknown', 'dropped'] as const;

async function expectSums(influxd: Influxd, { folder, verdict }: WholeRun): Promise<void> {
  const sums = COUNTS.map((count) => `SUM(${count})`).join(', ');
  const found = await influxd.query(
    `SELECT ${sums} FROM orders WHERE "run" = '${basename(folder)}'`,
    'stormproof',
  );
  expect(found.series![0]!.values[0]!.slice(1)).toEqual(COUNTS.map((count) => verdict!.orders[count]));
}

/** A second of a run is there. */
async function untilStored(influxd: Influxd): Promise<void> {
  for (const end = Date.now() + 40_000; Date.now() < end; ) {
    const found = await influxd.query('SELECT COUNT(planned) FROM orders', 'stormproof').catch(() => null);
    if (found?.series !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nothing was stored');
}

async function seriesOf(influxd: Influxd, { folder }: WholeRun): Promise<number> {
  const { series } = await influxd.query(`SHOW SERIES WHERE "run" = '${basename(folder)}'`, 'stormproof');
  return series![0]!.values.length;
}

function again(place: Place, url: string, env: NodeJS.ProcessEnv = {}): Promise<WholeRun> {
  const options = { script: 'report', env: { ...NOT_MINE, ...env } } as const;
  return start(place, ['--influx', url], options).finished;
}

const lastLines = (text: string, n: number): string => text.trimEnd().split('\n').slice(-n).join('\n');

/** Sentences are wrapped. */
const flat = (text: string): string => text.replaceAll(/\n {10}(?!send)/g, ' ');

const linesOf = (folder: string): string[] => read(join(folder, 'influx.jsonl')).trimEnd().split('\n').sort();

async function linesAgain(folder: string): Promise<string[]> {
  return replay(await measureFolder(folder))
    .points.map((point) => JSON.stringify(point))
    .sort();
}

const statesOf = (folder: string): string[] =>
  eventsOf(folder).flatMap((event) => (event.kind === 'sink.influx' ? [event.state] : []));

async function begin(
  onTestFinished: TestContext['onTestFinished'],
  options: InfluxdOptions = {},
): Promise<Influxd> {
  const influxd = await startInfluxd(options);
  onTestFinished(() => influxd.stop());
  return influxd;
}

describe.runIf(requirePart('k6', 'influxd')).concurrent('a run that sends to InfluxDB', () => {
  /** What every bad day ends with: sent later, all is there. */
  let later: Influxd;
  beforeAll(async () => {
    later = await startInfluxd();
  });
  afterAll(() => later.stop());

  async function expectWholeLater(place: Place, run: WholeRun): Promise<void> {
    const sent = await again(place, later.url);
    expect([sent.code, sent.stderr]).toEqual([0, '']);
    expect(sent.stdout).toMatch(/\ninfluxdb {2}\d+ points in \d+ series at /);
    await expectSums(later, run);
  }

  it('has the counts of its verdict there; sent again, nothing changes', async ({ place }) => {
    const run = await startRun(place, 3, later.url, { GRAFANA_URL: 'http://127.0.0.1:3000' }).finished;
    expectUndisturbed(run, 3);
    const name = basename(run.folder);
    expect(run.stderr).toContain(`points go to InfluxDB at ${later.url}, database stormproof\n`);
    const [influx, grafana] = lastLines(run.stdout, 2).split('\n');
    const [, points, series] = /^influxdb {2}(\d+) points in (\d+) series at /.exec(influx!)!.map(Number);
    expect(influx).toBe(
      `influxdb  ${points} points in ${series} series at ${later.url}, database stormproof`,
    );
    expect(grafana).toMatch(
      new RegExp(`^grafana {3}http://127.0.0.1:3000/d/stormproof-load\\?var-run=${name}&from=\\d+&to=\\d+$`),
    );
    const live = linesOf(run.folder);
    expect(live).toHaveLength(points!);
    expect(await linesAgain(run.folder)).toEqual(live);
    expect(statesOf(run.folder)).toEqual(['finished']);
    expect(series).toBeLessThanOrEqual(MOST_SERIES);
    for (let times = 0; times < 2; times++) {
      await expectSums(later, run);
      expect(await seriesOf(later, run)).toBe(series);
      const sent = await again(place, later.url);
      expect([sent.code, lastLines(sent.stdout, 1)]).toEqual([0, influx]);
      expect(await linesAgain(run.folder)).toEqual(live);
    }
    const json = await start(place, ['--influx', later.url, '--json'], { script: 'report', env: NOT_MINE })
      .finished;
    expect(JSON.parse(json.stdout)).toEqual(run.verdict);
    expect(json.stderr).toContain(influx);
  });

  it('survives an InfluxDB that is killed and comes back', async ({ place, onTestFinished }) => {
    const influxd = await begin(onTestFinished);
    const started = startRun(place, 10, influxd.url);
    await untilStored(influxd);
    influxd.kill();
    await until('it is found to be away', () => statesOf(started.folder).includes('away'));
    await influxd.restart();
    const run = await started.finished;
    expectUndisturbed(run, 10);
    expect(run.stderr).toMatch(/points wait for InfluxDB: it does not answer \(/);
    expect(run.stdout).toMatch(/\ninfluxdb {2}\d+ points in \d+ series at /);
    expect(statesOf(run.folder)).toEqual(expect.arrayContaining(['away', 'sending', 'finished']));
    await expectSums(influxd, run);
    expect(await linesAgain(run.folder)).toEqual(linesOf(run.folder));
  });

  it('to one that is not there says what to do, and sends it later', async ({ place }) => {
    const run = await startRun(place, 2, NOWHERE).finished;
    expectUndisturbed(run, 2);
    expect(flat(run.stdout)).toMatch(
      /\ninfluxdb {2}\d+ points unsent to http:\/\/127\.0\.0\.1:1, database stormproof: it does not answer \(connect ECONNREFUSED/,
    );
    expect(lastLines(run.stdout, 1)).toBe(
      `          send it again: npm run report -- --run ${basename(run.folder)} --influx ${NOWHERE}`,
    );
    expect(statesOf(run.folder)).toEqual(['away', 'finished']);
    const failed = await again(place, NOWHERE);
    expect(failed.code).toBe(2);
    expect(failed.stderr).toMatch(
      /^E_INFLUX: \d+ points unsent to http:\/\/127\.0\.0\.1:1, .* Expected all points taken\. Send it again\.\n$/,
    );
    await expectWholeLater(place, run);
  });

  it('waits for one that answers 503 for a while, and sends all of it once', async ({
    place,
    onTestFinished,
  }) => {
    const bodies: string[] = [];
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      const isWell = asked > 2;
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        if (isWell) bodies.push(body);
        response.writeHead(isWell ? 204 : 503).end();
      });
    });
    const url = await listen(server, onTestFinished);
    const run = await startRun(place, 3, url).finished;
    expectUndisturbed(run, 3);
    const stored = bodies.flatMap((body) => body.split('\n'));
    expect(stored).toHaveLength(linesOf(run.folder).length);
    expect(new Set(stored).size).toBe(stored.length);
    expect(run.stderr).toContain('points wait for InfluxDB: it is in trouble (Service Unavailable)');
    expect(run.stdout).toContain(`\ninfluxdb  ${stored.length} points in `);
    await expectWholeLater(place, run);
  });

  it.for([
    ['accepts and never answers', null],
    ['sends headers and then stalls', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{"error":'],
  ] as const)('is not held up by one that %s', async ([, answer], { place, onTestFinished }) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => {
        if (answer !== null && socket.writable) socket.write(answer);
      });
    });
    const url = await listen(server, onTestFinished);
    const run = await startRun(place, 2, url).finished;
    expectUndisturbed(run, 2);
    expect(flat(run.stdout)).toMatch(
      /\ninfluxdb {2}\d+ points unsent to .*: it (does not answer|took too long)/,
    );
    expect(run.stdout).toContain(`--run ${basename(run.folder)} --influx ${url}`);
    const failed = await again(place, url);
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringMatching(/^E_INFLUX: \d+ points unsent/)]);
    await expectWholeLater(place, run);
  });

  it('says that the password is wrong, or which grant is missing', async ({ place, onTestFinished }) => {
    const influxd = await begin(onTestFinished, { auth: { username: 'admin', password: 'right' } });
    await influxd.query(`CREATE USER "plain" WITH PASSWORD 'pass'`);
    const wrong = await startRun(place, 2, influxd.url, {
      INFLUX_USERNAME: 'admin',
      INFLUX_PASSWORD: 'hunter2',
    }).finished;
    expectUndisturbed(wrong, 2);
    expect(statesOf(wrong.folder)).toEqual(['refused', 'finished']);
    expect(flat(wrong.stdout)).toMatch(
      /: it does not know these credentials \(401 authorization failed\); check INFLUX_USERNAME and INFLUX_PASSWORD\n/,
    );
    expectNoSecret(wrong, 'hunter2');

    const none = await again(place, influxd.url);
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('set INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD'),
    ]);
    const plain = { INFLUX_USERNAME: 'plain', INFLUX_PASSWORD: 'pass' };
    const noDatabase = await again(place, influxd.url, plain);
    expect(noDatabase.code).toBe(2);
    expect(noDatabase.stderr).toContain('have an administrator run CREATE DATABASE "stormproof"');
    await influxd.query('CREATE DATABASE "stormproof"');
    const noGrant = await again(place, influxd.url, plain);
    expect(noGrant.code).toBe(2);
    const grant = 'GRANT WRITE ON "stormproof" TO "plain"';
    expect(noGrant.stderr).toMatch(
      /this user may not write \(403 .*\); it needs GRANT WRITE ON "stormproof" TO "plain"/,
    );
    await influxd.query(grant);
    expect((await again(place, influxd.url, plain)).code).toBe(0);
    await expectSums(influxd, wrong);
  });

  it('leaves out what does not fit, and says so', async ({ place, onTestFinished }) => {
    const influxd = await begin(onTestFinished);
    await influxd.query('CREATE DATABASE "stormproof"');
    const body = 'orders planned=1.5';
    await fetch(`${influxd.url}/write?db=stormproof`, { method: 'POST', body });
    const run = await startRun(place, 2, influxd.url).finished;
    expectUndisturbed(run, 2);
    expect(flat(run.stdout)).toMatch(
      /\ninfluxdb {2}\d+ points in \d+ series at [^;]*; \d points were left out: orders\.planned holds float where we write integer; use another database, or DROP MEASUREMENT "orders" in stormproof\n/,
    );
    const failed = await again(place, influxd.url);
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringContaining('DROP MEASUREMENT "orders"')]);
    await influxd.query('DROP MEASUREMENT "orders"', 'stormproof');
    expect((await again(place, influxd.url)).code).toBe(0);
    await expectSums(influxd, run);
  });

  it('sends less at once where that is too much', async ({ place, onTestFinished }) => {
    const influxd = await begin(onTestFinished, { maxBodySize: 1500 });
    const run = await startRun(place, 2, influxd.url).finished;
    expectUndisturbed(run, 2);
    expect(run.stdout).toMatch(/\ninfluxdb {2}\d+ points in \d+ series at [^;\n]*\n/);
    await expectSums(influxd, run);
    expect((await again(place, influxd.url)).code).toBe(0);
  });

  it('sends what the disk does not take', async ({ place }) => {
    const started = startRun(place, 3, later.url);
    await until('the run has a folder', () => existsSync(join(started.folder, 'run.json')));
    symlinkSync('/dev/full', join(started.folder, 'influx.jsonl'));
    const run = await started.finished;
    expectUndisturbed(run, 3);
    expect(run.stdout).toMatch(/\ninfluxdb {2}\d+ points in \d+ series at [^;\n]*\n$/);
    await expectSums(later, run);
  });

  it('is refused where the URL holds a password, before anything is started', async ({ place }) => {
    for (const url of ['http://me:hunter2@127.0.0.1:1', 'http://127.0.0.1:1/?u=me&p=hunter2']) {
      const run = await startRun(place, 2, url).finished;
      expect([run.code, run.folder, run.stdout]).toEqual([2, '', '']);
      expect(run.stderr).not.toContain('hunter2');
    }
    const byVariable = startRun(place, 2, '', { INFLUX_URL: 'http://me:hunter2@127.0.0.1:1' });
    const { code, folder, stderr } = await byVariable.finished;
    expect([code, folder]).toEqual([2, '']);
    expect(stderr).toMatch(/^INFLUX_URL {3}E_INFLUX_URL: it holds a user name or password/);
    expect(stderr).not.toContain('hunter2');
  });
});

function expectNoSecret({ folder, said }: WholeRun, secret: string): void {
  const leaks = readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(secret));
  expect([leaks, said.includes(secret)]).toEqual([[], false]);
}

/** @returns its URL */
async function listen(
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
