import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isSameProcess, parentOf, processesIn } from '../../../testbed/lab/host-process.ts';
import { type Lab, openLab, type StartedLab, startLab } from '../../../testbed/lab/lab.ts';
import type { TruthLine } from '../../../testbed/lab/truth-log.ts';
import { requirePart } from '../../require.ts';
import { newOrder, until } from '../client.ts';

const STARTER = fileURLToPath(new URL('lab-starter.ts', import.meta.url));

/** Runs a command where the lab is. */
function inside(
  lab: Pick<Lab, 'enter'>,
  command: string[],
  cwd = tmpdir(),
): { status: number | null; out: string } {
  const [program, ...args] = [...lab.enter, ...command];
  const { status, stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', cwd, timeout: 20_000 });
  return { status, out: stdout + stderr };
}

/** JavaScript that runs inside, with `fetch` and `dns`. @returns what it prints */
function evaluate(lab: Pick<Lab, 'enter'>, script: string): string {
  const { status, out } = inside(lab, [process.execPath, '--input-type=module', '-e', script]);
  if (status !== 0) throw new Error(out);
  return out.trim();
}

/** An order over a fresh connection, to the region that the name resolves to. */
const order = (lab: Pick<Lab, 'enter'>, key: string): string =>
  evaluate(
    lab,
    `const answer = await fetch('http://orders.stormproof.test:8080/api/v1/orders',
      { method: 'POST', headers: { connection: 'close' }, body: ${JSON.stringify(JSON.stringify(newOrder(key)))} });
     console.log(answer.status, answer.headers.get('x-region'));`,
  );

const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

/** Only root can, and only where nobody may read this checkout. */
const canBeNobody = (): boolean =>
  process.getuid?.() === 0 && spawnSync(AS_NOBODY[0]!, [...AS_NOBODY.slice(1), 'cat', STARTER]).status === 0;

/** Mounts of processes that we may see, which come out of a folder. */
const mountsOf = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(folder.split('/').at(-1)!);
      } catch {
        return false;
      }
    });

async function expectNothingOf({ identity, socket }: Pick<Lab, 'identity' | 'socket'>): Promise<void> {
  await until(() => !isSameProcess(identity), 'the end of the supervisor');
  await until(() => processesIn(identity.net).length === 0, 'the end of all processes');
  await until(() => mountsOf(dirname(socket)).length === 0, 'the end of the mounts');
  await until(() => !existsSync(dirname(socket)), 'the end of the folder');
}

