import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { describeLab } from '../../scripts/testbed/standing-lab.ts';
import { enterCommand } from '../../testbed/lab/namespaces.ts';
import { supervisorSettings, timersOf } from '../../testbed/lab/settings.ts';
import { requirePart } from '../require.ts';
import { until } from '../testbed/client.ts';

const COMMAND = fileURLToPath(new URL('../../scripts/testbed.ts', import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]): { child: ChildProcess; shown(): string; ended: Promise<number | null> } {
  const child = spawn(process.execPath, ['--import', 'tsx', COMMAND, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (text += chunk));
  return { child, shown: () => text, ended: once(child, 'close').then(([code]) => code) };
}

const region = (address: string, tasks: number) => ({
  up: true,
  address,
  desired: tasks,
  running: tasks,
  usual: tasks,
  waitingToReplicate: 0,
});

describe('npm run testbed -- --lab', () => {
  it('says where the lab is, and how it is entered, watched and broken', async () => {
    const text = describeLab(
      {
        socket: '/tmp/stormproof-lab-a1b2c3/control',
        identity: { pid: 43, start: '1', net: 'net:[1]' },
        enter: enterCommand(42, { user: true }),
        target: 'http://orders.stormproof.test:8080',
      },
      {
        seed: 1,
        dns: { name: 'orders.stormproof.test', region: 'seoul', ttlS: 3 },
        regions: { seoul: region('127.1.0.10:8080', 3), tokyo: region('127.2.0.10:8080', 1) },
      },
      timersOf(supervisorSettings({ mode: 'standing' }), 1),
      0.05,
    );
    await expect(text).toMatchFileSnapshot('golden/testbed-lab.txt');
  });

  it.each([
    [['--lab', '--port', '9090', '--errors', '1%'], 'E_FLAG_MIXTURE: --port, --errors is not for the lab.'],
    [['--time-scale', '1'], 'E_FLAG_MIXTURE: --time-scale is for the lab alone.'],
    [['--lab', '--time-scale', '0.001'], '--time-scale'],
  ])('refuses %j as a usage error', async (args, sentence) => {
    const { ended, shown } = start(...args);
    expect(await ended).toBe(2);
    expect(shown()).toContain(sentence);
  });

  describe.runIf(requirePart('lab'))('in the foreground', () => {
    it('does what it says can be done, and leaves nothing at ctrl-C', async () => {
      const { child, shown, ended } = start('--lab', '--time-scale', '0.1');
      await until(() => shown().includes('ctrl-C stops it'), 'the first words');
      const socket = /socket {2}(\S+)/.exec(shown())![1]!;
      const commands = shown()
        .split('\n')
        .filter((line) => /^ {2}(nsenter .* curl|curl .*(state|slots))/.test(line));
      const answers = commands.map((line) => spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout);
      expect(answers).toEqual([
        '{"status":"ok"}',
        expect.stringContaining('"seoul.process":{"value":"running","version":0}'),
        expect.stringContaining('"version":1'),
      ]);
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(shown()).toContain('stopped: nothing of the lab is left');
      expect(existsSync(dirname(socket))).toBe(false);
    });

    it('ends well when it is stopped by its socket', async () => {
      const { shown, ended } = start('--lab');
      await until(() => shown().includes('ctrl-C stops it'), 'the first words');
      const socket = /socket {2}(\S+)/.exec(shown())![1]!;
      spawnSync('curl', ['-s', '--unix-socket', socket, '-X', 'POST', 'http://lab/stop']);
      expect(await ended).toBe(0);
    });
  });
});
