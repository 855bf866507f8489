import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clone, fakeK6 } from './clone.ts';

let clone: Clone;
beforeEach(() => {
  clone = new Clone();
});
afterEach(() => clone.remove());

/** Waits until a condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await pause(10)) {
    if (Date.now() > deadline) throw new Error('it did not happen within 20 s');
  }
}

/** Whether a process is gone; one that nobody has waited for yet is gone too. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform === 'linux' && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}

/** A planted `npm` that notes how it was called and installs what `next.json` says. */
function plantNpm(script = ''): void {
  clone.program(
    'npm',
    `echo "$@" >> "${clone.root}/npm-calls"; ${script}
     mkdir -p node_modules/a; cat next.json > node_modules/.package-lock.json; echo "added 1 package"`,
  );
}

const npmCalls = (): number =>
  clone.has('npm-calls') ? clone.read('npm-calls').trim().split('\n').length : 0;

function installNext(packages: Record<string, object>): void {
  clone.write('next.json', JSON.stringify({ packages }));
}

/** A planted `go` that installs a k6 of this version into GOBIN. */
function plantGo(version: string, before = ''): void {
  clone.program(
    'go',
    `echo "$@ CGO=$CGO_ENABLED GOOS=$GOOS" >> "${clone.root}/go-calls"; ${before}
     printf '#!/bin/sh\\n%s\\n' '${fakeK6(version)}' > "$GOBIN/k6"; chmod 755 "$GOBIN/k6"`,
  );
}

describe('when everything is there', () => {
  it('says nothing and ends with 0', async () => {
    clone.k6('v1.8.1');
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
  });

  it('says nothing as a process either, and leaves nothing behind', async () => {
    clone.k6('v2.2.0');
    const { code, stdout, stderr } = await clone.start('node', ['scripts/setup.mjs']).finished;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(clone.tools()).toEqual([]);
  });

  it('refuses a flag that it does not know', async () => {
    expect(await clone.setup(['--no-k7'])).toEqual({
      code: 2,
      stderr: 'E_FLAG_UNKNOWN: no such flag: --no-k7. Expected --no-k6 or --keep-going.\n',
    });
  });
});

describe('npm packages', () => {
  beforeEach(() => {
    clone.k6('v1.8.1');
    plantNpm();
  });

  it('installs them in a fresh clone, development packages included whatever NODE_ENV says', async () => {
    clone.uninstall();
    installNext({ 'node_modules/a': { version: '1.0.0' } });
    const { code, stderr } = await clone.setup([], { NODE_ENV: 'production' });
    expect(code).toBe(0);
    expect(stderr).toBe('setup  installing npm packages (a fresh clone), up to a minute\n');
    expect(clone.read('npm-calls')).toMatch(/^ci .*--include=dev --include=optional/);
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    ['another version', { 'node_modules/a': { version: '1.0.1' } }],
    ['another package', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' } }],
    ['one package less', {}],
  ])('notices a lockfile that asks for %s, whatever its time says', async (_, packages) => {
    clone.lock(packages);
    installNext(packages);
    clone.age('package-lock.json');
    const { code, stderr } = await clone.setup();
    expect(code).toBe(0);
    expect(stderr).toContain('package-lock.json has changed');
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
    expect(npmCalls()).toBe(1);
  });

  it('does not install again because git wrote the same lockfile anew', async () => {
    clone.age('node_modules/.package-lock.json');
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
  });

  it('does not ask for optional packages of other machines, but for those of this one', async () => {
    const a = { 'node_modules/a': { version: '1.0.0' } };
    const here = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] };
    clone.lock({
      ...a,
      'node_modules/elsewhere': { ...here, os: ['plan9'] },
      'node_modules/any': { optional: true },
    });
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
    clone.lock({ ...a, 'node_modules/here': here });
    installNext({ ...a, 'node_modules/a': { version: '1.0.0' } });
    expect((await clone.setup()).stderr).toContain('package-lock.json has changed');
  });

  it('does not install for ever where npm leaves the tree different from the lockfile', async () => {
    clone.lock({ 'node_modules/b': { version: '1.0.0' } });
    installNext({ 'node_modules/a': { version: '1.0.0' } });
    await clone.setup();
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
    expect(npmCalls()).toBe(1);
  });

  it('notices a package whose folder is gone', async () => {
    installNext({ 'node_modules/a': { version: '1.0.0' } });
    clone.delete('node_modules/a');
    expect((await clone.setup()).stderr).toContain('installing npm packages');
  });

  it('leaves packages alone that somebody added by hand', async () => {
    clone.install({
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0', extraneous: true },
    });
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
  });

  it('says why npm ci failed and ends with 2', async () => {
    clone.uninstall();
    plantNpm('echo "npm error network request to https://registry.test failed" >&2; exit 1;');
    const { code, stderr } = await clone.setup(['--keep-going']);
    expect(code).toBe(2);
    expect(stderr).toContain('E_NPM_CI: npm ci failed (exit 1).');
    expect(stderr).toContain('\n  npm error network request to https://registry.test failed');
  });

  it('runs npm once when two setups start at the same time', async () => {
    clone.uninstall();
    installNext({ 'node_modules/a': { version: '1.0.0' } });
    plantNpm('sleep 0.5;');
    const both = [clone.start('node', ['scripts/setup.mjs']), clone.start('node', ['scripts/setup.mjs'])];
    const ends = await Promise.all(both.map(({ finished }) => finished));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(npmCalls()).toBe(1);
    expect(clone.tools()).toEqual([]);
  });

  it('takes over the lock of a setup that was killed', async () => {
    clone.uninstall();
    installNext({ 'node_modules/a': { version: '1.0.0' } });
    // Its process has ended: no process has this number on Linux or macOS.
    clone.write('.tools/setup.lock', `99999999 ${(await import('node:os')).hostname()}`);
    expect((await clone.setup()).code).toBe(0);
    expect(clone.tools()).toEqual([]);
  });
});

