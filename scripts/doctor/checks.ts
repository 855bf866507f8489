/** What a run needs of this machine, judged: facts in, findings out. */

import { FILES_BESIDE, FILES_PER_CLIENT } from '../../engines/client.ts';
import type { K6Search } from '../../engines/k6/search.mjs';
import { clientsFor, coveredStallMs } from '../../engines/vus.ts';
import type { Machine } from '../../harness/machine.ts';
import { BUILT_IN_PROFILES, DEFAULT_PROFILE } from '../../harness/profiles.ts';
import { BYTES_PER_LINE } from '../../measure/evidence.ts';
import { formatBytes, formatCount, formatMs, formatNumber, formatRate } from '../../measure/format.ts';

/** `poor` works, but not for every profile. */
export type Health = 'ok' | 'poor' | 'missing';

export interface Check {
  /** Stable, for scripts: `k6`, `open-files`. */
  id: string;
  title: string;
  /** Without what is needed nothing runs, and the doctor ends with status 2. */
  needed: boolean;
  health: Health;
  /** What was found, and where. */
  found: string;
  where: string;
  /** What it is for. */
  purpose: string;
  /** What to do about it; empty when there is nothing to do. */
  advice: string;
}

/** A program that was looked for. */
export interface Tool {
  /** Its first line of `--version`; null when it was not found. */
  version: string | null;
  path: string;
}

export interface Facts {
  node: { version: string; path: string };
  packages: 'missing' | 'stale' | 'current';
  packageCount: number;
  k6: K6Search;
  machine: Machine;
  runsDir: string;
  freeBytes: number;
  /** Names only: a proxy's address may hold a password. */
  proxies: string[];
  k6Variables: string[];
  tools: { git: Tool; chromium: Tool; nginx: Tool; taskset: Tool };
}

/** The built-in profile that every clone runs first; its timeout is 1 s. */
const PEAK_PER_SECOND = Math.max(...BUILT_IN_PROFILES[DEFAULT_PROFILE]!.stages!.map(([, rate]) => rate));
const TIMEOUT_MS = 1000;
/** It holds for 20 s between two ramps of 5 s. */
const ARRIVALS = PEAK_PER_SECOND * 25;
/** The generator and the service that it loads: on one CPU they take turns. */
const CPUS = 2;
/** The fewest clients, 0.2 GB, beside the harness and the built-in service; and what covers a stall of 0.1 s. */
const LEAST_MEMORY_BYTES = 2 ** 30;
const MEMORY_BYTES = 4 * 2 ** 30;
/** Not even one run fits; and enough for a day of them. */
const LEAST_DISK_BYTES = 100 * 2 ** 20;
const DISK_BYTES = 2 * 2 ** 30;

/** Every check, needed ones first. */
export function checkHealth(facts: Facts): Check[] {
  return [...checkInstalled(facts), ...checkMachine(facts), ...checkTools(facts)];
}

/** False when something needed is missing. */
export function isHealthy(checks: readonly Check[]): boolean {
  return checks.every((check) => !check.needed || check.health !== 'missing');
}

function checkInstalled({ node, packages, packageCount, k6 }: Facts): Check[] {
  const [major = 0, minor = 0] = node.version.replace(/^v/, '').split('.').map(Number);
  const old = major < 20 || (major === 20 && minor < 19);
  const refused = k6.refused.join('; ');
  return [
    {
      id: 'node',
      title: 'Node',
      needed: true,
      health: old ? 'missing' : 'ok',
      found: node.version,
      where: node.path,
      purpose: 'everything',
      advice: old ? 'Install Node 20.19 or newer: https://nodejs.org' : '',
    },
    {
      id: 'packages',
      title: 'npm packages',
      needed: true,
      health: packages === 'current' ? 'ok' : packages === 'stale' ? 'poor' : 'missing',
      found: packages === 'current' ? `${formatCount(packageCount)}, as locked` : packages,
      where: 'node_modules',
      purpose: 'everything but setup, see docs/dependencies.md',
      advice: packages === 'current' ? '' : 'Run npm ci.',
    },
    {
      id: 'k6',
      title: 'k6',
      needed: true,
      health: k6.found === null ? 'missing' : 'ok',
      found: k6.found?.version ?? (k6.explicit ? 'K6_BIN cannot be used' : 'missing'),
      where: k6.found === null ? '' : `${k6.found.path} (${k6.found.source})`,
      purpose: 'generating the load',
      advice: [
        refused === '' ? '' : `${refused}.`,
        k6.found !== null ? '' : k6.explicit ? 'Mend K6_BIN or unset it.' : 'Run node scripts/setup.mjs.',
      ]
        .filter(Boolean)
        .join(' '),
    },
  ];
}

