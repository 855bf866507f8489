/** Which CPUs a process may use, where the system tells (Linux). */
import { readFileSync } from 'node:fs';

/** Numbers of the CPUs that a process may use; null where the system does not tell or there is no such process. */
export function readAffinity(pid: number): number[] | null {
  try {
    return affinityIn(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return null;
  }
}

/** The same out of a `/proc/PID/status`; null where it does not say. */
export function affinityIn(status: string): number[] | null {
  const list = parseCpuList(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
  return list.length === 0 ? null : list;
}

/** The numbers that a list such as `0-3,8,10-11` names (cpuset(7)); none for what is no such list. */
function parseCpuList(text: string): number[] {
  const numbers: number[] = [];
  for (const part of text.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return [];
    for (let number = Number(match[1]); number <= Number(match[2] ?? match[1]); number++)
      numbers.push(number);
  }
  return numbers;
}
