/** Mounts that nobody else sees and that vanish with the run: as root on Linux only. */
import { spawnSync } from 'node:child_process';

let isPossible: boolean | undefined;

export function canMount(): boolean {
  isPossible ??= spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
  return isPossible;
}

/**
 * What runs a command behind private mounts: `[...behindMounts('mount ...'), 'node', 'x.js']`.
 * @param mounts shell commands
 */
export function behindMounts(mounts: string): string[] {
  return ['unshare', '-m', 'sh', '-c', `${mounts} && exec "$@"`, 'sh'];
}
