/** What this machine lets us do: namespaces of our own, as root or in a user namespace. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Problem } from '../../measure/problem.ts';

/** Of util-linux, save the last, which is of iproute2. */
const PROGRAMS = ['unshare', 'nsenter', 'setpriv', 'mount', 'ip'] as const;

const PRIVATE = ['--net', '--mount', '--pid', '--fork', '--kill-child'] as const;
const USER = ['--user', '--map-root-user'] as const;

export interface Namespaces {
  /** Arguments of `unshare`. */
  unshare: readonly string[];
  /** In a user namespace: `nsenter` needs its own words for it. */
  user: boolean;
}

/** What `findNamespaces` looks at, so that tests can stand there. */
export interface Machine {
  platform: string;
  path: string;
  uid: number;
  /** Ends with 0 where `unshare` may be called so. */
  tryUnshare(args: readonly string[]): { status: number | null; stderr: string };
}

const THIS_MACHINE = (): Machine => ({
  platform: process.platform,
  path: process.env.PATH ?? '',
  uid: process.getuid?.() ?? -1,
  tryUnshare: (args) => {
    const { status, stderr } = spawnSync('unshare', [...args, '--mount-proc', 'true'], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    return { status, stderr: stderr ?? '' };
  },
});

/**
 * As root without a user namespace where that is allowed, else with one.
 * @throws Problem E_LAB_PLATFORM, E_LAB_PROGRAM, E_LAB_NAMESPACES
 */
export function findNamespaces(machine: Machine = THIS_MACHINE()): Namespaces {
  if (machine.platform !== 'linux') {
    throw new Problem(
      'E_LAB_PLATFORM',
      `the lab does not run on ${machine.platform}: it needs Linux namespaces. Expected Linux. ` +
        'Use a virtual machine or a container with --privileged, or a drill against your own system.',
    );
  }
  const missing = PROGRAMS.filter((program) => !isOnPath(program, machine.path));
  if (missing.length > 0) {
    throw new Problem(
      'E_LAB_PROGRAM',
      `${missing.join(', ')} cannot be found. Expected ${PROGRAMS.join(', ')} on the PATH. ` +
        'Install util-linux and iproute2.',
    );
  }
  const ways = [
    ...(machine.uid === 0 ? [{ unshare: PRIVATE, user: false }] : []),
    { unshare: [...USER, ...PRIVATE], user: true },
  ];
  let said = '';
  for (const way of ways) {
    const { status, stderr } = machine.tryUnshare(way.unshare);
    if (status === 0) return way;
    said = stderr.trim();
  }
  throw new Problem(
    'E_LAB_NAMESPACES',
    `this machine allows no namespaces of our own (${said || 'unshare failed'}). ` +
      'Expected root, or user namespaces for everybody. Run it as root, start the container with --privileged, or set ' +
      'kernel.unprivileged_userns_clone=1 and kernel.apparmor_restrict_unprivileged_userns=0 with sysctl.',
  );
}

/**
 * What stands before a command so that it runs inside, in the same working directory. Each word of it becomes the
 * next one (exec): the command has the process id that was started.
 * @param pid of the first process inside
 */
export function enterCommand(pid: number, { user }: Pick<Namespaces, 'user'>): string[] {
  // nsenter goes to the root of the mount namespace, or to a folder outside it whose path nobody can tell any more.
  const inside = `/bin/sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"`;
  const flags = user ? '-U --preserve-credentials -n -m' : '-n -m';
  return ['/bin/sh', '-c', `exec nsenter -t "$0" ${flags} -- ${inside}`, String(pid)];
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
