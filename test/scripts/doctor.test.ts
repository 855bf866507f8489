import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHealth, type Facts, isHealthy } from '../../scripts/doctor/checks.ts';
import { renderChecks } from '../../scripts/doctor/table.ts';
import { findTools } from '../../scripts/doctor/tools.ts';

const tool = (path: string) => ({ version: '1.2.3', path });

const WELL: Facts = {
  node: { version: 'v20.20.2', path: '/usr/bin/node' },
  packages: 'current',
  packageCount: 17,
  k6: { found: { path: '/usr/bin/k6', version: 'v1.8.1', source: 'PATH' }, refused: [], explicit: false },
  machine: {
    os: 'Linux 6.1.0 x64',
    cpuModel: 'Example CPU',
    cpus: 8,
    allowedCpus: 8,
    memoryBytes: 32 * 2 ** 30,
    availableMemoryBytes: 30 * 2 ** 30,
    fileDescriptors: { soft: 1_048_576, hard: Infinity },
    ports: { first: 32_768, last: 60_999 },
  },
  runsDir: '/home/me/stormproof/runs',
  freeBytes: 78 * 2 ** 30,
  proxies: [],
  k6Variables: [],
  tools: {
    git: tool('/usr/bin/git'),
    chromium: tool('/usr/bin/chromium'),
    nginx: tool('/usr/sbin/nginx'),
    taskset: tool('/usr/bin/taskset'),
  },
};

/** The same machine with everything wrong that can be. */
const ILL: Facts = {
  ...WELL,
  node: { version: 'v18.0.0', path: '/usr/bin/node' },
  packages: 'stale',
  k6: { found: null, refused: ['/usr/bin/k6 is k6 v0.49.0, too old: v1 or v2 is needed'], explicit: false },
  machine: {
    ...WELL.machine,
    allowedCpus: 0.5,
    memoryBytes: 5e8,
    availableMemoryBytes: 4e8,
    fileDescriptors: { soft: 256, hard: 256 },
    ports: { first: 40_000, last: 40_099 },
  },
  freeBytes: 5e7,
  proxies: ['HTTPS_PROXY', 'https_proxy'],
  k6Variables: ['K6_VUS'],
  tools: { ...WELL.tools, chromium: { version: null, path: '' } },
};

const healthOf = (facts: Facts, id: string) => checkHealth(facts).find((check) => check.id === id)?.health;

describe('the doctor', () => {
  it('finds nothing on a machine that has everything', () => {
    const checks = checkHealth(WELL);
    expect(checks.filter((check) => check.health !== 'ok' || check.advice !== '')).toEqual([]);
    expect(isHealthy(checks)).toBe(true);
  });

  it.each([
    ['a Node that is too old', { node: ILL.node }],
    ['no k6', { k6: ILL.k6 }],
    ['no packages', { packages: 'missing' as const }],
    ['no room on the disk', { freeBytes: ILL.freeBytes }],
    ['no memory', { machine: ILL.machine }],
  ])('says not ready for %s', (_, facts) => {
    expect(isHealthy(checkHealth({ ...WELL, ...facts }))).toBe(false);
  });

  it.each([
    ['chromium', { tools: ILL.tools }],
    ['cpus', { machine: { ...WELL.machine, allowedCpus: 1.5 } }],
    ['open-files', { machine: { ...WELL.machine, fileDescriptors: { soft: 256, hard: 256 } } }],
    ['packages', { packages: 'stale' as const }],
  ])('says ready where only %s is not at its best, and what to do', (id, facts) => {
    const checks = checkHealth({ ...WELL, ...facts });
    expect(isHealthy(checks)).toBe(true);
    expect(checks.find((check) => check.id === id)).toMatchObject({ advice: expect.stringMatching(/./) });
    expect(healthOf({ ...WELL, ...facts }, id)).not.toBe('ok');
  });

  it('takes the hard limit of open files, which Node raises itself to', () => {
    const machine = { ...WELL.machine, fileDescriptors: { soft: 256, hard: 65_536 } };
    expect(healthOf({ ...WELL, machine }, 'open-files')).toBe('ok');
  });

  it('counts what this system cannot say as well', () => {
    const machine = { ...WELL.machine, fileDescriptors: null, ports: null };
    expect(isHealthy(checkHealth({ ...WELL, machine }))).toBe(true);
    expect(healthOf({ ...WELL, machine }, 'ports')).toBe('ok');
  });

  it('draws a table', async () => {
    await expect(renderChecks(checkHealth(WELL), false)).toMatchFileSnapshot('golden/doctor-well.txt');
    await expect(renderChecks(checkHealth(ILL), false)).toMatchFileSnapshot('golden/doctor-ill.txt');
  });

  it('finds programs by what they answer, and passes over those that do not', async () => {
    const tools = await findTools({ PATH: '' });
    for (const { version, path } of Object.values(tools)) expect(version === null).toBe(path === '');
    expect((await findTools({ PATH: process.env.PATH })).git.version).toMatch(/^\d+\.\d+/);
  });
});

describe('npm run doctor', () => {
  const runs = mkdtempSync(join(tmpdir(), 'stormproof-doctor-'));
  const doctor = (args: string[], environment: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'scripts/doctor.ts', '--runs-dir', runs, ...args], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });

  it('prints nothing but JSON with --json, and ends with 2 when k6 cannot be used', () => {
    const { status, stdout, stderr } = doctor(['--json'], {
      K6_BIN: '/not/there',
      HTTPS_PROXY: 'http://me:secret@proxy',
    });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ schema: 'stormproof.doctor/1', healthy: false });
    expect(report.checks.map((check: { id: string }) => check.id)).toContain('k6');
    expect(stdout).toContain('HTTPS_PROXY');
    expect(stdout).not.toContain('secret');
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
    rmSync(runs, { recursive: true });
  });
});
