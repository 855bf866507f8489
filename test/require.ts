import { spawnSync } from 'node:child_process';

/** Real parts that tests run against. A missing one skips with its name, unless STORMPROOF_REQUIRE lists it. */
export type Part = 'k6' | 'nginx' | 'chromium' | 'influxd' | 'lab' | 'redis';

const PRIVATE = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

const PROBES: Record<Part, { command: string; args: string[] }[]> = {
  k6: [
    { command: process.env.K6_BIN ?? 'k6', args: ['version'] },
    { command: '.tools/k6', args: ['version'] },
  ],
  nginx: [
    { command: 'nginx', args: ['-v'] },
    { command: '/usr/sbin/nginx', args: ['-v'] },
  ],
  chromium: [
    { command: 'chromium', args: ['--version'] },
    { command: 'chromium-browser', args: ['--version'] },
  ],
  influxd: [
    { command: 'influxd', args: ['version'] },
    { command: '/usr/sbin/influxd', args: ['version'] },
  ],
  redis: [{ command: 'redis-server', args: ['--version'] }],
  // Namespaces of its own, as root or in a user namespace.
  lab: [
    { command: 'unshare', args: [...PRIVATE, 'ip', 'link', 'set', 'lo', 'up'] },
    { command: 'unshare', args: ['--user', '--map-root-user', ...PRIVATE, 'ip', 'link', 'set', 'lo', 'up'] },
  ],
};

const found = new Map<Part, string | null>();

/** The command of a part, or null when this machine does not have it. */
export function findPart(part: Part): string | null {
  if (!found.has(part)) {
    const probe = PROBES[part].find(({ command, args }) => spawnSync(command, args).status === 0);
    found.set(part, probe?.command ?? null);
  }
  return found.get(part) ?? null;
}

/**
 * True when every part is there. Use with `describe.runIf(requirePart('k6'))`.
 * @throws when a part is missing that STORMPROOF_REQUIRE lists
 */
export function requirePart(...parts: Part[]): boolean {
  const required = (process.env.STORMPROOF_REQUIRE ?? '').split(',');
  const missing = parts.filter((part) => findPart(part) === null);
  const demanded = missing.filter((part) => required.includes(part));
  if (demanded.length > 0)
    throw new Error(`STORMPROOF_REQUIRE lists ${demanded.join(', ')}, which this machine does not have`);
  return missing.length === 0;
}
