import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthOf, MOST_LINES, renderLive } from '../../../reports/terminal/live.ts';
import { renderPlain, renderPlainHeader } from '../../../reports/terminal/plain.ts';
import { foldEvent, foldTick, type LiveState } from '../../../reports/terminal/state.ts';
import { displayWidth } from '../../../reports/terminal/width.ts';
import { failed, lateGenerator, passed } from '../fixture.ts';
import { anyState, stateAt, tickAt } from './states.ts';

const MOMENTS = {
  'setting-up': stateAt(passed(), -600),
  'first-second': stateAt(passed(), 400),
  plateau: stateAt(passed(), 17_300),
  stall: stateAt(failed(), 14_200),
  errors: stateAt(failed(), 22_900),
  late: stateAt(lateGenerator(), 15_500),
  'last-answers': stateAt(passed(), 30_800),
};

describe('the live view', () => {
  for (const [name, state] of Object.entries(MOMENTS)) {
    for (const columns of [40, 80, 120]) {
      it(`shows ${name} at ${columns} columns`, async () => {
        const text = renderLive(state, columns, false).join('\n');
        await expect(`${text}\n`).toMatchFileSnapshot(`golden/live-${name}-${columns}.txt`);
      });
    }
  }

  it('says the same in colour', async () => {
    const coloured = renderLive(MOMENTS.stall, 80, true).join('\n');
    expect(stripVTControlCharacters(coloured)).toBe(renderLive(MOMENTS.stall, 80, false).join('\n'));
    await expect(`${coloured}\n`).toMatchFileSnapshot('golden/live-stall-80-colour.txt');
  });

  it('is never wider than the terminal nor higher than ten lines, whatever the state', () => {
    fc.assert(
      fc.property(anyState, fc.integer({ min: 1, max: 220 }), fc.boolean(), (state, columns, colour) => {
        const lines = renderLive(state, columns, colour);
        expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
        for (const line of lines) {
          expect(displayWidth(line)).toBeLessThanOrEqual(columns);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: nothing from outside may move the cursor
          expect(stripVTControlCharacters(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
      { numRuns: 400, seed: 20261121 },
    );
  });

  it('says that clients are set up rather than showing zeros', () => {
    const text = renderLive(MOMENTS['setting-up'], 80, false).join('\n');
    expect(text).toContain('starting 4,000 clients, 1 s so far');
    expect(text).not.toContain('planned');
  });

  it('keeps everything but the trend where errors need a line at 40 columns', () => {
    const text = renderLive(MOMENTS.errors, 40, false).join('\n');
    for (const word of ['dropped', 'unknown', 'p99', '503', 'generator', 'ctrl-c'])
      expect(text).toContain(word);
  });

  it('calls the generator late when its sends are later than the limit', () => {
    expect(healthOf(MOMENTS.late)).toEqual({ kind: 'doubtful', sentence: 'late (limit 10 ms)' });
    const dropping = { ...MOMENTS.late.recent!, dropped: 7 };
    expect(healthOf({ ...MOMENTS.late, lateLimitMs: null, recent: dropping })).toMatchObject({
      sentence: 'no CPU left for what was dropped',
    });
    expect(healthOf(MOMENTS.plateau)).toEqual({ kind: 'ok' });
  });

  it('calls a generator neither well nor late where nothing claimed says how late it may be', () => {
    const state = { ...MOMENTS.late, lateLimitMs: null };
    expect(healthOf(state)).toEqual({ kind: 'unlimited' });
    const row = (columns: number) => renderLive(state, columns, false).find((line) => /generator/.test(line));
    expect(row(100)).toContain('late p99 40 ms   no limit: no latency claim');
    expect(row(80)).toContain('no limit: no latency claim');
    expect(row(40)).toContain('late 40 ms  no limit');
    expect(renderPlain(state)).toMatch(/generator \(cpu 97 %, late p99 40 ms, no limit: no latency claim\)$/);
    for (const columns of [40, 80, 100]) expect(row(columns)).not.toMatch(/\bok\b/);
  });

  it('counts errors of seconds that have not closed yet, and each of them once', () => {
    const errors = (state: LiveState) => renderLive(state, 80, false).find((line) => line.includes('errors'));
    expect(errors(MOMENTS.stall)).toContain('1,261 × timeout');
    const over = stateAt(failed(), 40_000);
    expect(errors(over)).toContain('1,303 × timeout');
    expect(errors(foldTick(over, tickAt(failed(), 40_000)))).toBe(errors(over));
  });

  it('says what ctrl-c did', () => {
    const stopped = foldEvent(MOMENTS.plateau, { t: 0, kind: 'signal', observed: true, signal: 'SIGINT' });
    expect(renderLive(stopped, 80, false).at(-1)).toContain('SIGINT: stopping');
  });
});

describe('plain lines', () => {
  it('say one line a moment, without escape codes', async () => {
    const lines = [renderPlainHeader(MOMENTS.plateau), ...Object.values(MOMENTS).map(renderPlain)];
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/plain.txt');
  });

  it('stay one line whatever the state', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        for (const line of [renderPlainHeader(state), renderPlain(state)]) {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
      { numRuns: 300, seed: 20261121 },
    );
  });
});
