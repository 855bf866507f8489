/** What this machine lets this process use: CPUs, memory, open files, ports. Linux in full, fallbacks elsewhere. */
import { execFile } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { affinityIn } from './affinity.ts';
import { type ReadText, readCgroupLimits } from './cgroup.ts';

export interface Machine {
  /** `Linux 6.1.0 x64`. */
  os: string;
  cpuModel: string;
  /** CPUs of the machine. */
  cpus: number;
  /** CPUs that this process and its children may use: affinity and cgroup quota, so it may be 1.5. */
  allowedCpus: number;
  /** The least of the machine's memory and the cgroup's limit. */
  memoryBytes: number;
  /** What of it could be had now without swapping. */
  availableMemoryBytes: number;
  /** Files that a process may have open; null where it cannot be read. Infinity is no limit. */
  fileDescriptors: FileDescriptors | null;
  /** Ports for outgoing connections, both ends included; null where it cannot be read. */
  ports: PortRange | null;
}

export interface FileDescriptors {
  /** What holds. Node raises its own to `hard` when it starts, and its children inherit that. */
  soft: number;
  hard: number;
}

export interface PortRange {
  first: number;
  last: number;
}

/**
 * Reads the machine as this process sees it; children that are started with other limits see another one.
 * @param read for tests: files of /proc and /sys
 */
export async function readMachine(read: ReadText = readTextFile): Promise<Machine> {
  const status = (await read('/proc/self/status')) ?? '';
  const limits = await readCgroupLimits(read);
  const cpus = os.cpus();
  const affinity = affinityIn(status)?.length ?? os.availableParallelism();
  const availableBytes = parseMemAvailable((await read('/proc/meminfo')) ?? '') ?? os.freemem();
  return {
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    cpuModel: cpus[0]?.model.trim() || 'unknown',
    cpus: Math.max(cpus.length, affinity),
    allowedCpus: Math.min(affinity, limits.cpus),
    memoryBytes: Math.min(os.totalmem(), limits.memoryBytes),
    availableMemoryBytes: Math.min(availableBytes, Math.max(0, limits.memoryBytes - limits.memoryUsedBytes)),
    fileDescriptors: parseOpenFiles((await read('/proc/self/limits')) ?? '') ?? (await askOpenFiles()),
    ports:
      parsePortRange((await read('/proc/sys/net/ipv4/ip_local_port_range')) ?? '') ?? (await askPortRange()),
  };
}

/** Bytes that can be written below a folder, which need not exist yet. */
export async function freeDiskBytes(folder: string): Promise<number> {
  let at = resolve(folder);
  for (;;) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || at === dirname(at)) throw error;
      at = dirname(at);
    }
  }
}

/** `MemAvailable` of /proc/meminfo in bytes; null where it is missing. */
export function parseMemAvailable(text: string): number | null {
  const match = /^MemAvailable:\s*(\d+) kB$/m.exec(text);
  return match ? Number(match[1]) * 1024 : null;
}

/** `Max open files` of /proc/self/limits; null where it is missing. */
export function parseOpenFiles(text: string): FileDescriptors | null {
  const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text);
  return match ? { soft: parseLimit(match[1]!), hard: parseLimit(match[2]!) } : null;
}

/** Two numbers with a blank between: Linux's ip_local_port_range, or two answers of sysctl. Null for anything else. */
export function parsePortRange(text: string): PortRange | null {
  const [first, last, ...rest] = text.trim().split(/\s+/).map(Number);
  return first! > 0 && last! >= first! && rest.length === 0 ? { first: first!, last: last! } : null;
}

const parseLimit = (word: string): number => (/^\d+$/.test(word) ? Number(word) : Infinity);

async function readTextFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

async function askOpenFiles(): Promise<FileDescriptors | null> {
  const [soft, hard] = (await ask('sh', ['-c', 'ulimit -S -n; ulimit -H -n'])).trim().split('\n');
  return soft && hard ? { soft: parseLimit(soft), hard: parseLimit(hard) } : null;
}

/** macOS and the BSDs. */
async function askPortRange(): Promise<PortRange | null> {
  const names = ['net.inet.ip.portrange.first', 'net.inet.ip.portrange.last'];
  return parsePortRange(await ask('sysctl', ['-n', ...names]));
}

async function ask(command: string, args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { timeout: 2000 })).stdout;
  } catch {
    return '';
  }
}