describe('finding k6', () => {
  it('refuses an old one on the PATH with a sentence, and goes on to the next', async () => {
    const old = clone.k6('v0.49.0');
    clone.k6('v1.0.0', join(clone.root, 'later'));
    const { code, stderr } = await clone.setup([], { PATH: `${clone.bin}:${clone.root}/later` });
    expect(code).toBe(0);
    expect(stderr).toBe(`setup  ${old} is k6 v0.49.0, too old: v1 or v2 is needed; looking on\n`);
  });

  it('takes .tools/k6 when the PATH has none', async () => {
    clone.k6('v1.8.1', join(clone.root, '.tools'));
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
  });

  it('takes K6_BIN before the PATH, by path or by name', async () => {
    clone.k6('v0.49.0');
    const mine = clone.program('my-k6', fakeK6('v1.2.3'));
    expect(await clone.setup([], { K6_BIN: mine })).toEqual({ code: 0, stderr: '' });
    expect(await clone.setup([], { K6_BIN: 'my-k6' })).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    ['is not there', null, 'is no program that can be run'],
    ['fails', 'echo "exec format error" >&2; exit 126', 'does not run: exec format error'],
    ['is something else', 'echo hello', 'is no k6: it does not print a version'],
    ['is too old', fakeK6('v0.57.0'), 'is k6 v0.57.0, too old: v1 or v2 is needed'],
    ['is too new', fakeK6('v3.0.0'), 'is k6 v3.0.0, too new: v1 or v2 is needed'],
  ])('never falls through from a K6_BIN that %s', async (_, script, sentence) => {
    clone.k6('v1.8.1');
    const path = script === null ? join(clone.root, 'none') : clone.program('mine', script);
    const { code, stderr } = await clone.setup([], { K6_BIN: path });
    expect(code).toBe(2);
    expect(stderr).toBe(
      `E_K6_BIN: ${path} ${sentence}. Expected k6 v1 or v2. Mend K6_BIN, or unset it to have k6 found.\n`,
    );
  });

  it('does not look for it with --no-k6', async () => {
    expect(await clone.setup(['--no-k6'])).toEqual({ code: 0, stderr: '' });
  });
});

