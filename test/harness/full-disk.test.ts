import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { requirePart } from '../require.ts';
import { canMount } from './private-mounts.ts';
import { it, load, type Place, read, report, type WholeRun } from './whole-run.ts';

/** Fills the disk of the runs once the load is under way; what is there at the end is copied to `kept`. */
async function runOnFullDisk(
  place: Place,
  meanwhile: string,
): Promise<{ run: WholeRun; kept: string; folder: string }> {
  const kept = join(place.folder, 'kept');
  mkdirSync(kept);
  mkdirSync(place.runs);
  place.configure(
    `{ profiles: { smoke: { stages: [['4s', 200, 'hold']], claims: { errors: '<= 100%' } } } }`,
  );
  const script = `
    mount -t tmpfs -o size=60m tmpfs '${place.runs}' || exit 90
    "$@" & run=$!
    lines() { cat '${place.runs}'/*/evidence.csv 2>/dev/null | wc -l; }
    tries=0
    while [ "$(lines)" -lt 50 ] && [ $tries -lt 400 ]; do tries=$((tries + 1)); sleep 0.05; done
    for size in 1M 1k; do dd if=/dev/zero of='${place.runs}'/filler-$size bs=$size 2>/dev/null; done
    ${meanwhile}
    wait $run; code=$?
    cp -a '${place.runs}'/2* '${kept}'
    exit $code`;
  const under = ['unshare', '-m', 'sh', '-c', script, 'sh'];
  const run = await load(place, ['--profile', 'smoke'], { under });
  return { run, kept, folder: join(kept, readdirSync(kept)[0]!) };
}

describe.runIf(requirePart('k6') && canMount()).concurrent('a disk that fills during the run', () => {
  it('and stays full: a sentence, INCONCLUSIVE, no half file, and a report later', async ({ place }) => {
    const { run, kept, folder } = await runOnFullDisk(place, '');
    const { code, said } = run;
    expect(code).toBe(3);
    expect(said).toMatch(/INCONCLUSIVE {2}evidence could not be written: no space left on the disk/);
    expect(said).toContain('verdict.json, report.html, junit.xml, summary.md could not be written (ENOSPC)');
    expect(said).toContain('report  was not written');
    expect(said).not.toMatch(/bug of ours/);
    const names = readdirSync(folder);
    expect(names).toContain('evidence.csv');
    expect(names.filter((name) => name === 'verdict.json' || name.endsWith('.part'))).toEqual([]);
    const later = await report(place, ['--runs-dir', kept]);
    expect(later.code).toBe(3);
    expect(existsSync(join(folder, 'verdict.json'))).toBe(true);
  });

  it('and has room again before the end: what was lost is unknown, and the report says the same later', async ({
    place,
  }) => {
    const untilLost = `
      tries=0; before=-1
      while [ "$(lines)" != "$before" ] && [ $tries -lt 100 ]; do before=$(lines); tries=$((tries + 1)); sleep 0.3; done
      rm '${place.runs}'/filler-*`;
    const { run, kept, folder } = await runOnFullDisk(place, untilLost);
    const { code, said } = run;
    expect(code).toBe(3);
    expect(said).toMatch(/INCONCLUSIVE {2}evidence could not be written: no space left on the disk/);
    const first = read(join(folder, 'verdict.json'));
    const { orders } = JSON.parse(first) as NonNullable<WholeRun['verdict']>;
    expect(orders).toMatchObject({ planned: 800, started: 800, dropped: 0, unsent: 0, refused: 0 });
    expect(orders.unknown).toBeGreaterThan(0);
    await report(place, ['--runs-dir', kept]);
    expect(read(join(folder, 'verdict.json'))).toBe(first);
  });
});
