/** One connection to the target before the load: that nobody is there is worth knowing at once. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { formatDuration } from '../measure/format.ts';
import { codeOf } from './run-folder.ts';

/** Longer than a connection takes round the world, and short enough to wait for. */
const LONGEST_MS = 2000;

/**
 * Opens one connection and closes it. Whether a certificate verifies is not asked: the generator trusts others than we do.
 * @param origin as `checkTarget` gives it
 * @returns what is wrong, as the beginning of a sentence; empty where somebody is there
 */
export function dialTarget(origin: string, longestMs = LONGEST_MS): Promise<string> {
  const { protocol, hostname, port: given } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isTls = protocol === 'https:';
  const port = Number(given) || (isTls ? 443 : 80);
  const place = `${hostname}:${port}`;
  return new Promise((resolve) => {
    let connected = false;
    const socket: Socket = isTls
      ? connectTls({ host, port, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) })
      : connect({ host, port });
    const end = (found: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(
      () => end(`${place} did not take a connection within ${formatDuration(longestMs)}`),
      longestMs,
    );
    socket.once('connect', () => {
      connected = true;
      if (!isTls) end('');
    });
    socket.once('secureConnect', () => end(''));
    socket.once('error', (error) => end(explain(place, hostname, connected, codeOf(error))));
    socket.once('close', () => end(explain(place, hostname, connected, 'closed')));
  });
}

function explain(place: string, hostname: string, connected: boolean, code: string): string {
  if (connected) return `${place} does not speak TLS (${code})`;
  if (code === 'ECONNREFUSED') return `nothing listens at ${place} (${code})`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${hostname} does not resolve (${code})`;
  return `${place} cannot be reached (${code})`;
}