describe('compiling k6', () => {
  it('compiles the pinned version into .tools when no release can be had', async () => {
    plantGo('v1.8.1');
    const { code, stderr } = await clone.setup([], { GOOS: 'plan9', GOFLAGS: '-mod=vendor' });
    expect(code).toBe(0);
    expect(stderr.split('\n')).toEqual([
      'setup  downloading k6 v1.8.1',
      'setup  compiling k6 v1.8.1 with Go, about a minute',
      'setup  installed k6 v1.8.1 as .tools/k6',
      '',
    ]);
    expect(clone.read('go-calls')).toBe(
      `install go.k6.io/k6@v1.8.1 CGO=${process.platform === 'linux' ? '0' : ''} GOOS=\n`,
    );
    expect(clone.tools()).toEqual(['k6']);
    expect(await clone.setup()).toEqual({ code: 0, stderr: '' });
  });

  it('does not install what does not work', async () => {
    plantGo('v0.1.0');
    const { code, stderr } = await clone.setup();
    expect(code).toBe(2);
    expect(stderr).toContain('is k6 v0.1.0, too old');
    expect(clone.tools()).toEqual([]);
  });

  it('compiles once when two setups start at the same time', async () => {
    plantGo('v1.8.1', 'sleep 0.5;');
    const both = [clone.start('node', ['scripts/setup.mjs']), clone.start('node', ['scripts/setup.mjs'])];
    const ends = await Promise.all(both.map(({ finished }) => finished));
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(clone.read('go-calls').trim().split('\n')).toHaveLength(1);
    expect(clone.tools()).toEqual(['k6']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends all children and leaves no half file on %s', async (signal, code) => {
    // A compiler below go, as the real one has; it outlives a polite request.
    plantGo(
      'v1.8.1',
      `echo half > "$GOBIN/k6"; sh -c 'trap "" TERM; echo $$ > ${clone.root}/compiler; sleep 300';`,
    );
    const running = clone.start('node', ['scripts/setup.mjs']);
    await until(() => clone.has('compiler') && clone.read('compiler') !== '');
    running.kill(signal);
    const end = await running.finished;
    expect(end.code).toBe(code);
    expect(end.stderr).toContain(`stopped by ${signal}`);
    expect(clone.tools()).toEqual([]);
    await until(() => hasEnded(Number(clone.read('compiler'))));
  });

  it('clears away what a killed setup left', async () => {
    plantGo('v1.8.1');
    clone.write('.tools/installing-abc/k6', 'half');
    await clone.setup();
    expect(clone.tools()).toEqual(['k6']);
  });
});

describe('when there is no k6 and no way to one', () => {
  it('says what was tried and what helps, in one message', async () => {
    clone.k6('v0.49.0');
    clone.program(
      'go',
      'printf "go: downloading k6\\ngo: go.k6.io/k6@v1.8.1: 403 Forbidden\\n\\tserver response: no\\n" >&2; exit 1',
    );
    const { code, stderr } = await clone.setup();
    expect(code).toBe(2);
    const message = stderr.slice(stderr.indexOf('E_K6_NOT_FOUND')).replaceAll(clone.root, '<clone>');
    await expect(message).toMatchFileSnapshot('golden/no-k6.txt');
    expect(clone.tools()).toEqual([]);
  });

  it('goes on with --keep-going', async () => {
    const { code, stderr } = await clone.setup(['--keep-going']);
    expect(code).toBe(0);
    expect(stderr).toContain('go is not installed');
  });
});

describe('a release', () => {
  /** What the mirror serves, by path. */
  let served: Map<string, Buffer | { redirect: string }>;
  let server: Server;
  let mirror: string;
  const folder = `k6-v1.8.1-${process.platform === 'darwin' ? 'macos' : 'linux'}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const archive = `${folder}.tar.gz`;

  beforeEach(async () => {
    served = new Map();
    server = createServer((request, response) => {
      const answer = served.get(request.url ?? '');
      if (answer === undefined) response.writeHead(404).end();
      else if (Buffer.isBuffer(answer)) response.end(answer);
      else response.writeHead(302, { location: answer.redirect }).end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((done) => server.close(done)));

  /** Packs a k6 as the project's release has it. */
  async function publish(version: string, checksum?: string): Promise<void> {
    const source = join(clone.root, 'publish');
    mkdirSync(source);
    clone.k6(version, join(source, folder));
    await clone.start('tar', ['-czf', 'publish/archive', '-C', 'publish', folder]).finished;
    const bytes = readFileSync(join(source, 'archive'));
    const sha256 = checksum ?? createHash('sha256').update(bytes).digest('hex');
    served.set(`/elsewhere/${archive}`, bytes);
    served.set(`/v1.8.1/${archive}`, { redirect: `/elsewhere/${archive}` });
    served.set(
      '/v1.8.1/k6-v1.8.1-checksums.txt',
      Buffer.from(`${'0'.repeat(64)}  other.zip\n${sha256}  ${archive}\n`),
    );
  }

  const linux = it.skipIf(process.platform !== 'linux');

  linux('is installed when its checksum is right, redirects followed', async () => {
    await publish('v1.8.1');
    const { code, stderr } = await clone.setup([], { STORMPROOF_K6_RELEASES: `${mirror}/` });
    expect(stderr).toBe('setup  downloading k6 v1.8.1\nsetup  installed k6 v1.8.1 as .tools/k6\n');
    expect(code).toBe(0);
    expect(clone.tools()).toEqual(['k6']);
  });

  linux('is not even unpacked when its checksum is wrong', async () => {
    await publish('v1.8.1', 'f'.repeat(64));
    clone.program('tar', `echo ran > ${clone.root}/unpacked`, join(clone.root, 'first'));
    const environment = { STORMPROOF_K6_RELEASES: mirror, PATH: `${clone.root}/first:${clone.bin}` };
    const { code, stderr } = await clone.setup([], environment);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /release +the checksum of k6-.* is [0-9a-f]{64}, its checksum file says f{64}; not used/,
    );
    expect(clone.has('unpacked')).toBe(false);
    expect(clone.tools()).toEqual([]);
  });

  linux.each([
    ['is not there', () => served.clear(), /release +127\.0\.0\.1:\d+ answered 404/],
    [
      'is not listed',
      () => served.set('/v1.8.1/k6-v1.8.1-checksums.txt', Buffer.from('')),
      /release +its checksum file does not list k6-/,
    ],
    [
      'redirects in a circle',
      () => served.set(`/elsewhere/${archive}`, { redirect: `/v1.8.1/${archive}` }),
      /release +127\.0\.0\.1:\d+ redirects without end/,
    ],
  ])('that %s is named as the reason', async (_, spoil, reason) => {
    await publish('v1.8.1');
    spoil();
    expect((await clone.setup([], { STORMPROOF_K6_RELEASES: mirror })).stderr).toMatch(reason);
  });
});
