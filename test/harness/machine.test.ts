import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCpuMax, parseMemoryMax, readCgroupLimits } from '../../harness/cgroup.ts';
import {
  freeDiskBytes,
  parseMemAvailable,
  parseOpenFiles,
  parsePortRange,
  readMachine,
} from '../../harness/machine.ts';

/** A planted file system. */
const plant = (files: Record<string, string>) => async (path: string) => files[path] ?? null;

const V2_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n';
const V1_MOUNTS = [
  '32 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro shared:9 - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
].join('\n');

describe('what a control group allows', () => {
  it.each([
    ['150000 100000', 1.5],
    ['max 100000', Infinity],
    ['-1 100000', Infinity],
    ['0 100000', Infinity],
    ['', Infinity],
  ])('reads cpu.max %j as %d CPUs', (text, cpus) => {
    expect(parseCpuMax(text)).toBe(cpus);
  });

  it.each([
    ['536870912\n', 536_870_912],
    ['max\n', Infinity],
    ['9223372036854771712', Infinity],
    ['', Infinity],
  ])('reads memory.max %j as %d bytes', (text, bytes) => {
    expect(parseMemoryMax(text)).toBe(bytes);
  });

  it('is the least of all limits on the way up (version 2)', async () => {
    const limits = await readCgroupLimits(
      plant({
        '/proc/self/cgroup': '0::/ci.slice/job:1\n',
        '/proc/self/mountinfo': V2_MOUNT,
        '/sys/fs/cgroup/ci.slice/job:1/cpu.max': 'max 100000\n',
        '/sys/fs/cgroup/ci.slice/cpu.max': '250000 100000\n',
        '/sys/fs/cgroup/ci.slice/job:1/memory.max': '2000000000\n',
        '/sys/fs/cgroup/ci.slice/memory.max': '4000000000\n',
        '/sys/fs/cgroup/ci.slice/job:1/memory.current': '900000000\n',
        '/sys/fs/cgroup/ci.slice/job:1/memory.stat': 'anon 1\ninactive_file 400000000\n',
      }),
    );
    expect(limits).toEqual({ cpus: 2.5, memoryBytes: 2e9, memoryUsedBytes: 5e8 });
  });

  it('is found where a container sees only its own group (version 1)', async () => {
    const limits = await readCgroupLimits(
      plant({
        '/proc/self/cgroup': '11:cpuacct,cpu:/docker/abc\n4:memory:/docker/abc/inner\n',
        '/proc/self/mountinfo': V1_MOUNTS,
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/memory/inner/memory.limit_in_bytes': '1000000000\n',
        '/sys/fs/cgroup/memory/inner/memory.usage_in_bytes': '300000000\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      }),
    );
    expect(limits).toEqual({ cpus: 0.5, memoryBytes: 1e9, memoryUsedBytes: 3e8 });
  });

  it('is everything where there are no groups', async () => {
    expect(await readCgroupLimits(plant({}))).toEqual({
      cpus: Infinity,
      memoryBytes: Infinity,
      memoryUsedBytes: 0,
    });
  });
});

describe('the texts of /proc', () => {
  it('reads the limits of open files', () => {
    expect(
      parseOpenFiles('Max processes 1 2 processes\nMax open files            1024      524288   files\n'),
    ).toEqual({
      soft: 1024,
      hard: 524_288,
    });
    expect(parseOpenFiles('Max open files  unlimited  unlimited files')).toEqual({
      soft: Infinity,
      hard: Infinity,
    });
    expect(parseOpenFiles('')).toBeNull();
  });

  it('reads the range of ports', () => {
    expect(parsePortRange('32768\t60999\n')).toEqual({ first: 32_768, last: 60_999 });
    expect(parsePortRange('')).toBeNull();
    expect(parsePortRange('60999 32768')).toBeNull();
  });

  it('reads the memory that can be had', () => {
    expect(parseMemAvailable('MemFree: 1 kB\nMemAvailable:   2048 kB\n')).toBe(2_097_152);
    expect(parseMemAvailable('')).toBeNull();
  });
});

describe('the machine', () => {
  it('allows no more CPUs than the affinity and the quota do, and no more memory than the group', async () => {
    const machine = await readMachine(
      plant({
        '/proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t0-3\n',
        '/proc/self/cgroup': '0::/\n',
        '/proc/self/mountinfo': V2_MOUNT,
        '/sys/fs/cgroup/cpu.max': '150000 100000',
        '/sys/fs/cgroup/memory.max': '50000000',
        '/sys/fs/cgroup/memory.current': '20000000',
        '/proc/meminfo': 'MemAvailable: 9000000 kB\n',
        '/proc/self/limits': 'Max open files 1024 4096 files',
        '/proc/sys/net/ipv4/ip_local_port_range': '40000 40999',
      }),
    );
    expect(machine).toMatchObject({
      allowedCpus: 1.5,
      memoryBytes: 5e7,
      availableMemoryBytes: 3e7,
      fileDescriptors: { soft: 1024, hard: 4096 },
      ports: { first: 40_000, last: 40_999 },
    });
    expect(machine.cpus).toBeGreaterThanOrEqual(4);
  });

  it('is read without /proc too', async () => {
    const machine = await readMachine(plant({}));
    expect(machine.allowedCpus).toBeGreaterThanOrEqual(1);
    expect(machine.memoryBytes).toBeGreaterThan(0);
    expect(machine.availableMemoryBytes).toBeLessThanOrEqual(machine.memoryBytes);
  });

  it('knows the free space below a folder that does not exist yet', async () => {
    expect(await freeDiskBytes(join(tmpdir(), 'not', 'there', 'yet'))).toBeGreaterThan(0);
  });
});
