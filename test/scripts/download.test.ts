import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download } from '../../scripts/setup/download.mjs';
import { proxyFor } from '../../scripts/setup/proxy.mjs';
import { fetchRelease, findChecksum, releaseFor } from '../../scripts/setup/release.mjs';
import { Clone } from './clone.ts';

let clone: Clone;
let servers: Server[];
beforeEach(() => {
  clone = new Clone();
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  clone.remove();
});

/** Starts a server. @returns its port */
async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

const signal = new AbortController().signal;

describe('a download', () => {
  it('gives up on a host that never completes the connection', async () => {
    const port = await listen(createTcpServer((socket) => socket.on('error', () => {})));
    const options = { environment: {}, signal, connectMs: 50 };
    await expect(download(`https://127.0.0.1:${port}/a`, join(clone.root, 'a'), options)).rejects.toThrow(
      `no connection to 127.0.0.1:${port} within 0.05 s`,
    );
  });

  it('notices that it was cut short', async () => {
    const server = createHttpServer((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    });
    const url = `http://127.0.0.1:${await listen(server)}/a`;
    await expect(download(url, join(clone.root, 'a'), { environment: {}, signal })).rejects.toThrow(
      'aborted',
    );
  });

  it('says which proxy refused it, and never its password', async () => {
    const proxy = createHttpServer();
    proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const port = await listen(proxy);
    const environment = { HTTPS_PROXY: `http://me:secret@127.0.0.1:${port}` };
    const attempt = download('https://example.test/a', join(clone.root, 'a'), { environment, signal });
    await expect(attempt).rejects.toThrow(`the proxy 127.0.0.1:${port} answered 407 for example.test:443`);
  });

  const OPENSSL = 'openssl';

  it.runIf(spawnSync(OPENSSL, ['version']).status === 0)(
    'goes through the proxy that the environment names',
    async () => {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
      const files = ['-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2'];
      const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject];
      execFileSync(OPENSSL, request, { cwd: clone.root, stdio: 'ignore' });
      const tls = { key: clone.read('key.pem'), cert: clone.read('cert.pem') };
      const upstreams = createHttpsServer(tls, (_, response) => response.end('hello'));
      let connections = 0;
      upstreams.on('connection', () => {
        connections += 1;
      });
      const port = await listen(upstreams);
      const asked: (string | undefined)[] = [];
      const proxy = createHttpServer();
      proxy.on('connect', (request, socket) => {
        asked.push(request.url, request.headers['proxy-authorization']);
        const upstream = connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          upstream.pipe(socket).pipe(upstream);
        });
        for (const each of [upstream, socket]) each.on('error', () => {});
      });
      const environment = {
        HTTPS_PROXY: `http://me:secret@127.0.0.1:${await listen(proxy)}`,
        NODE_EXTRA_CA_CERTS: join(clone.root, 'cert.pem'),
      };
      // The certificate is trusted by a process of its own only.
      const script = `import { download } from './scripts/setup/download.mjs';
      const options = { environment: process.env, signal: new AbortController().signal };
      console.log(await download('https://localhost:${port}/a', 'fetched', options));`;
      clone.write('fetch.mjs', script);
      const { stdout, stderr } = await clone.start('node', ['fetch.mjs'], environment).finished;
      expect(stderr).toBe('');
      expect(stdout.trim()).toBe(createHash('sha256').update('hello').digest('hex'));
      expect(asked).toEqual([`localhost:${port}`, `Basic ${Buffer.from('me:secret').toString('base64')}`]);
      expect(clone.read('fetched')).toBe('hello');
      // None beside the proxy.
      expect(connections).toBe(1);
    },
  );
});

describe('the proxy', () => {
  it.each([
    [{}, null],
    [{ HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128'],
    [{ https_proxy: 'proxy:3128' }, 'http://proxy:3128'],
    [{ HTTP_PROXY: 'http://proxy:3128' }, null],
    [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'localhost, .github.com' }, null],
    [{ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'hub.com' }, 'http://proxy:3128'],
    [{ HTTPS_PROXY: 'http://proxy:3128', no_proxy: '*' }, null],
  ])('of %j is %s', (environment, origin) => {
    expect(proxyFor(new URL('https://github.com/a'), environment)?.origin ?? null).toBe(origin);
    expect(proxyFor(new URL('http://mirror.test/a'), environment)).toBeNull();
  });
});

describe('the release for a machine', () => {
  it.each([
    ['linux', 'x64', 'k6-v1.8.1-linux-amd64.tar.gz'],
    ['linux', 'arm64', 'k6-v1.8.1-linux-arm64.tar.gz'],
    ['darwin', 'arm64', 'k6-v1.8.1-macos-arm64.zip'],
    ['freebsd', 'x64', undefined],
    ['linux', 's390x', undefined],
  ])('of %s on %s is %s', (platform, arch, archive) => {
    expect(releaseFor({ platform, arch })?.archive).toBe(archive);
  });

  it('is unpacked by unzip on macOS', async () => {
    const bytes = Buffer.from('a zip');
    const sum = createHash('sha256').update(bytes).digest('hex');
    const server = createHttpServer((request, response) => {
      response.end(request.url?.endsWith('.txt') ? `${sum}  k6-v1.8.1-macos-arm64.zip\n` : bytes);
    });
    const mirror = `http://127.0.0.1:${await listen(server)}`;
    clone.program('unzip', `echo "$@" > ${clone.root}/unzipped`);
    const folder = join(clone.root, 'fetched');
    mkdirSync(folder);
    const environment = clone.environment({ STORMPROOF_K6_RELEASES: mirror });
    const machine = { platform: 'darwin', arch: 'arm64' };
    const k6 = await fetchRelease(folder, { environment, signal, machine });
    expect(k6).toBe(join(folder, 'k6-v1.8.1-macos-arm64', 'k6'));
    expect(readFileSync(join(clone.root, 'unzipped'), 'utf8')).toBe(
      `-q ${folder}/k6-v1.8.1-macos-arm64.zip\n`,
    );
  });

  it('finds its checksum by its whole name', () => {
    const sums = `${'a'.repeat(64)}  k6.zip.sig\n${'B'.repeat(64)} *k6.zip\r\n`;
    expect(findChecksum(sums, 'k6.zip')).toBe('b'.repeat(64));
    expect(findChecksum(sums, '6.zip')).toBeNull();
    expect(findChecksum('not found', 'k6.zip')).toBeNull();
  });
});
