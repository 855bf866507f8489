/** What a lab stands on: the shell script that is the first process of its namespaces, and their `/proc`. */
import { execFileSync } from 'node:child_process';
import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAME_SERVER } from './settings.ts';

/**
 * Run with the lab's folder and the supervisor's command. It brings loopback up and binds the files of
 * `writeGround` over the machine's: what enters this mount namespace resolves names inside, and still has the machine's
 * `/proc`. The supervisor gets one of its own in a mount namespace below. It stays, since the first process of a process
 * namespace has to take in orphans, which Node does not.
 */
export const FIRST_PROCESS = `
folder="$1"; shift
ip link set lo up || exit 1
mount --bind "$folder/resolv.conf" /etc/resolv.conf || exit 1
[ ! -e /etc/nsswitch.conf ] || mount --bind "$folder/nsswitch.conf" /etc/nsswitch.conf || exit 1
unshare --mount "$@" &
wait "$!"
`;

const RESOLVER = `nameserver ${NAME_SERVER.host}\noptions timeout:1 attempts:2\n`;
/** Else a machine whose names go through a daemon would ask it over its unix socket, which crosses into the lab. */
const NAME_SERVICE = 'passwd: files\ngroup: files\nhosts: files dns\n';

/** Outside, before the first process starts. */
export function writeGround(folder: string): void {
  for (const [name, text] of [
    ['resolv.conf', RESOLVER],
    ['nsswitch.conf', NAME_SERVICE],
  ] as const) {
    writeFileSync(join(folder, name), text);
  }
}

/**
 * In the supervisor, before anything else: puts the processes of its own namespace behind `/proc`.
 * @returns this process as the machine knows it
 */
export function mountProc(): number {
  // Until now it is the machine's, whatever this process is called in its own namespace.
  const pid = Number(readlinkSync('/proc/self'));
  try {
    execFileSync('mount', ['-t', 'proc', 'proc', '/proc'], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    throw new Error(`mount -t proc: ${(error as { stderr?: Buffer }).stderr?.toString().trim()}`);
  }
  return pid;
}
