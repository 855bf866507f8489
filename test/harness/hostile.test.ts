import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { requirePart } from '../require.ts';
import { startHostileServer } from './hostile-server.ts';
import { behindMounts, canMount } from './private-mounts.ts';
import { load, Place } from './whole-run.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

/** Nothing is claimed of latency, and a client waits long: what is tested are counts, and the machine may be busy. */
const CLAIMS = `claims: { errors: '< 1%' }`;
const PATIENT = `timeout: '3s'`;
const SECOND = `smoke: { stages: [['1s', 100, 'hold']], ${CLAIMS} }`;
const SMOKE = ['--profile', 'smoke', '--target'];

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) (server.closeAllConnections as () => void)();
      }),
  );
  return (server.address() as AddressInfo).port;
}

describe.runIf(requirePart('k6'))('a target that does everything wrong', () => {
  it('is counted exactly as by itself: hangs, resets, garbage, redirects, 4xx, 5xx, 10 MB and half answers', async () => {
    const server = await startHostileServer();
    onTestFinished(() => server.close());
    place.configure(
      `{ service: { timeout: '2s' }, profiles: { smoke: { stages: [['2s', 100, 'hold']], ${CLAIMS} } } }`,
    );
    const { code, verdict, said } = await load(place, [...SMOKE, server.url]);
    expect(verdict?.orders).toEqual({ planned: 200, started: 200, ...server.counts, dropped: 0 });
    expect(new Set(server.keys).size).toBe(200);
    expect(verdict?.verdict).toBe('FAIL');
    expect(code).toBe(99);
    expect(said).toMatch(/FAIL {2}\S.*claimed/);
  });

  it('that refuses the dial leaves every order unsent', async () => {
    const closed = createServer();
    const port = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    place.configure(`{ service: { ${PATIENT} }, profiles: { ${SECOND} } }`);
    const { code, verdict, said } = await load(place, [...SMOKE, `http://127.0.0.1:${port}`]);
    expect(verdict?.orders).toMatchObject({ planned: 100, started: 100, unsent: 100, acknowledged: 0 });
    expect([code, verdict?.verdict]).toEqual([99, 'FAIL']);
    expect(said).toContain('errors  100 × dial refused');
    const warning = `warning: nothing listens at 127.0.0.1:${port} (ECONNREFUSED); the load begins all the same`;
    expect(said).toContain(warning);
    expect(said.indexOf(warning)).toBeLessThan(said.indexOf('errors  100'));
  });

  // A resolver that does not answer in time leaves the order unknown: only without one is it certain.
  it.runIf(canMount())('whose name does not resolve leaves every order unsent', async () => {
    place.configure(`{ targets: ['http://shop.invalid'], service: { ${PATIENT} }, profiles: { ${SECOND} } }`);
    const files = place.write('nsswitch.conf', 'hosts: files\n');
    const under = behindMounts(`mount --bind ${files} /etc/nsswitch.conf`);
    const { code, verdict, said } = await load(place, [...SMOKE, 'http://shop.invalid'], { under });
    expect(verdict?.orders).toMatchObject({ planned: 100, started: 100, unsent: 100 });
    expect([code, verdict?.verdict]).toEqual([99, 'FAIL']);
    expect(said).toContain('errors  100 × dns');
    expect(said).toMatch(/warning: shop\.invalid does not resolve \(E\w+\); the load begins/);
  });
});

