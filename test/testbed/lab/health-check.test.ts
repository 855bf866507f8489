import { afterEach, describe, expect, it } from 'vitest';
import { HealthCheck } from '../../../testbed/lab/health-check.ts';
import { until } from '../client.ts';
import { FakeRegion } from './fake-region.ts';

const TIMES = { intervalMs: 400, threshold: 3, timeoutMs: 300 };
/** Timers of whole milliseconds may fire this much early, once an interval. */
const EARLY_MS = 1;

const close: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of close.splice(0)) await each();
});

async function start(): Promise<{
  region: FakeRegion;
  check: HealthCheck;
  told: { healthy: boolean; cause: string; t: number }[];
}> {
  const region = await new FakeRegion('seoul', 6).listen();
  const told: { healthy: boolean; cause: string; t: number }[] = [];
  const settings = { ...TIMES, host: region.host, port: region.port, checkers: 8, seed: 1, stream: 0 };
  const check = new HealthCheck(settings, (healthy, cause) =>
    told.push({ healthy, cause, t: performance.now() }),
  );
  check.start();
  close.push(
    () => check.close(),
    () => region.stop(),
  );
  return { region, check, told };
}

describe('the health check', () => {
  it('finds a frozen region out after threshold intervals, never before, and finds it well again', async () => {
    const { region, check, told } = await start();
    const frozen = performance.now();
    region.freeze();
    await until(() => told.length > 0, 'the verdict');
    // A request under way at that instant may count: (threshold - 1) intervals are certain.
    expect(told[0]!.t - frozen).toBeGreaterThanOrEqual(2 * (TIMES.intervalMs - EARLY_MS));
    expect(told[0]).toMatchObject({ healthy: false });
    expect(told[0]!.cause).toMatch(/^[78] of 8 checkers report it unhealthy: no answer within 300 ms$/);
    expect(check.healthy).toBe(false);
    expect(check.checkers()).toHaveLength(8);
    region.thaw();
    await until(() => told.length > 1, 'the verdict');
    expect(told[1]).toMatchObject({ healthy: true });
  });

  it('finds a dead region out, and says how', async () => {
    const { region, told } = await start();
    const killed = performance.now();
    region.kill();
    await until(() => told.length > 0, 'the verdict');
    expect(told[0]!.t - killed).toBeGreaterThanOrEqual(2 * (TIMES.intervalMs - EARLY_MS));
    expect(told[0]!.cause).toContain('ECONNREFUSED');
  });

  it('believes a lie as it believes the truth: after as many answers', async () => {
    const { region, check, told } = await start();
    const lied = performance.now();
    check.setLie('unhealthy');
    await until(() => told.length > 0, 'the false alarm');
    expect(told[0]!.t - lied).toBeGreaterThanOrEqual(2 * (TIMES.intervalMs - EARLY_MS));
    expect(told[0]!.cause).toMatch(/: told to say so$/);
    check.setLie('healthy');
    region.kill();
    await until(() => told.length > 1, 'the false all-clear');
    expect(told[1]).toMatchObject({ healthy: true });
    check.setLie('true');
    await until(() => told.length > 2, 'the truth');
    expect(told[2]).toMatchObject({ healthy: false });
  });

  it('counts an answer that is an error as none', async () => {
    const { region, check, told } = await start();
    region.status = 503;
    await until(() => told.length > 0, 'the verdict');
    expect(check.cause()).toContain('status 503');
    region.status = 302;
    await until(() => told.length > 1, 'the verdict');
  });
});