describe.runIf(requirePart('lab'))('the lab', () => {
  let folder: string;
  let lab: StartedLab;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'truth-'));
    lab = await startLab({ mode: 'owned', seed: 7, truthFile: join(folder, 'truth.jsonl') });
  });
  afterAll(async () => {
    await lab.stop();
    rmSync(folder, { recursive: true });
  });

  it('keeps its control socket where nobody else may look', () => {
    expect(statSync(dirname(lab.socket)).mode & 0o777).toBe(0o700);
    expect(Buffer.byteLength(lab.socket)).toBeLessThanOrEqual(107);
  });

  it('runs a command inside as the process that was started, in the working directory it was started in', async () => {
    const [program, ...args] = lab.enter;
    const child = spawn(program!, [...args, 'sleep', '60'], { cwd: folder, stdio: 'ignore' });
    await until(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8').trim() === 'sleep', 'the command');
    expect(readlinkSync(`/proc/${child.pid}/ns/net`)).toBe(lab.identity.net);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(inside(lab, ['/bin/pwd', '-P'], folder).out.trim()).toBe(folder);
    expect(inside(lab, ['sh', '-c', 'exit 7']).status).toBe(7);
    // Its own process stands in `/proc`, as outside.
    expect(inside(lab, ['readlink', '/proc/self']).status).toBe(0);
  });

  it('resolves the name by its own server, with the TTL, over UDP and TCP, and no other name', () => {
    const asked = evaluate(
      lab,
      `import dns from 'node:dns/promises';
       const a = await dns.resolve4('orders.stormproof.test', { ttl: true });
       const looked = await dns.lookup('orders.stormproof.test', { all: true });
       const codes = await Promise.all([dns.resolve6('orders.stormproof.test'), dns.resolve4('example.com'),
         dns.lookup('example.com')].map((p) => p.then(() => 'ok', (e) => e.code)));
       console.log(JSON.stringify({ a, looked, codes, servers: dns.getServers() }));`,
    );
    expect(JSON.parse(asked)).toEqual({
      a: [{ address: '127.1.0.10', ttl: 3 }],
      looked: [{ address: '127.1.0.10', family: 4 }],
      codes: ['ENODATA', 'EREFUSED', expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)],
      servers: ['127.0.0.53'],
    });
  });

  it('cannot reach anything outside: not this machine, not the network', async () => {
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const tried = inside(lab, [
      process.execPath,
      '-e',
      `for (const [host, port] of [['127.0.0.1', ${port}], ['192.0.2.1', 80], ['1.1.1.1', 53], ['2001:db8::1', 80]])
         require('net').connect(port, host).on('error', (e) => console.log(e.code)).on('connect', () => process.exit(9));
       console.log(Object.keys(require('os').networkInterfaces()).join());`,
    ]);
    server.close();
    expect(tried.status).toBe(0);
    expect(tried.out.trim().split('\n').sort()).toEqual([
      'ECONNREFUSED',
      'ENETUNREACH',
      'ENETUNREACH',
      'ENETUNREACH',
      'lo',
    ]);
  });

  it('fails over: Seoul is killed, Tokyo serves and is raised, and Seoul comes back with what it had', async () => {
    const { control } = lab;
    expect(order(lab, 'before')).toBe('201 seoul');
    await until(async () => (await control.state()).regions.seoul.waitingToReplicate === 0, 'replication');
    const killed = await control.write('seoul.process', 'killed', 0);
    const { atMs } = killed as { atMs: number };
    await until(async () => (await control.state()).dns.region === 'tokyo', 'the failover');
    expect(order(lab, 'during')).toBe('201 tokyo');
    await until(async () => (await control.state()).regions.tokyo.running === 3, 'full strength');
    await expect(control.listing('seoul', '0', 10)).rejects.toThrow('E_REGION_DOWN');
    const tokyo = await control.listing('tokyo', '0', 10);
    expect(tokyo.orders.map(({ idempotency_key }) => idempotency_key).sort()).toEqual(['before', 'during']);
    expect(await control.write('seoul.process', 'running', 0)).toMatchObject({
      kind: 'not-ours',
      version: 1,
    });
    await control.write('seoul.process', 'running', 1);
    await until(async () => (await control.state()).dns.region === 'seoul', 'failing back');
    expect(order(lab, 'after')).toBe('201 seoul');
    await until(async () => (await control.state()).regions.tokyo.running === 1, 'a small standby');
    const seoul = await control.listing('seoul', '0', 10);
    expect(seoul.orders.map(({ idempotency_key }) => idempotency_key)).toContain('before');
    const lines = readFileSync(join(folder, 'truth.jsonl'), 'utf8').trimEnd().split('\n');
    const truth = lines.map((line) => JSON.parse(line) as TruthLine);
    expect(truth.find(({ kind }) => kind === 'death')).toEqual({ kind: 'death', t: atMs, region: 'seoul' });
    const flip = truth.find((line) => line.kind === 'dns' && line.region === 'tokyo') as { t: number };
    // Two whole intervals at least, each a millisecond early at most.
    expect(flip.t - atMs).toBeGreaterThanOrEqual(2 * (500 - 1));
  });

  it('undoes by itself what has expired, and the frozen region is whole again', async () => {
    const { control } = lab;
    const { version } = (await control.state()).slots['seoul.process'];
    await control.write('seoul.process', 'frozen', version, 300);
    await until(
      async () => (await control.state()).slots['seoul.process'].version === version + 2,
      'the expiry',
    );
    expect((await control.state()).slots['seoul.process'].value).toBe('running');
    expect(order(lab, 'thawed')).toMatch(/^201 /);
  });

  it('ends with nothing left, and has said which orders each region has', async () => {
    expect(await lab.stop()).toBe('');
    await expectNothingOf(lab);
    expect(await lab.ended).toBe('The lab ended with status 0.');
    expect(await lab.stop()).toBe('');
    const lines = readFileSync(join(folder, 'truth.jsonl'), 'utf8').trimEnd().split('\n');
    const orders = lines.map((line) => JSON.parse(line) as TruthLine).filter(({ kind }) => kind === 'order');
    expect(orders).toContainEqual(
      expect.objectContaining({ region: 'tokyo', key: 'before', arrivedMs: expect.any(Number) }),
    );
    expect(orders).toContainEqual(
      expect.objectContaining({ region: 'seoul', key: 'before', arrivedMs: null }),
    );
    await expect(openLab(lab.socket)).rejects.toMatchObject({ code: 'E_LAB_GONE' });
  });
});

