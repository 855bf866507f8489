/** Runs beside which the database has a bad day, each against the same run without a database. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Influxd, startInfluxd } from '../influxd.ts';
import { requirePart } from '../require.ts';
import { behindMounts, canMount } from './private-mounts.ts';
import {
  again,
  begin,
  type Driven,
  expectSums,
  expectUndisturbed,
  flat,
  lastLines,
  linesAgain,
  linesOf,
  listen,
  NOWHERE,
  startRun,
  statesOf,
  untilStored,
} from './sending.ts';
import { it, Place, read, until, type WholeRun } from './whole-run.ts';

/** The rate of the profile smoke, with claims that no machine is too busy for: they are judged, and the same each time. */
const DRIVEN: Driven = {
  perSecond: 200,
  claims: { errors: '<= 100%', availability: '>= 0%', throughput: '>= 1' },
};

/** One after the other: what they show is that nothing disturbs them. */
describe.runIf(requirePart('k6', 'influxd'))('a run beside whose load the database has a bad day', () => {
  const place = new Place();
  let alone: WholeRun;
  let later: Influxd;
  beforeAll(async () => {
    later = await startInfluxd();
    alone = await startRun(place, 3, null, DRIVEN).finished;
    expectUndisturbed(alone, 3, DRIVEN);
  }, 60_000);
  afterAll(async () => {
    place.remove();
    await later.stop();
  });

  const judged = ({ verdict }: WholeRun) => [
    verdict!.verdict,
    verdict!.reasons,
    verdict!.claims.map(({ id, verdict: word }) => [id, word]),
  ];

  /** The same verdict as alone, every arrival started, and whole in a database later, however often it is sent. */
  async function expectSame(mine: Place, run: WholeRun, seconds: number): Promise<void> {
    expectUndisturbed(run, seconds, DRIVEN);
    expect(judged(run)).toEqual(judged(alone));
    const before = read(join(run.folder, 'verdict.json'));
    for (let times = 0; times < 2; times++) {
      const sent = await again(mine, later.url);
      expect([sent.code, sent.stderr]).toEqual([0, '']);
      expect(sent.stdout).toMatch(/\ninfluxdb {2}\d+ points in \d+ series at [^;\n]*\n$/);
      await expectSums(later, run);
    }
    expect(read(join(run.folder, 'verdict.json'))).toBe(before);
  }

  it('since it is not there: it says what sends the run later', async ({ place }) => {
    const run = await startRun(place, 3, NOWHERE, DRIVEN).finished;
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
    await expectSame(place, run, 3);
  });

  it.for([
    ['accepts and never answers', null],
    ['sends headers and then stalls', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{"error":'],
  ] as const)('since it %s', async ([, answer], { place, onTestFinished }) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => {
        if (answer !== null && socket.writable) socket.write(answer);
      });
    });
    const url = await listen(server, onTestFinished);
    const run = await startRun(place, 3, url, DRIVEN).finished;
    expect(flat(run.stdout)).toMatch(
      /\ninfluxdb {2}\d+ points unsent to .*: it (does not answer|took too long)/,
    );
    expect(run.stdout).toContain(`--run ${basename(run.folder)} --influx ${url}`);
    const failed = await again(place, url);
    expect([failed.code, failed.stderr]).toEqual([2, expect.stringMatching(/^E_INFLUX: \d+ points unsent/)]);
    await expectSame(place, run, 3);
  });

  it('since it answers 503 for a while: all is sent, once', async ({ place, onTestFinished }) => {
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
    const run = await startRun(place, 3, url, DRIVEN).finished;
    const stored = bodies.flatMap((body) => body.split('\n'));
    expect(stored).toHaveLength(linesOf(run.folder).length);
    expect(new Set(stored).size).toBe(stored.length);
    expect(run.stderr).toContain('points wait for InfluxDB: it is in trouble (Service Unavailable)');
    expect(run.stdout).toContain(`\ninfluxdb  ${stored.length} points in `);
    await expectSame(place, run, 3);
  });

  it('since it is killed and comes back: it tells both', async ({ place, onTestFinished }) => {
    const influxd = await begin(onTestFinished);
    const started = startRun(place, 10, influxd.url, DRIVEN);
    await untilStored(influxd);
    influxd.kill();
    await until('it is found to be away', () => statesOf(started.folder).includes('away'));
    await influxd.restart();
    const run = await started.finished;
    expect(run.stderr).toMatch(/points wait for InfluxDB: it does not answer \(/);
    expect(run.stdout).toMatch(/\ninfluxdb {2}\d+ points in \d+ series at /);
    expect(statesOf(run.folder)).toEqual(expect.arrayContaining(['away', 'sending', 'finished']));
    await expectSums(influxd, run);
    expect(await linesAgain(run.folder)).toEqual(linesOf(run.folder));
    await expectSame(place, run, 10);
  });

  /** @param url where the points go; the disk of `influx.jsonl`, and nothing else, takes 4 kB */
  async function runOnFullSpool(mine: Place, url: string): Promise<WholeRun> {
    const disk = join(mine.folder, 'small');
    mkdirSync(disk);
    const under = behindMounts(`mount -t tmpfs -o size=4k tmpfs '${disk}'`);
    const started = startRun(mine, 3, url, { ...DRIVEN, under });
    await until('the run has a folder', () => existsSync(join(started.folder, 'run.json')));
    symlinkSync(join(disk, 'influx.jsonl'), join(started.folder, 'influx.jsonl'));
    const run = await started.finished;
    // Behind the mount: nothing came to lie outside.
    expect(read(join(run.folder, 'influx.jsonl'))).toBe('');
    return run;
  }

  it.runIf(canMount())('and the disk of the spool is full: it sends from memory', async ({ place }) => {
    const run = await runOnFullSpool(place, later.url);
    const points = (await linesAgain(run.folder)).length;
    expect(run.stdout).toContain(`\ninfluxdb  ${points} points in `);
    await expectSums(later, run);
    await expectSame(place, run, 3);
  });

  it.runIf(canMount())('and the disk of the spool is full, and nobody listens', async ({ place }) => {
    const run = await runOnFullSpool(place, NOWHERE);
    const points = (await linesAgain(run.folder)).length;
    expect(run.stdout).toContain(`\ninfluxdb  ${points} points unsent to ${NOWHERE}`);
    await expectSame(place, run, 3);
  });
});