function checkMachine({ machine, runsDir, freeBytes, proxies, k6Variables }: Facts): Check[] {
  const { fileDescriptors, ports, allowedCpus, availableMemoryBytes: memory } = machine;
  const need = { peakPerSecond: PEAK_PER_SECOND, iterationMaxMs: TIMEOUT_MS };
  const clients = clientsFor([need], machine)[0]!;
  const stall = formatMs(coveredStallMs(clients, PEAK_PER_SECOND));
  const connections = clients * FILES_PER_CLIENT;
  const files = connections + FILES_BESIDE;
  const filesHealth = (fileDescriptors?.hard ?? Infinity) >= files ? 'ok' : 'poor';
  const portCount = ports === null ? Infinity : ports.last - ports.first + 1;
  const portsHealth = portCount >= connections ? 'ok' : 'poor';
  const stripped = [...proxies, ...k6Variables];
  const memoryAdvice: Record<Health, string> = {
    ok: '',
    poor: 'Free some for more clients.',
    missing: `Free some: ${formatBytes(LEAST_MEMORY_BYTES)} are needed.`,
  };
  const checks: Omit<Check, 'needed'>[] = [
    {
      id: 'cpus',
      title: 'CPUs',
      health: allowedCpus >= CPUS ? 'ok' : 'poor',
      found: `${formatNumber(allowedCpus)} of ${formatCount(machine.cpus)} allowed`,
      where: machine.cpuModel,
      purpose: `${formatRate(PEAK_PER_SECOND)} by ${DEFAULT_PROFILE}, beside the service`,
      advice: allowedCpus >= CPUS ? '' : 'Raise the affinity or the cgroup quota, or lower --rate.',
    },
    {
      id: 'memory',
      title: 'Memory',
      health: grade(memory, LEAST_MEMORY_BYTES, MEMORY_BYTES),
      found: `${formatBytes(memory)} of ${formatBytes(machine.memoryBytes)} free`,
      where: `room for ${formatCount(clients)} clients`,
      purpose: `clients: at ${formatRate(PEAK_PER_SECOND)} these cover a stall of ${stall}`,
      advice: memoryAdvice[grade(memory, LEAST_MEMORY_BYTES, MEMORY_BYTES)],
    },
    {
      id: 'open-files',
      title: 'Open files',
      health: filesHealth,
      found: fileDescriptors === null ? 'not known' : formatLimit(fileDescriptors.hard),
      where: fileDescriptors === null ? '' : `soft limit ${formatLimit(fileDescriptors.soft)}`,
      purpose: `connections: ${formatCount(files)} for ${DEFAULT_PROFILE}`,
      advice: filesHealth === 'ok' ? '' : `Raise it: ulimit -n ${files}`,
    },
    {
      id: 'ports',
      title: 'Ports',
      health: portsHealth,
      found: ports === null ? 'not known' : formatCount(portCount),
      where: ports === null ? '' : `${ports.first} to ${ports.last}`,
      purpose: `outgoing connections: ${formatCount(connections)} for ${DEFAULT_PROFILE}`,
      advice: portsHealth === 'ok' ? '' : 'Widen net.ipv4.ip_local_port_range.',
    },
    {
      id: 'disk',
      title: 'Disk',
      health: grade(freeBytes, LEAST_DISK_BYTES, DISK_BYTES),
      found: `${formatBytes(freeBytes)} free`,
      where: runsDir,
      purpose: `evidence: ${formatBytes(ARRIVALS * BYTES_PER_LINE)} for a run of ${DEFAULT_PROFILE}`,
      advice:
        freeBytes >= DISK_BYTES
          ? ''
          : 'Free some, prune old runs (npm run report -- --prune), or use --runs-dir.',
    },
    {
      id: 'environment',
      title: 'Environment',
      health: 'ok',
      found:
        stripped.length === 0
          ? 'no proxies, no K6_ variables'
          : `kept from the generator: ${stripped.join(', ')}`,
      where: '',
      purpose: 'proxies would lead the load elsewhere, K6_ variables would change the plan',
      advice: '',
    },
  ];
  return checks.map((check) => ({ ...check, needed: NEEDED.has(check.id) }));
}

/** Below its least a run cannot even begin. */
const NEEDED: ReadonlySet<string> = new Set(['memory', 'disk']);

const grade = (found: number, least: number, enough: number): Health =>
  found >= enough ? 'ok' : found >= least ? 'poor' : 'missing';

function checkTools({ tools }: Facts): Check[] {
  const table: { id: keyof Facts['tools']; purpose: string; advice: string }[] = [
    { id: 'git', purpose: "the commit in a run's record", advice: 'apt-get install git' },
    { id: 'chromium', purpose: 'browser tests of the report', advice: 'apt-get install chromium' },
    { id: 'nginx', purpose: 'npm run bench, and tests at high rates', advice: 'apt-get install nginx-light' },
    { id: 'taskset', purpose: 'the test that starves the generator', advice: 'apt-get install util-linux' },
  ];
  return table.map(({ id, purpose, advice }) => {
    const { version, path } = tools[id];
    const health = version === null ? 'missing' : 'ok';
    const found = version ?? 'missing';
    return {
      id,
      title: id,
      needed: false,
      health,
      found,
      where: path,
      purpose,
      advice: version === null ? advice : '',
    };
  });
}

const formatLimit = (count: number): string => (count === Infinity ? 'no limit' : formatCount(count));