describe.runIf(requirePart('k6') && hasOpenssl())('a target behind TLS', () => {
  interface Seen {
    versions: Set<string>;
    hosts: Set<string>;
    tokens: Set<string>;
  }

  async function startTls(): Promise<{ url: string; seen: Seen }> {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(place.folder, name)) as [string, string];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=elsewhere'];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const seen: Seen = { versions: new Set(), hosts: new Set(), tokens: new Set() };
    const options = { key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true };
    const server = createSecureServer(options, (incoming, response) => {
      const { headers, httpVersion } = incoming;
      seen.versions.add(httpVersion);
      seen.hosts.add(String(headers[':authority'] ?? headers.host));
      seen.tokens.add(String(headers['x-token']));
      incoming.resume().on('end', () => response.writeHead(201).end('{}'));
    });
    // What a client that does not trust the certificate leaves behind.
    server.on('sessionError', () => {}).on('tlsClientError', () => {});
    return { url: `https://127.0.0.1:${await listen(server)}`, seen };
  }

  it('whose certificate does not verify gets no order', async () => {
    const { url, seen } = await startTls();
    place.configure(`{ service: { ${PATIENT} }, profiles: { ${SECOND} } }`);
    const { code, verdict, said } = await load(place, [...SMOKE, url]);
    expect(verdict?.orders).toMatchObject({ planned: 100, started: 100, unsent: 100 });
    expect([code, verdict?.verdict]).toEqual([99, 'FAIL']);
    expect(said).toContain('errors  100 × tls');
    expect(seen.versions).toEqual(new Set());
  });

  it.each([
    ['2', '2.0'],
    ['1.1', '1.1'],
  ])('is spoken to in HTTP/%s, with the headers and the host of the configuration', async (http, version) => {
    const { url, seen } = await startTls();
    place.configure(
      `{ service: { ${PATIENT}, insecureSkipTLSVerify: true, http: '${http}', host: 'shop.example.com', headers: { 'x-token': 'abc' } },
         profiles: { ${SECOND} } }`,
    );
    const { code, said } = await load(place, [...SMOKE, url]);
    expect([code, said]).toEqual([0, expect.stringContaining('PASS')]);
    expect(seen).toEqual({
      versions: new Set([version]),
      hosts: new Set(['shop.example.com']),
      tokens: new Set(['abc']),
    });
  });
});

describe.runIf(requirePart('k6'))('two populations', () => {
  it('open a connection for each fresh order and keep those of the sticky ones', async () => {
    let connections = 0;
    let closing = 0;
    const keys = new Set<string>();
    const server = createServer((request, response) => {
      if (request.headers.connection === 'close') closing += 1;
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        keys.add((JSON.parse(body) as { idempotency_key: string }).idempotency_key);
        response.writeHead(201).end('{}');
      });
    });
    server.on('connection', () => {
      connections += 1;
    });
    const port = await listen(server);
    place.configure(
      `{ profiles: { smoke: { stages: [['2s', 200, 'hold']], population: { fresh: 0.5 }, ${CLAIMS} } } }`,
    );
    const { code, verdict } = await load(place, [...SMOKE, `http://127.0.0.1:${port}`]);
    expect([code, verdict?.verdict]).toEqual([0, 'PASS']);
    expect(verdict?.orders).toMatchObject({ planned: 400, acknowledged: 400 });
    expect(keys.size).toBe(400);
    expect(closing).toBe(200);
    // Each of the 100 sticky clients has one at most, whatever it sent; one more looked whether anybody is there.
    expect(connections).toBeGreaterThanOrEqual(202);
    expect(connections).toBeLessThanOrEqual(301);
  });
});

describe.runIf(requirePart('k6'))('retries', () => {
  it('send an unknown order again under its key, and count it once', async () => {
    const attempts = new Map<string, number>();
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { idempotency_key: key } = JSON.parse(body) as { idempotency_key: string };
        attempts.set(key, (attempts.get(key) ?? 0) + 1);
        response.writeHead(attempts.get(key) === 1 ? 503 : 201).end('{}');
      });
    });
    const port = await listen(server);
    place.configure(
      `{ service: { ${PATIENT} }, profiles: { smoke: { stages: [['1s', 100, 'hold']], retries: 2, ${CLAIMS} } } }`,
    );
    const { code, verdict } = await load(place, [...SMOKE, `http://127.0.0.1:${port}`]);
    expect([code, verdict?.verdict]).toEqual([0, 'PASS']);
    expect(verdict?.orders).toMatchObject({ planned: 100, started: 100, acknowledged: 100 });
    expect([...attempts.values()]).toEqual(Array(100).fill(2));
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
