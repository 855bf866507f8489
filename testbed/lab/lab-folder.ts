/** Where a lab keeps what it needs while it runs: its control socket, its log, and the disks of its regions. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of the system's `sun_path`, its last zero left out. */
const LONGEST_SOCKET = 107;

export const socketIn = (folder: string): string => join(folder, 'control');
export const logIn = (folder: string): string => join(folder, 'log');

/** Makes one that nobody else may look into. A temporary folder with a long name is not used: sockets have no room for it. */
export function makeLabFolder(temporary = tmpdir()): string {
  const start = join(temporary, 'stormproof-lab-');
  // `mkdtemp` adds six characters, and makes it with mode 0700.
  const fits = Buffer.byteLength(socketIn(`${start}123456`)) <= LONGEST_SOCKET;
  return mkdtempSync(fits ? start : '/tmp/stormproof-lab-');
}
