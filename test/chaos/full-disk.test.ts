import { describe, expect } from 'vitest';
import { behindMounts, canMount } from '../harness/private-mounts.ts';
import { it } from './scene.ts';

describe.runIf(canMount())('on a full disk', () => {
  it('nothing is broken that is not safely written down, and what is broken is undone all the same', async ({
    scene,
  }) => {
    const { folder, world } = scene;
    const under = behindMounts(`mount -t tmpfs -o size=64k tmpfs '${folder}'`);
    const { stdout, stderr, code } = await scene.start('full-disk-child.ts', [folder, world], under).ended;
    expect([code, stderr]).toEqual([0, '']);
    const noRoom = expect.stringMatching(
      /^E_JOURNAL: FOLDER\/journal\.jsonl could not be written \(ENOSPC\)\. /,
    );
    expect(JSON.parse(stdout)).toEqual({
      before: '',
      intentDoesNotFit: noRoom,
      injectedDoesNotFit: noRoom,
      log: ['inject seoul', 'inject dns', 'revert dns'],
      undone: { restored: true, trouble: expect.any(String), broken: [] },
      again: { restored: true, trouble: '', unfinished: 0, isClosed: true, leftOut: 0 },
    });
  });
});
