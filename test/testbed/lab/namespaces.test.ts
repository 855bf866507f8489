import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../harness/config.ts';
import { enterCommand, findNamespaces, type Machine } from '../../../testbed/lab/namespaces.ts';
import { scaleTimes, shapeFor, supervisorSettings } from '../../../testbed/lab/settings.ts';

const machine = (changes: Partial<Machine>): Machine => ({
  platform: 'linux',
  path: process.env.PATH ?? '',
  uid: 0,
  tryUnshare: () => ({ status: 0, stderr: '' }),
  ...changes,
});

const refused = { status: 1, stderr: 'unshare: unshare failed: Operation not permitted\n' };

describe('namespaces of our own', () => {
  it('are made as root where that is allowed, else in a user namespace', () => {
    expect(findNamespaces(machine({})).user).toBe(false);
    expect(findNamespaces(machine({ uid: 1000 })).user).toBe(true);
    const inContainer = machine({
      tryUnshare: (args) => (args.includes('--user') ? { status: 0, stderr: '' } : refused),
    });
    expect(findNamespaces(inContainer)).toMatchObject({ user: true });
    expect(findNamespaces(inContainer).unshare).toContain('--map-root-user');
  });

  it.each([
    ['another system', { platform: 'darwin' }, 'E_LAB_PLATFORM: the lab does not run on darwin'],
    [
      'missing programs',
      { path: '/nowhere' },
      'E_LAB_PROGRAM: unshare, nsenter, setpriv, mount, ip cannot be found',
    ],
    [
      'forbidden namespaces',
      { uid: 1000, tryUnshare: () => refused },
      'E_LAB_NAMESPACES: this machine allows no namespaces of our own (unshare: unshare failed: Operation not permitted)',
    ],
  ] as [string, Partial<Machine>, string][])('are not made on %s, which is said', (_, changes, message) => {
    expect(() => findNamespaces(machine(changes))).toThrow(message);
  });
});

describe('the command that enters', () => {
  it('is words that stand before another command', () => {
    expect(enterCommand(12, { user: false }).slice(-1)).toEqual(['12']);
    expect(enterCommand(12, { user: false })[2]).toContain('nsenter -t "$0" -n -m -- ');
    expect(enterCommand(12, { user: true })[2]).toContain('-U --preserve-credentials -n -m -- ');
  });
});

describe('the time scale', () => {
  it('shortens timers, keeps a TTL of whole seconds, and leaves lags alone', () => {
    expect(scaleTimes(0.05)).toMatchObject({
      healthCheck: { intervalMs: 500, threshold: 3, timeoutMs: 300 },
      ttlS: 3,
      taskStartMs: 1000,
      replicationLagMs: { p50: 300, p99: 1200, max: 1700 },
    });
    expect(scaleTimes(0.04)).toMatchObject({ ttlS: 3, taskStartMs: 800 });
    expect(scaleTimes(1)).toMatchObject({
      healthCheck: { intervalMs: 10_000 },
      ttlS: 60,
      taskStartMs: 20_000,
    });
  });

  it('takes times and tasks of a configuration', async () => {
    const { lab } = await loadConfig(undefined, '/');
    const shape = {
      ...lab,
      standby: { tasks: 4, scaleTo: 3, startTime: 60_000 },
      ttl: 10_000,
      taskCapacity: 5,
    };
    expect(supervisorSettings({ mode: 'owned', shape })).toMatchObject({
      times: { ttlS: 1, taskStartMs: 3000, healthCheck: { intervalMs: 500 } },
      tasks: { primary: 3, warm: 4, full: 4 },
      taskCapacity: 5,
    });
    const usual = shapeFor(lab, 2000);
    expect(supervisorSettings({ mode: 'owned' })).toEqual(
      supervisorSettings({ mode: 'owned', shape: usual }),
    );
  });

  it.each([0, 0.009, 11, Number.NaN])('is refused where it is %d', (scale) => {
    expect(() => scaleTimes(scale)).toThrow('E_TIME_SCALE');
  });
});
