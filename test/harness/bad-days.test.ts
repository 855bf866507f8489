import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { requirePart } from '../require.ts';
import {
  eventsOf,
  it,
  load,
  type Place,
  report,
  type StartedRun,
  start,
  until,
  untilGone,
} from './whole-run.ts';

const CLAIMS = `claims: { errors: '<= 100%' }`;
/** Long enough to be interrupted, on any machine. */
const LONG = `{ profiles: { smoke: { stages: [['20s', 100, 'hold']], ${CLAIMS} } } }`;
const SMOKE = ['--profile', 'smoke'];

async function underLoad(place: Place, config: string): Promise<StartedRun> {
  place.configure(config);
  const run = start(place, SMOKE);
  await run.underLoad();
  return run;
}

describe.runIf(requirePart('k6')).concurrent('a run that is stopped', () => {
  it.for(['SIGINT', 'SIGTERM'] as const)(
    'by %s judges what there is as ABORTED',
    async (signal, { place }) => {
      const run = await underLoad(place, LONG);
      const { guard, k6, region } = run.parts();
      run.signalGroup(signal);
      const { code, verdict, said, folder } = await run.finished;
      expect([code, verdict?.verdict]).toEqual([4, 'ABORTED']);
      expect(verdict?.reasons).toEqual([expect.stringMatching(`^stopped by ${signal} after .* of 20 s$`)]);
      expect(said).toContain('report  runs/');
      expect(existsSync(join(folder, 'report.html'))).toBe(true);
      // Had the testbed died of it too, the last orders would have found nobody.
      expect(verdict?.orders).toMatchObject({ unsent: 0, refused: 0 });
      expect(verdict?.orders.acknowledged).toBeGreaterThan(0);
      expect(eventsOf(folder).some((event) => event.kind === 'region.health')).toBe(false);
      await untilGone(guard, k6, region);
    },
  );

  it('twice leaves at once, and npm run report says ABORTED of what is there', async ({ place }) => {
    const run = await underLoad(place, LONG);
    const { guard, k6, region } = run.parts();
    // A generator that does not hear leaves time for the second signal.
    process.kill(k6, 'SIGSTOP');
    run.signalGroup('SIGINT');
    await until('the first is noted', () => eventsOf(run.folder).some(({ kind }) => kind === 'signal'));
    run.signalGroup('SIGINT');
    const { code, verdict, stderr } = await run.finished;
    expect([code, verdict]).toEqual([4, null]);
    expect(stderr).toContain('npm run report judges what there is');
    await untilGone(guard, k6, region);
    const again = await report(place, []);
    expect([again.code, again.verdict?.verdict]).toEqual([4, 'ABORTED']);
  });

  it('although its generator does not hear: it is killed', async ({ place }) => {
    const run = await underLoad(place, LONG);
    const { guard, k6, region } = run.parts();
    process.kill(k6, 'SIGSTOP');
    run.signalGroup('SIGINT');
    expect((await run.finished).code).toBe(4);
    await untilGone(guard, k6, region);
  });
});

