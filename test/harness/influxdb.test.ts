/** Whole runs that send to InfluxDB, which takes, refuses or leaves out. For its bad days: undisturbed.test.ts. */
import { existsSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { MOST_SERIES } from '../../reports/influx/schema.ts';
import { type Influxd, startInfluxd } from '../influxd.ts';
import { requirePart } from '../require.ts';
import {
  again,
  begin,
  expectNoSecret,
  expectSums,
  expectUndisturbed,
  flat,
  lastLines,
  linesAgain,
  linesOf,
  NOT_MINE,
  SMALL,
  seriesOf,
  startRun,
  statesOf,
} from './sending.ts';
import { it, start, until } from './whole-run.ts';

describe.runIf(requirePart('k6', 'influxd')).concurrent('a run that sends to InfluxDB', () => {
  let later: Influxd;
  beforeAll(async () => {
    later = await startInfluxd();
  });
  afterAll(() => later.stop());

  it('has the counts of its verdict there; sent again, nothing changes', async ({ place }) => {
    const run = await startRun(place, 3, later.url, {
      ...SMALL,
      env: { GRAFANA_URL: 'http://127.0.0.1:3000' },
    }).finished;
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

  it('says that the password is wrong, or which grant is missing', async ({ place, onTestFinished }) => {
    const influxd = await begin(onTestFinished, { auth: { username: 'admin', password: 'right' } });
    await influxd.query(`CREATE USER "plain" WITH PASSWORD 'pass'`);
    const wrong = await startRun(place, 2, influxd.url, {
      ...SMALL,
      env: { INFLUX_USERNAME: 'admin', INFLUX_PASSWORD: 'hunter2' },
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
    const byVariable = startRun(place, 2, '', {
      ...SMALL,
      env: { INFLUX_URL: 'http://me:hunter2@127.0.0.1:1' },
    });
    const { code, folder, stderr } = await byVariable.finished;
    expect([code, folder]).toEqual([2, '']);
    expect(stderr).toMatch(/^INFLUX_URL {3}E_INFLUX_URL: it holds a user name or password/);
    expect(stderr).not.toContain('hunter2');
  });
});
