/** nginx that answers every order with 201: the fastest target there is, for tests and for the bench. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, hasEnded } from '../../test/child.ts';

export interface NginxAnswer {
  status: number;
  body: string;
  /** Sent as `x-region`; none when left out. */
  region?: string;
}

export interface Nginx {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  /** Of the master process. */
  pid: number;
  /** Requests that it has answered so far, these questions left out. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

const ACCEPTED: NginxAnswer = {
  status: 201,
  body: '{"order_id":"o-1","status":"accepted"}',
  region: 'seoul',
};

const STATUS_PATH = '/nginx-status';
const START_MS = 5_000;
/** Another process may take the port between its choice and nginx' start. */
const ATTEMPTS = 5;

/** The configuration of one nginx; pure. */
function nginxConfig(folder: string, port: number, { status, body, region }: NginxAnswer): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  # A connection that nginx ends after its thousandth request would be measured as an error of the target.
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    default_type application/json;
    location = ${STATUS_PATH} { stub_status; }
    location / {
${region === undefined ? '' : `      add_header x-region ${region} always;\n`}      return ${status} '${body}';
    }
  }
}
`;
}

/**
 * Starts nginx on a free loopback port.
 * @param command the program, as `findPart('nginx')` found it
 * @throws when it does not listen within 5 s
 */
export async function startNginx(command: string, answer: NginxAnswer = ACCEPTED): Promise<Nginx> {
  let failure = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const folder = mkdtempSync(join(tmpdir(), 'stormproof-nginx-'));
    const port = await freePort();
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, nginxConfig(folder, port, answer));
    const child = spawn(command, ['-p', folder, '-e', join(folder, 'error.log'), '-c', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const stop = async (): Promise<void> => {
      if (!hasEnded(child)) {
        child.kill('SIGQUIT');
        const late = setTimeout(() => child.kill('SIGKILL'), 2_000);
        await once(child, 'exit');
        clearTimeout(late);
      }
      rmSync(folder, { recursive: true, force: true });
    };
    if (await listens(port, child)) {
      const origin = `http://127.0.0.1:${port}`;
      return { origin, pid: child.pid!, requests: countRequests(origin), stop };
    }
    failure = said;
    await stop();
  }
  throw new Error(`nginx did not start: ${failure.trim() || 'it says nothing'}`);
}

/** ngx_http_stub_status_module: the third number of its third line. */
function countRequests(origin: string): () => Promise<number> {
  let asked = 0;
  return async () => {
    asked += 1;
    const text = await (await fetch(`${origin}${STATUS_PATH}`)).text();
    return Number(/^ \d+ \d+ (\d+)/m.exec(text)![1]) - asked;
  };
}

async function listens(port: number, child: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && !hasEnded(child)) {
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return true;
    await wait(20);
  }
  return false;
}
