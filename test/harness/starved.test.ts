import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startNginx } from '../../scripts/bench/nginx.ts';
import { startTestbed } from '../../testbed/testbed.ts';
import { findPart, requirePart } from '../require.ts';
import { eventsOf, load, Place } from './whole-run.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

const hasTaskset = spawnSync('taskset', ['-V']).status === 0;

describe.runIf(requirePart('k6', 'nginx') && hasTaskset)('a generator with one core for 30,000/s', () => {
  it.each(['of its own', 'shared with the harness'])('%s is named, and nothing is proved', async (core) => {
    const nginx = await startNginx(findPart('nginx')!);
    onTestFinished(nginx.stop);
    // Few clients are set up sooner; more would not help.
    place.configure(`{ service: { timeout: '50ms' } }`);
    const k6 = place.write('k6', `#!/bin/sh\nexec taskset -c 0 ${findPart('k6')} "$@"\n`, 0o755);
    const bound = core === 'of its own' ? { env: { K6_BIN: k6 } } : { under: ['taskset', '-c', '0'] };
    const quick = ['--profile', 'quick', '--time-scale', '0.1', '--rate', '30000', '--target', nginx.origin];
    const { code, verdict, said } = await load(place, quick, bound);
    expect([code, verdict?.verdict]).toEqual([3, 'INCONCLUSIVE']);
    expect(verdict?.generator.saturated).toBe(true);
    expect(said).toMatch(/INCONCLUSIVE {2}the generator .* of the one CPU it may use/);
  });
});

describe.runIf(requirePart('k6'))('a target too slow for the clients there are', () => {
  it('fails by the arrivals that found no client free, and the generator is not blamed', async () => {
    const testbed = await startTestbed({ behaviour: { latency: { kind: 'constant', ms: 2900 } } });
    onTestFinished(async () => void (await testbed.stop()));
    place.configure(`{ service: { timeout: '5s' }, profiles: { slow: { stages: [['3s', 2000, 'hold']],
      claims: { availability: '>= 99%', 'latency.p95': '< 2s' } } } }`);
    const { code, verdict, said, folder } = await load(place, ['--profile', 'slow', '--target', testbed.url]);
    const { acknowledged, unknown, dropped, planned } = verdict!.orders;
    expect([planned, acknowledged + unknown + dropped]).toEqual([6000, 6000]);
    // The neighbours on this machine may have starved it after all; then that must be said instead. Setting up the
    // clients takes all CPUs too, but nothing is dropped in the first second.
    const { from_ms: fromMs, to_ms: toMs } = verdict!.window;
    const isStarved = eventsOf(folder).some(
      (event) =>
        event.kind === 'generator.sample' &&
        event.t > fromMs + 1000 &&
        event.t <= toMs + 1000 &&
        (event.cpu > 0.9 || event.machine > 0.95),
    );
    if (isStarved) {
      if (dropped > 0) expect(['FAIL', 'INCONCLUSIVE']).toContain(verdict?.verdict);
      return;
    }
    // 500 clients a CPU, 4,000 at most, are busy for 2.9 s each: at 2,000/s they are all taken after 2 s.
    expect(dropped).toBeGreaterThan(1000);
    expect([code, verdict?.verdict]).toEqual([99, 'FAIL']);
    expect(said).toMatch(/Availability .* arrivals unserved \([\d,]+ dropped\)/);
  });
});
