/** What a run needs of this machine, checked before the first packet. */
import { resolve } from 'node:path';
import { CLIENT_BYTES, FILES_BESIDE, FILES_PER_CLIENT } from '../engines/client.ts';
import { MOST_BYTES_PER_LINE } from '../measure/evidence.ts';
import { formatBytes, formatCount } from '../measure/format.ts';
import type { Plan } from '../measure/plan.ts';
import { Problem, Problems } from '../measure/problem.ts';
import { Ticks } from '../measure/ticks.ts';
import { freeDiskBytes, type Machine } from './machine.ts';

/** The generator, its log, events and the report. */
const BYTES_BESIDE = 50e6;

/** What a plan takes. */
export interface Need {
  diskBytes: number;
  memoryBytes: number;
  files: number;
}

/** Worst case: every client holds a connection, every arrival writes all its lines. */
export function needOf(plan: Plan): Need {
  const vus = plan.populations.reduce((sum, population) => sum + population.vus, 0);
  const arrivals = plan.populations.reduce((sum, population) => sum + new Ticks(population).total, 0);
  return {
    diskBytes: arrivals * plan.linesPerArrival * MOST_BYTES_PER_LINE + BYTES_BESIDE,
    memoryBytes: vus * CLIENT_BYTES,
    files: vus * FILES_PER_CLIENT + FILES_BESIDE,
  };
}

/** What is short, as problems. */
export function findShortages(need: Need, machine: Machine, freeBytes: number, runsDir: string): Problem[] {
  const problems: Problem[] = [];
  if (freeBytes < need.diskBytes) {
    const found = `${formatBytes(freeBytes)} are free in ${resolve(runsDir)}, the evidence may take ${formatBytes(need.diskBytes)}`;
    problems.push(
      new Problem('E_DISK', `${found}. Free some, use --runs-dir, or a shorter or slower profile.`),
    );
  }
  if (machine.availableMemoryBytes < need.memoryBytes) {
    const found = `${formatBytes(machine.availableMemoryBytes)} of memory are free, the clients need ${formatBytes(need.memoryBytes)}`;
    problems.push(new Problem('E_MEMORY', `${found}. Free some or lower --rate.`));
  }
  if (machine.fileDescriptors !== null && machine.fileDescriptors.hard < need.files) {
    const found = `a process may open ${formatCount(machine.fileDescriptors.hard)} files, the connections need ${formatCount(need.files)}`;
    problems.push(
      new Problem('E_FILES', `${found}. Raise it with ulimit -n ${need.files}, or lower --rate.`),
    );
  }
  const ports =
    machine.ports === null ? Number.POSITIVE_INFINITY : machine.ports.last - machine.ports.first + 1;
  if (ports < need.files - FILES_BESIDE) {
    const found = `there are ${formatCount(ports)} ports for outgoing connections, the clients need ${formatCount(need.files - FILES_BESIDE)}`;
    problems.push(new Problem('E_PORTS', `${found}. Widen net.ipv4.ip_local_port_range or lower --rate.`));
  }
  return problems;
}

/**
 * Memory for the clients, files for their connections, disk for the evidence.
 * @throws Problems with everything that is short
 */
export async function checkRoom(plan: Plan, machine: Machine, runsDir: string): Promise<void> {
  const problems = findShortages(needOf(plan), machine, await freeDiskBytes(runsDir), runsDir);
  if (problems.length > 0) throw new Problems('this machine has no room for the run', problems);
}
