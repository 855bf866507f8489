import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, hasEnded } from './child.ts';
import { findPart } from './require.ts';

export interface InfluxdOptions {
  /** Requests need this user, an administrator. */
  auth?: { username: string; password: string };
  /** Bytes; what is larger is answered 413. */
  maxBodySize?: number;
}

/** One result of a query, as InfluxDB's JSON tells it. */
interface InfluxResult {
  statement_id: number;
  series?: { name: string; tags?: Record<string, string>; columns: string[]; values: unknown[][] }[];
  error?: string;
}

export interface Influxd {
  url: string;
  /** Of the process that runs now: another one after `restart`. */
  readonly pid: number;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
  /** SIGKILL, at once; the data stay for `restart`. */
  kill(): void;
  /** The same address and data. */
  restart(): Promise<void>;
  /**
   * Runs a query of one statement, with times in epoch ms.
   * @throws what the server answers where it is a mistake
   */
  query(q: string, db?: string): Promise<InfluxResult>;
}

const READY_WITHIN_MS = 30_000;

/** Starts InfluxDB 1.x on loopback, on ports of its own, with its data in a folder of its own. */
export async function startInfluxd(options: InfluxdOptions = {}): Promise<Influxd> {
  const command = findPart('influxd');
  if (command === null) throw new Error('there is no influxd on this machine');
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-influxd-'));
  const [port, backupPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'influxdb.conf');
  writeFileSync(config, configOf(folder, port, backupPort, options));

  let child: ChildProcess;
  const endWithUs = (): void => {
    child.kill('SIGKILL');
  };
  const start = async (): Promise<void> => {
    let said = '';
    child = spawn(command, ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    const deadline = Date.now() + READY_WITHIN_MS;
    while (!(await answers(`${url}/ping`))) {
      if (hasEnded(child)) throw new Error(`influxd ended at once: ${said}`);
      if (Date.now() > deadline) throw new Error(`influxd did not answer in ${READY_WITHIN_MS} ms: ${said}`);
      await delay(20);
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const query = async (q: string, db = ''): Promise<InfluxResult> => {
    const headers: Record<string, string> = {};
    if (options.auth !== undefined) {
      const { username, password } = options.auth;
      headers.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
    const body = new URLSearchParams({ q, db, epoch: 'ms' });
    const response = await fetch(`${url}/query`, { method: 'POST', body, headers });
    const answer = (await response.json()) as { results?: InfluxResult[]; error?: string };
    const result = answer.results?.[0];
    const mistake = answer.error ?? result?.error;
    if (mistake !== undefined || result === undefined) throw new Error(`${mistake}: ${q}`);
    return result;
  };

  process.once('exit', endWithUs);
  const stop = async (): Promise<void> => {
    await end('SIGTERM');
    process.off('exit', endWithUs);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
    if (options.auth !== undefined) {
      const { username, password } = options.auth;
      await query(`CREATE USER "${username}" WITH PASSWORD '${password}' WITH ALL PRIVILEGES`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    get pid() {
      return child.pid!;
    },
    stop,
    kill: () => {
      child.kill('SIGKILL');
    },
    restart: async () => {
      await end('SIGTERM');
      await start();
    },
    query,
  };
}

function configOf(folder: string, port: number, backupPort: number, options: InfluxdOptions): string {
  const path = (name: string) => JSON.stringify(join(folder, name));
  return `reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
dir = ${path('meta')}
[data]
dir = ${path('data')}
wal-dir = ${path('wal')}
query-log-enabled = false
[coordinator]
  # A query without a time filter would make a bucket of every second since 1970.
  max-select-buckets = 100000
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
auth-enabled = ${options.auth !== undefined}
${options.maxBodySize === undefined ? '' : `max-body-size = ${options.maxBodySize}`}
[monitor]
store-enabled = false
`;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).status === 204;
  } catch {
    return false;
  }
}
