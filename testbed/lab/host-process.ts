/** Processes of this machine by `/proc`: a lab is told from another process that has its number by now. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process has been since it was started, and no other has. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to its start, as text. */
  start: string;
  /** Its network namespace: `net:[4026532281]`. */
  net: string;
}

/** Null where there is no such process (or it is a zombie, which holds nothing any more). */
export function identify(pid: number): ProcessIdentity | null {
  try {
    const fields = statOf(pid);
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return { pid, start: fields[19]!, net: readlinkSync(`/proc/${pid}/ns/net`) };
  } catch {
    return null;
  }
}

/** Throws where there is no such process. */
export const parentOf = (pid: number): number => Number(statOf(pid)[1]);

/** From the 3rd field on, the state, of proc_pid_stat(5): before it stands the name, which may hold anything. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

export function isSameProcess(known: ProcessIdentity): boolean {
  const now = identify(known.pid);
  return now !== null && now.start === known.start;
}

/** Processes that hold a network namespace, of those that we may look at. */
export function processesIn(net: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => identify(pid)?.net === net);
}

/** The name that a process has given itself, 15 characters at most; empty where there is none. */
export function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** In a user namespace other than ours. */
export function isInOtherUserNamespace(pid: number): boolean {
  return readlinkSync(`/proc/${pid}/ns/user`) !== readlinkSync('/proc/self/ns/user');
}
