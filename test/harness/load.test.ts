import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startTestbed } from '../../testbed/testbed.ts';
import { requirePart } from '../require.ts';
import { eventsOf, it, load, read } from './whole-run.ts';

const SMOKE = ['--profile', 'smoke'];

describe.runIf(requirePart('k6')).concurrent('a run on a healthy service', () => {
  it('passes, says so, and prints nothing but the verdict on stdout with --json', async ({ place }) => {
    place.configure(`{ profiles: { smoke: { stages: [['1s', 100, 'hold']], claims: { errors: '< 1%' } } } }`);
    const { code, verdict, stdout, stderr, folder } = await load(place, [...SMOKE, '--json']);
    expect(JSON.parse(stdout)).toEqual(verdict);
    expect([code, verdict?.verdict, verdict?.reasons]).toEqual([0, 'PASS', []]);
    expect(verdict?.orders).toMatchObject({ planned: 100, started: 100, acknowledged: 100, dropped: 0 });
    expect(stderr).toContain('PASS  the claim held over 1 s');
    expect(read(join(place.runs, 'latest', 'verdict.json'))).toBe(read(join(folder, 'verdict.json')));
    expect(eventsOf(folder).map((event) => event.kind)).toEqual(
      expect.arrayContaining(['run.started', 'second', 'generator.exited', 'claim.judged', 'run.finished']),
    );
  });

  it('notes the heap that the generator is given', async ({ place }) => {
    place.configure(`{ profiles: { smoke: { stages: [['1s', 100, 'hold']], claims: { errors: '< 1%' } } } }`);
    const version = 'if [ "$1" = version ]; then echo "k6 v1.8.1 (planted)"; exit 0; fi';
    const told = join(place.folder, 'told');
    const K6_BIN = place.write('k6', `#!/bin/sh\n${version}\necho "$GOMEMLIMIT" > ${told}\n`, 0o755);
    const { folder } = await load(place, SMOKE, { env: { K6_BIN } });
    const { heapLimitBytes } = JSON.parse(read(join(folder, 'run.json'))) as { heapLimitBytes: number };
    // 200 clients and 100 orders, where the machine has so much.
    expect(read(told).trim()).toBe(String(heapLimitBytes));
    expect(read(join(folder, 'report.html'))).toMatch(/>Heap<\/th><td>not collected before it holds/);
  });

  it('sends what shoppers do, and counts their orders as the service does', async ({
    place,
    onTestFinished,
  }) => {
    const testbed = await startTestbed();
    onTestFinished(async () => void (await testbed.stop()));
    place.configure(`{ profiles: { smoke: { scenario: 'shopper', stages: [['2s', 100, 'hold']],
      claims: { errors: '< 1%', 'latency.browse.p95': '< 900ms', 'latency.read.p95': '< 900ms' } } } }`);
    const { code, verdict, folder } = await load(place, [...SMOKE, '--target', testbed.url, '--seed', '7']);
    expect([code, verdict?.verdict]).toEqual([0, 'PASS']);
    expect(verdict?.orders).toMatchObject({ planned: 200, started: 200, acknowledged: 200 });
    const sent: Record<string, number> = { browse: 0, product: 0, order: 0, read: 0 };
    for (const line of read(join(folder, 'evidence.csv')).trim().split('\n')) sent[line.split(',')[1]!]! += 1;
    const {
      browse,
      product,
      order,
      read: reads,
    } = sent as Record<'browse' | 'product' | 'order' | 'read', number>;
    expect([browse, product < browse, order < product, order > 0]).toEqual([200, true, true, true]);
    const account = await testbed.account();
    expect([account.received, account.acknowledged, account.stored]).toEqual([order, order, order]);
    expect(account.reads).toBe(browse + product + reads);
  });

  it("follows the platform's published stages, and starts every arrival of the plan", async ({ place }) => {
    const { verdict, folder } = await load(place, [
      '--profile',
      'staged',
      '--time-scale',
      '0.01',
      '--rate',
      '500',
    ]);
    const seconds = eventsOf(folder).flatMap((event) => (event.kind === 'second' ? [event.second] : []));
    // 2 min to 1 % of the peak, 5 min to 10 %, 10 min to the peak, 2 min there, 5 min to 10 %, 2 min to nothing.
    const published: [seconds: number, perSecond: number][] = [
      [1.2, 5],
      [3, 50],
      [6, 500],
      [1.2, 500],
      [3, 50],
      [1.2, 0],
    ];
    const total = areaUntil(published, 15.6);
    const { orders } = verdict!;
    expect(Math.abs(orders.planned - total)).toBeLessThanOrEqual(1);
    expect(orders).toMatchObject({ started: orders.planned, dropped: 0 });
    for (const { index, planned } of seconds.slice(0, 15)) {
      const due = areaUntil(published, index + 1) - areaUntil(published, index);
      expect(Math.abs(planned - due), `second ${index}`).toBeLessThanOrEqual(1.5);
    }
    expect(seconds.reduce((sum, second) => sum + second.planned, 0)).toBe(orders.planned);
  });
});

/** Arrivals due until then: the area under straight pieces, from a rate of 0. */
function areaUntil(pieces: readonly [seconds: number, perSecond: number][], until: number): number {
  let area = 0;
  let at = 0;
  let rate = 0;
  for (const [seconds, target] of pieces) {
    const part = Math.max(0, Math.min(seconds, until - at));
    area += part * (rate + ((target - rate) * part) / seconds / 2);
    at += seconds;
    rate = target;
  }
  return area;
}
