/** A drill in the terminal: while it runs, and its end. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../measure/measurement.ts';
import { MOST_END_LINES, renderEnd } from '../../../reports/terminal/end.ts';
import { MOST_LINES, renderLive } from '../../../reports/terminal/live.ts';
import { renderPlain } from '../../../reports/terminal/plain.ts';
import { beginLive } from '../../../reports/terminal/state.ts';
import { LiveView, type ViewStream } from '../../../reports/terminal/view.ts';
import { displayWidth } from '../../../reports/terminal/width.ts';
import { DRILLS, hostileDrill, noFailover, regionLoss, replicationStall, withoutBite } from '../drills.ts';
import { stateAt, tickAt } from './states.ts';

const end = (measurement: Measurement, columns: number, colour = false): string[] =>
  renderEnd(measurement, { columns, colour, reportPath: `runs/${measurement.run.run}/report.html` });

const RUNS = Object.fromEntries(Object.entries(DRILLS).map(([name, of]) => [name, of()]));
const EVIL = hostileDrill();

describe('the end of a drill', () => {
  for (const [name, run] of Object.entries(RUNS)) {
    for (const columns of [40, 80, 120]) {
      it(`shows ${name} at ${columns} columns`, async () => {
        await expect(`${end(run, columns).join('\n')}\n`).toMatchFileSnapshot(
          `golden/end-${name}-${columns}.txt`,
        );
      });
    }
  }

  it('says the same in colour', () => {
    const coloured = end(noFailover(), 120, true).join('\n');
    expect(stripVTControlCharacters(coloured)).toBe(end(noFailover(), 120).join('\n'));
    expect(coloured).toContain('\u001b[31mrestored');
  });

  it('never takes more than twenty lines, and only the path of the report may be wider than the terminal', () => {
    for (const run of [...Object.values(RUNS), EVIL]) {
      for (let columns = 34; columns <= 200; columns += 3) {
        const lines = end(run, columns);
        expect(lines.length).toBeLessThanOrEqual(MOST_END_LINES);
        expect(lines.at(-1)).toMatch(/^report {2}runs\//);
        if (run === EVIL) continue;
        for (const line of lines.slice(0, -1)) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }
    }
  });
});

const MOMENTS = {
  baseline: 10_000,
  detecting: 18_000,
  detected: 19_100,
  scaling: 20_100,
  served: 30_000,
  'catching-up': 41_000,
  over: 62_000,
};

describe('the live view of a drill', () => {
  for (const [name, atMs] of Object.entries(MOMENTS)) {
    for (const columns of [40, 80, 120]) {
      it(`shows ${name} at ${columns} columns`, async () => {
        const lines = renderLive(stateAt(regionLoss(), atMs), columns, false);
        await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/live-drill-${name}-${columns}.txt`);
      });
    }
  }

  it('fits ten lines and its columns at every moment of every drill', () => {
    for (const measurement of [...Object.values(RUNS), EVIL]) {
      for (let atMs = -1_000; atMs <= 64_500; atMs += 3_300) {
        const state = stateAt(measurement, atMs);
        for (const columns of [20, 40, 63, 64, 80, 150]) {
          const lines = renderLive(state, columns, false);
          expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        }
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
        expect(renderPlain(state)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    }
  });

  it('calls a fault that is to cause no outage just that', () => {
    expect(renderLive(stateAt(withoutBite(), 20_000), 100, false).join('\n')).toContain(
      'the fault is in place',
    );
  });

  it('speaks of no detection while a fault is in place that takes nothing away yet', () => {
    const text = renderLive(stateAt(replicationStall(), 12_000), 100, false).join('\n');
    expect(text).toContain('the fault is in place');
    expect(text).not.toContain('detect');
  });

  it('does not call a region down again that it called unhealthy', () => {
    let written = '';
    const stream: ViewStream = { write: (text) => (written += text), on: () => {}, off: () => {} };
    const { run, plan } = regionLoss();
    const view = new LiveView(beginLive(run, plan, { lateLimitMs: 10, nowMs: 0 }), stream, {});
    const sick = {
      t: 1,
      kind: 'region.health',
      observed: true,
      region: 'seoul',
      healthy: false,
      cause: 'refused',
    } as const;
    view.event(sick);
    view.event(sick);
    expect(written).toBe('health checks call Seoul unhealthy: refused\n');
  });

  it('keeps saying that it detects while health checks lie', () => {
    expect(renderLive(stateAt(noFailover(), 38_000), 100, false).join('\n')).toContain(
      'detecting: health checks still pass',
    );
  });

  it('says in plain lines what it says on a terminal', async () => {
    const lines = Object.values(MOMENTS).map((atMs) => renderPlain(stateAt(regionLoss(), atMs)));
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/plain-drill.txt');
  });

  it('writes every moment for good, on the run’s clock, and each once', async () => {
    const measurement = regionLoss();
    let written = '';
    const stream: ViewStream = { write: (text) => (written += text), on: () => {}, off: () => {} };
    const { run, plan, zeroMs } = measurement;
    const view = new LiveView(beginLive(run, plan, { lateLimitMs: 10, nowMs: zeroMs - 2_000 }), stream, {});
    const events = [...measurement.events];
    view.start();
    for (let ms = -1_900; ms <= 64_000; ms += 100) {
      while (events[0] !== undefined && events[0].t <= zeroMs + ms) view.event(events.shift()!);
      view.update(tickAt(measurement, ms));
    }
    view.stop();
    await expect(written).toMatchFileSnapshot('golden/plain-drill-whole.txt');
    expect(written.match(/health checks call Seoul unhealthy/g)).toHaveLength(1);
    expect(written).not.toContain('is down');
  });
});