describe.runIf(requirePart('k6')).concurrent('a part that is killed', () => {
  it('the harness: the load stops, and npm run report calls it INCONCLUSIVE', async ({ place }) => {
    const run = await underLoad(place, LONG);
    const { guard, k6, region } = run.parts();
    process.kill(run.pid, 'SIGKILL');
    await untilGone(guard, k6, region);
    expect((await run.finished).verdict).toBeNull();
    const { code, verdict, stdout } = await report(place, []);
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    expect(stdout).toContain('INCONCLUSIVE  the run has no end: the harness died before the generator ended');
  });

  it('the generator: INCONCLUSIVE, and it is named', async ({ place }) => {
    const run = await underLoad(place, LONG);
    const { guard, k6, region } = run.parts();
    process.kill(k6, 'SIGKILL');
    const { code, verdict, stdout } = await run.finished;
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    expect(stdout).toContain('INCONCLUSIVE  the generator was killed by SIGKILL');
    await untilGone(guard, k6, region);
  });

  it("the generator's guard: the generator ends with it", async ({ place }) => {
    const run = await underLoad(place, LONG);
    const { guard, k6, region } = run.parts();
    process.kill(guard, 'SIGKILL');
    const { code, verdict } = await run.finished;
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    expect(verdict?.reasons[0]).toMatch(/generator/);
    await untilGone(guard, k6, region);
  });

  it('the service: its orders are unserved, and it is named', async ({ place }) => {
    // However few orders are served, the claim holds: what remains is the cause.
    const config = `{ profiles: { smoke: { stages: [['3s', 100, 'hold']], ${CLAIMS} } } }`;
    const run = await underLoad(place, config);
    process.kill(run.parts().region!, 'SIGKILL');
    const { code, verdict, stdout } = await run.finished;
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    const { acknowledged, unsent, unknown, refused, dropped } = verdict!.orders;
    expect([unsent + unknown, refused, dropped]).toEqual([300 - acknowledged, 0, 0]);
    expect(unsent).toBeGreaterThan(0);
    expect(stdout).toMatch(/INCONCLUSIVE {2}region seoul of the testbed was killed by SIGKILL at 00:0\d/);
    const again = await report(place, []);
    expect([again.code, again.verdict]).toEqual([code, verdict]);
  });
});

describe.runIf(requirePart('k6')).concurrent('a generator that does not do what it should', () => {
  const version = 'if [ "$1" = version ]; then echo "k6 v1.8.1 (planted)"; exit 0; fi\n';
  const SHORT = `{ profiles: { smoke: { stages: [['1s', 100, 'hold']], ${CLAIMS} } } }`;

  it.for([
    [
      'ends at once',
      'echo "level=error msg=\\"no such thing\\"" >&2; exit 1',
      /k6 ended with status 1: .*no such thing/,
    ],
    ['prints nonsense', 'echo "nonsense" >&2; exit 0', /without a line of evidence/],
    ['finds its configuration invalid', 'exit 104', /configuration invalid/],
  ] as const)('one that %s is INCONCLUSIVE with its cause', async ([, does, cause], { place }) => {
    place.configure(SHORT);
    const K6_BIN = place.write('k6', `#!/bin/sh\n${version}${does}\n`, 0o755);
    const { code, verdict, stdout } = await load(place, SMOKE, { env: { K6_BIN } });
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    expect(verdict?.reasons[0]).toMatch(cause);
    expect(stdout).toMatch(/INCONCLUSIVE {2}/);
  });

  it.for([
    ['is not there', '/nowhere/k6'],
    ['is no k6', '/bin/true'],
  ])('one that %s is said before anything is started', async ([, K6_BIN], { place }) => {
    place.configure(SHORT);
    const { code, stderr, folder } = await load(place, SMOKE, { env: { K6_BIN } });
    expect([code, folder]).toEqual([2, '']);
    expect(stderr).toMatch(/^E_K6_BIN: .*Mend K6_BIN/);
  });

  it('a scenario that throws while it is loaded names its line', async ({ place }) => {
    place.configure(`{ profiles: { smoke: { scenario: 'x', stages: [['1s', 100, 'hold']], ${CLAIMS} } } }`);
    place.writeScenario(
      'x',
      `if (__VU > 0) throw new Error('no catalogue');\n`,
      `send('order', 'POST', orderPath, '{}');`,
    );
    const { code, verdict, stdout } = await load(place, SMOKE);
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    expect(stdout).toMatch(/the scenario threw while it was loaded: .*no catalogue.* scenarios\/x\.ts:2/s);
  });

  it('a scenario that throws for some arrivals names its line and counts them', async ({ place }) => {
    place.configure(`{ profiles: { smoke: { scenario: 'x', stages: [['1s', 100, 'hold']], ${CLAIMS} } } }`);
    place.writeScenario(
      'x',
      '',
      `send('order', 'POST', orderPath, '{}');\n if (seq % 10 === 3) throw new Error('no basket');`,
    );
    const { code, verdict, stdout } = await load(place, [...SMOKE, '--target', 'http://127.0.0.1:1']);
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    expect(stdout).toMatch(/10 iterations of the scenario threw: .*no basket.* scenarios\/x\.ts:7/s);
  });
});
