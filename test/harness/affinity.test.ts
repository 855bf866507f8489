import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { affinityIn, readAffinity } from '../../harness/affinity.ts';

describe('the CPUs that a process may use', () => {
  it.each([
    ['0', [0]],
    ['0-3', [0, 1, 2, 3]],
    ['0-1,8,10-11', [0, 1, 8, 10, 11]],
    ['0-3,8,10-11', [0, 1, 2, 3, 8, 10, 11]],
    ['5', [5]],
    ['', null],
    ['all', null],
  ])('are read out of %j', (text, numbers) => {
    expect(affinityIn(`Name:\tk6\nCpus_allowed_list:\t${text}\nMems_allowed_list:\t0\n`)).toEqual(numbers);
  });

  it('are not known of a process that is not there', () => {
    expect(readAffinity(2 ** 30)).toBeNull();
  });

  it.runIf(spawnSync('taskset', ['-V']).status === 0)('are as many as the process says itself', () => {
    const all = readAffinity(process.pid)!;
    const program = `process.stdout.write(String(require('node:os').availableParallelism()))`;
    const { stdout } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
    expect(all).toHaveLength(Number(stdout));
  });
});
