import { describe, expect, it } from 'vitest';
import { startInfluxd } from './influxd.ts';
import { requirePart } from './require.ts';

describe.runIf(requirePart('influxd'))('the InfluxDB of the tests', () => {
  it('keeps what was written when it is killed and started again', async () => {
    const influxd = await startInfluxd();
    try {
      await influxd.query('CREATE DATABASE d');
      const write = `${influxd.url}/write?db=d&precision=ms`;
      expect((await fetch(write, { method: 'POST', body: 'm f=1i 1000' })).status).toBe(204);
      const { pid } = influxd;
      influxd.kill();
      await influxd.restart();
      expect(influxd.pid).not.toBe(pid);
      const { series } = await influxd.query('SELECT f FROM m', 'd');
      expect(series?.[0]?.values).toEqual([[1000, 1]]);
      await expect(influxd.query('SELECT', 'd')).rejects.toThrow('error parsing query');
    } finally {
      await influxd.stop();
    }
    await expect(fetch(`${influxd.url}/ping`)).rejects.toThrow();
  });

  it('asks for a password and refuses what is too large, where it is told to', async () => {
    const influxd = await startInfluxd({ auth: { username: 'ada', password: 'secret' }, maxBodySize: 100 });
    try {
      await influxd.query('CREATE DATABASE d');
      const write = `${influxd.url}/write?db=d&u=ada&p=secret`;
      expect((await fetch(`${influxd.url}/write?db=d`, { method: 'POST', body: 'm f=1' })).status).toBe(401);
      expect((await fetch(write, { method: 'POST', body: 'm f=1' })).status).toBe(204);
      expect((await fetch(write, { method: 'POST', body: 'm f=1\n'.repeat(50) })).status).toBe(413);
    } finally {
      await influxd.stop();
    }
  });
});