describe.runIf(requirePart('lab'))('a lab whose starter is killed', () => {
  type Told = Pick<Lab, 'identity' | 'socket' | 'enter'>;
  const children: ChildProcess[] = [];
  const standing: Lab[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const lab of standing.splice(0)) await lab.stop();
  });

  async function start(
    settings: object,
    before: string[] = [],
  ): Promise<{ starter: ChildProcess; told: Told }> {
    const [program, ...args] = [
      ...before,
      process.execPath,
      '--import',
      'tsx',
      STARTER,
      JSON.stringify(settings),
    ];
    const starter = spawn(program!, args as string[], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, HOME: tmpdir() },
    });
    children.push(starter);
    const [line] = await once(starter.stdout!, 'data');
    return { starter, told: JSON.parse(String(line)) };
  }

  it('leaves no process, namespace, mount or folder', async () => {
    const { starter, told } = await start({ mode: 'owned' });
    expect(processesIn(told.identity.net).length).toBeGreaterThan(10);
    expect(mountsOf(dirname(told.socket)).length).toBeGreaterThan(0);
    starter.kill('SIGKILL');
    await expectNothingOf(told);
  });

  it.runIf(canBeNobody())('leaves nothing as a user without rights either, who could enter it', async () => {
    const { starter, told } = await start({ mode: 'owned' }, AS_NOBODY);
    expect(inside({ enter: [...AS_NOBODY, ...told.enter] }, ['id', '-u']).out.trim()).toBe('0');
    expect(told.enter[2]).toContain('-U');
    starter.kill('SIGKILL');
    await expectNothingOf(told);
  });

  it('whose guard is killed ends all the same', async () => {
    const { told } = await start({ mode: 'owned' });
    const first = parentOf(told.identity.pid);
    process.kill(parentOf(parentOf(first)), 'SIGKILL');
    await expectNothingOf(told);
  });

  it('that stands goes on until it is stopped', async () => {
    const { starter, told } = await start({ mode: 'standing' });
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const lab = await openLab(told.socket);
    standing.push(lab);
    expect(lab.mode).toBe('standing');
    expect(order(lab, 'k')).toBe('201 seoul');
    expect(await lab.stop()).toBe('');
    await expectNothingOf(told);
  });

  it('that stands in the foreground ends with it', async () => {
    const { starter, told } = await start({ mode: 'standing', endsWithStarter: true });
    starter.kill('SIGKILL');
    await expectNothingOf(told);
  });
});

describe.runIf(requirePart('lab'))('a lab that cannot start', () => {
  it('says what it said, and leaves no folder', async () => {
    const { TMPDIR } = process.env;
    const temporary = mkdtempSync(join(tmpdir(), 'tmp-'));
    process.env.TMPDIR = temporary;
    try {
      const start = startLab({ mode: 'owned', truthFile: '/nowhere/truth.jsonl' });
      await expect(start).rejects.toThrow(/^E_LAB_START: The lab ended with status 1\. It said: .*ENOENT/s);
      await expect(startLab({ mode: 'owned', timeScale: 0 })).rejects.toThrow('E_TIME_SCALE');
      expect(readdirSync(temporary).filter((name) => name.startsWith('stormproof-lab-'))).toEqual([]);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
      rmSync(temporary, { recursive: true });
    }
  });
});
