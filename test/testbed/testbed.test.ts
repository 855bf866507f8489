import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { HEALTHY } from '../../testbed/behaviour.ts';
import type { RegionExit } from '../../testbed/region-process.ts';
import { startTestbed, type Testbed, type TestbedOptions } from '../../testbed/testbed.ts';
import { isAlive, newOrder, postOrder, readListing, until } from './client.ts';

const STARTER = new URL('starter.ts', import.meta.url);
const REGION = new URL('../../testbed/region.ts', import.meta.url);
const COMMAND = new URL('../../scripts/testbed.ts', import.meta.url);

const open: Testbed[] = [];
const children: ChildProcess[] = [];

async function start(options?: TestbedOptions): Promise<Testbed> {
  const testbed = await startTestbed(options);
  open.push(testbed);
  return testbed;
}

function run(file: URL, args: string[] = [], stdio: 'pipe' | 'ipc' = 'pipe'): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(file), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...(stdio === 'ipc' ? (['ipc'] as const) : [])],
  });
  children.push(child);
  return child;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((testbed) => testbed.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Elsewhere loopback has one address until somebody adds more. */
const SECOND_ADDRESS = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';

describe('the testbed', () => {
  it('serves orders and hands over its account when it is stopped', async () => {
    const testbed = await start();
    expect((await postOrder(testbed.url, newOrder('k-1'))).status).toBe(201);
    expect(await testbed.account()).toMatchObject({ received: 1, stored: 1, acknowledged: 1 });
    expect((await postOrder(testbed.url, newOrder('k-2'))).status).toBe(201);
    const account = await testbed.stop();
    expect(account).toMatchObject({
      received: 2,
      stored: 2,
      acknowledged: 2,
      regions: [{ region: 'seoul' }],
    });
    expect(await testbed.stop()).toEqual(account);
    expect(await testbed.account()).toEqual(account);
    expect(isAlive(testbed.regions[0]!.pid)).toBe(false);
  });

  it('plants the same again with the same seed', async () => {
    const statuses = async (seed: number) => {
      const { url } = await start({ seed, behaviour: { errors: 0.5 } });
      const answers = Array.from({ length: 50 }, (_, n) => postOrder(url, newOrder(`k-${n}`)));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    const [first, again, other] = await Promise.all([statuses(1), statuses(1), statuses(2)]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('has a process, an address and a store of its own for each region', async () => {
    const testbed = await start({
      regions: [
        { name: 'seoul', host: '127.0.0.1' },
        { name: 'tokyo', host: SECOND_ADDRESS },
      ],
    });
    const [seoul, tokyo] = testbed.regions;
    expect(testbed.url).toBe(seoul!.url);
    expect(tokyo!.url).toContain(`http://${SECOND_ADDRESS}:`);
    const answer = await postOrder(tokyo!.url, newOrder('k'));
    expect(answer.headers.get('x-region')).toBe('tokyo');
    expect(await answer.json()).toMatchObject({ order_id: 'tokyo-1' });
    expect(await readListing(seoul!.url, 10)).toEqual([]);
    expect(await testbed.account()).toMatchObject({
      stored: 1,
      regions: [
        { region: 'seoul', counts: { stored: 0 } },
        { region: 'tokyo', counts: { stored: 1 } },
      ],
    });
  });

  it('says that a port is in use, and leaves no process behind', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const problem = await startTestbed({ port }).catch((error) => error);
    expect(problem).toMatchObject({ code: 'E_PORT_IN_USE' });
    expect(problem.message).toContain(`127.0.0.1:${port}`);
    await expect(startTestbed({ regions: [{ name: 'a' }, { name: 'b', port }] })).rejects.toThrow(
      'E_PORT_IN_USE',
    );
  });

  it('says that an address is not of this machine', async () => {
    await expect(startTestbed({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'E_ADDRESS' });
  });

  it('refuses impossible behaviour before it starts anything', async () => {
    await expect(startTestbed({ behaviour: { errors: 2 } })).rejects.toMatchObject({ code: 'E_SHARE' });
  });
});

describe('a region', () => {
  it('leads a process group of its own, which ctrl-C does not reach', async () => {
    const { regions } = await start();
    expect(processGroup(regions[0]!.pid)).toBe(regions[0]!.pid);
  });

  it('that is killed is told of, once, and has no account', async () => {
    const testbed = await start({ regions: [{ name: 'seoul' }, { name: 'tokyo' }] });
    const [seoul, tokyo] = testbed.regions;
    await postOrder(tokyo!.url, newOrder('k'));
    const exits: RegionExit[] = [];
    testbed.onExit((exit) => exits.push(exit));
    process.kill(seoul!.pid, 'SIGKILL');
    await until(() => exits.length > 0, 'the exit');
    expect(exits).toMatchObject([{ region: 'seoul', pid: seoul!.pid, code: null, signal: 'SIGKILL' }]);
    expect(exits[0]!.cause).toBe(`the testbed's region seoul (process ${seoul!.pid}) ended by SIGKILL.`);
    const late: RegionExit[] = [];
    testbed.onExit((exit) => late.push(exit));
    expect(late).toEqual(exits);
    const account = await testbed.stop();
    expect(account).toMatchObject({
      stored: 1,
      regions: [{ region: 'seoul', counts: null }, { counts: { stored: 1 } }],
    });
    expect(exits).toHaveLength(1);
  });

  it('that was frozen for a while answers the newest question, not the one that waited', async () => {
    const testbed = await start();
    const { pid } = testbed.regions[0]!;
    process.kill(pid, 'SIGSTOP');
    expect((await testbed.account()).regions).toEqual([{ region: 'seoul', counts: null }]);
    process.kill(pid, 'SIGCONT');
    expect((await postOrder(testbed.url, newOrder('k'))).status).toBe(201);
    expect(await testbed.account()).toMatchObject({ acknowledged: 1 });
  });

  it('that is frozen ends all the same when the testbed is stopped', async () => {
    const testbed = await start();
    const { pid } = testbed.regions[0]!;
    process.kill(pid, 'SIGSTOP');
    expect((await testbed.stop()).regions).toEqual([{ region: 'seoul', counts: null }]);
    expect(isAlive(pid)).toBe(false);
  });

  it('is gone when its starter is killed', async () => {
    const starter = run(STARTER);
    const [line] = await once(starter.stdout!, 'data');
    const { url, pid } = JSON.parse(String(line));
    expect((await postOrder(url, newOrder('k'))).status).toBe(201);
    starter.kill('SIGKILL');
    await until(() => !isAlive(pid), 'the end of the region');
  });

  it('is gone when its starter died while it was starting', async () => {
    const settings = JSON.stringify({
      region: 'seoul',
      host: '127.0.0.1',
      port: 0,
      seed: 1,
      behaviour: HEALTHY,
    });
    const region = run(REGION, [settings], 'ipc');
    region.disconnect();
    const [code] = await once(region, 'exit');
    expect(code).toBe(0);
  });

  it('started by hand says how it is meant to be started', async () => {
    const region = run(REGION);
    const [said] = await once(region.stderr!, 'data');
    const [code] = region.exitCode === null ? await once(region, 'exit') : [region.exitCode];
    expect([code, String(said)]).toEqual([2, 'A region is started by its testbed. Write: npm run testbed\n']);
  });
});

describe('npm run testbed', () => {
  async function read(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
    let [out, err] = ['', ''];
    child.stdout!.on('data', (text) => (out += text));
    child.stderr!.on('data', (text) => (err += text));
    const [code] = await once(child, 'close');
    return { code, out, err };
  }

  it('says where it is and what it plants, and prints its account at ctrl-C', async () => {
    const child = run(COMMAND, ['--port', '0', '--errors', '100%', '--seed', '5']);
    const ended = read(child);
    let shown = '';
    child.stdout!.on('data', (text) => (shown += text));
    await until(() => shown.includes('ctrl-C stops it'), 'the first words');
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(shown)![0];
    const [, body] = /curl -d '([^']+)'/.exec(shown)!;
    expect((await postOrder(url, body)).status).toBe(503);
    child.kill('SIGINT');
    const { code, out, err } = await ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('planted  with seed 5\n  100 % are answered 503');
    expect(out).toMatch(/1 {2}orders received\n.*stored\n.*acknowledged \(201\)\n.*1 {2}planted 503/);
  });

  it.each([
    [['--erors', '1%'], 'Did you mean --errors?'],
    [['--errors', '60%', '--hangs', '60%'], 'An order can fail in one way only.'],
  ])('refuses %j as a usage error', async (args, sentence) => {
    const { code, out, err } = await read(run(COMMAND, args));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
  });
});

const processGroup = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }));
