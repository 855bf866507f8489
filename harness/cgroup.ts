/**
 * What the control group of this process may use, read from texts of /proc and /sys/fs/cgroup (version 1 and 2, see
 * cgroups(7) and the kernel's admin-guide/cgroup-v2.rst).
 */
import { posix } from 'node:path';

/** Reads a file; null where there is none or it may not be read. */
export type ReadText = (path: string) => Promise<string | null>;

export interface CgroupLimits {
  /** CPUs' worth of time a second, 1.5 for instance; Infinity where there is no quota. */
  cpus: number;
  /** Infinity where there is no limit. */
  memoryBytes: number;
  /** In use by the group whose limit that is, less the page cache that can be dropped; 0 where there is no limit. */
  memoryUsedBytes: number;
}

/** Limits hold for a group and all below it, so that the least on the way up counts. Deeper trees do not occur. */
const MOST_LEVELS = 32;

/** The least of all limits from this process's own groups up to their root. */
export async function readCgroupLimits(read: ReadText): Promise<CgroupLimits> {
  const limits: CgroupLimits = { cpus: Infinity, memoryBytes: Infinity, memoryUsedBytes: 0 };
  const groups = parseGroups((await read('/proc/self/cgroup')) ?? '');
  const mounts = parseMounts((await read('/proc/self/mountinfo')) ?? '');
  for (const { controllers, path } of groups) {
    const mount = mounts.find((each) => sameHierarchy(each, controllers));
    if (mount === undefined) continue;
    for (const folder of foldersUp(mount, path)) {
      if (controllers.length === 0) {
        limits.cpus = Math.min(limits.cpus, parseCpuMax((await read(posix.join(folder, 'cpu.max'))) ?? ''));
        await lowerMemory(
          limits,
          read,
          posix.join(folder, 'memory.max'),
          posix.join(folder, 'memory.current'),
        );
      }
      if (controllers.includes('cpu')) {
        const quota = (await read(posix.join(folder, 'cpu.cfs_quota_us'))) ?? '';
        const period = (await read(posix.join(folder, 'cpu.cfs_period_us'))) ?? '';
        limits.cpus = Math.min(limits.cpus, parseCpuMax(`${quota.trim()} ${period.trim()}`));
      }
      if (controllers.includes('memory')) {
        const limit = posix.join(folder, 'memory.limit_in_bytes');
        await lowerMemory(limits, read, limit, posix.join(folder, 'memory.usage_in_bytes'));
      }
    }
  }
  return limits;
}

async function lowerMemory(limits: CgroupLimits, read: ReadText, limit: string, used: string): Promise<void> {
  const bytes = parseMemoryMax((await read(limit)) ?? '');
  if (bytes >= limits.memoryBytes) return;
  limits.memoryBytes = bytes;
  const usedBytes = Number((await read(used)) ?? 0) || 0;
  const stat = (await read(posix.join(posix.dirname(limit), 'memory.stat'))) ?? '';
  // The kubelet's working set: a file that was just written fills the cache, and gives way at once.
  const cacheBytes = Number(/^(?:total_)?inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
  limits.memoryUsedBytes = Math.max(0, usedBytes - cacheBytes);
}

/** `cpu.max`: `150000 100000` is 1.5 CPUs. Infinity for `max`, for -1 (version 1), and for what is no such text. */
export function parseCpuMax(text: string): number {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  return quota! > 0 && period! > 0 ? quota! / period! : Infinity;
}

/** `memory.max` in bytes. Infinity for `max`, and for version 1's "no limit", the largest page below 2^63. */
export function parseMemoryMax(text: string): number {
  const bytes = /^\d+$/.test(text.trim()) ? Number(text) : Infinity;
  return bytes >= 2 ** 62 ? Infinity : bytes;
}

interface Group {
  /** None: the one hierarchy of version 2. */
  controllers: string[];
  path: string;
}

/** Lines of /proc/self/cgroup: `4:memory:/user/1`, `0::/user/1`. A path may hold colons. */
function parseGroups(text: string): Group[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    return match
      ? [{ controllers: match[1]!.split(',').filter((name) => name !== ''), path: match[2]! }]
      : [];
  });
}

interface Mount {
  type: 'cgroup' | 'cgroup2';
  /** The group that is seen at `folder`: a container may be shown only its own. */
  root: string;
  folder: string;
  options: string[];
}

/** Lines of /proc/self/mountinfo: `35 31 0:32 ROOT FOLDER rw,relatime - cgroup cgroup rw,memory` (proc(5)). */
function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line): Mount[] => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '', folder = ''] = left.split(' ');
    const [type, , options = ''] = right.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [{ type, root: unescapePath(root), folder: unescapePath(folder), options: options.split(',') }];
  });
}

/** Blanks stand as octal in mountinfo. */
const unescapePath = (path: string): string =>
  path.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

function sameHierarchy(mount: Mount, controllers: readonly string[]): boolean {
  if (controllers.length === 0) return mount.type === 'cgroup2';
  return mount.type === 'cgroup' && controllers.every((name) => mount.options.includes(name));
}

/** The group's folder and those above it, as far as this process can see them. */
function foldersUp(mount: Mount, path: string): string[] {
  const root = mount.root === '/' ? '' : mount.root;
  const inside = path === root || path.startsWith(`${root}/`);
  let below = inside ? posix.normalize(path.slice(root.length) || '/') : '/';
  const folders: string[] = [];
  for (let level = 0; level < MOST_LEVELS; level++) {
    folders.push(posix.join(mount.folder, below));
    if (below === '/') break;
    below = posix.dirname(below);
  }
  return folders;
}
