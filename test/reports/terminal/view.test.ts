import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { wantsColour } from '../../../reports/terminal/paint.ts';
import { beginLive, type LiveState } from '../../../reports/terminal/state.ts';
import { canRedraw, LiveView, type ViewStream } from '../../../reports/terminal/view.ts';
import { failed, passed } from '../fixture.ts';
import { tickAt } from './states.ts';

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

/** A terminal in memory: it understands what the view writes, wraps lines, and keeps what is on its screen. */
class Screen extends EventEmitter implements ViewStream {
  isTTY = true;
  columns: number;
  rows = 24;
  written = '';
  #lines: string[] = [''];
  #row = 0;

  constructor(columns: number) {
    super();
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal reads control characters
    for (const [token] of text.matchAll(/\u001b\[[?\d;]*[A-Za-z]|\r|\n|[^\u001b\r\n]+/g)) this.#read(token);
  }

  get lines(): string[] {
    return this.#lines.slice(0, this.#lines.at(-1) === '' ? -1 : undefined);
  }

  #read(token: string): void {
    if (token === '\r') return;
    if (token === '\n') {
      this.#row += 1;
      this.#lines[this.#row] ??= '';
    } else if (/\[\d+A$/.test(token)) {
      this.#row -= Number(token.match(/\d+/)![0]);
      if (this.#row < 0) throw new Error('moved above the screen');
    } else if (token === '\u001b[K') {
      this.#lines[this.#row] = '';
    } else if (token === '\u001b[J') {
      this.#lines = [...this.#lines.slice(0, this.#row), ''];
    } else if (!token.startsWith('\u001b')) {
      this.#lines[this.#row] = token;
    }
  }
}

const begin = (measurement = passed()): LiveState =>
  beginLive(measurement.run, measurement.plan, { lateLimitMs: 10, nowMs: measurement.zeroMs - 2000 });

describe('where the view is drawn', () => {
  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{}, {}, false],
    [{ isTTY: true }, { CI: 'true' }, false],
    [{ isTTY: true }, { CI: 'false' }, true],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
  ])('redraws on %j with %j: %s', (stream, env, expected) => {
    expect(canRedraw(stream, env)).toBe(expected);
  });

  it('has no colour where NO_COLOR says so', () => {
    expect(wantsColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: '' })).toBe(true);
    expect(wantsColour({ isTTY: false }, {})).toBe(false);
  });
});

describe('on a terminal', () => {
  it('redraws in place and leaves its title behind', () => {
    const measurement = passed();
    const screen = new Screen(80);
    screen.write('$ npm run load\n');
    const view = new LiveView(begin(measurement), screen, { NO_COLOR: '1' });
    view.start();
    for (let ms = -1900; ms <= 30_500; ms += 100) {
      view.update(tickAt(measurement, ms));
      expect(screen.lines.length).toBeLessThanOrEqual(11);
    }
    expect(screen.lines.slice(0, 2)).toEqual([
      '$ npm run load',
      'stormproof load · quick · http://127.0.0.1:8080',
    ]);
    expect(screen.lines.at(-1)).toContain('waiting for the last answers');
    view.stop();
    expect(screen.lines).toEqual(['$ npm run load', 'stormproof load · quick · http://127.0.0.1:8080']);
    expect(screen.listenerCount('resize')).toBe(0);
  });

  it('draws about five times a second of the run', () => {
    const measurement = passed();
    const screen = new Screen(80);
    const view = new LiveView(begin(measurement), screen, {});
    view.start();
    const before = screen.written.split('\u001b[?7l').length;
    for (let ms = 1000; ms < 2000; ms += 10) view.update(tickAt(measurement, ms));
    expect(screen.written.split('\u001b[?7l').length - before).toBe(5);
    view.stop();
  });

  it('hides the cursor while it runs and shows it again', () => {
    const screen = new Screen(80);
    const view = new LiveView(begin(), screen, {});
    view.start();
    expect(screen.written.startsWith(HIDE)).toBe(true);
    view.stop();
    view.stop();
    expect(screen.written.endsWith(SHOW)).toBe(true);
    expect(screen.written.split(SHOW)).toHaveLength(2);
  });

  it('draws anew when the terminal becomes narrower, over all the lines that this broke', () => {
    const measurement = passed();
    const screen = new Screen(100);
    const view = new LiveView(begin(measurement), screen, { NO_COLOR: '1' });
    view.start();
    view.update(tickAt(measurement, 9000));
    screen.columns = 50;
    screen.rows = 40;
    screen.written = '';
    // Every line above 50 cells now takes two rows.
    const broken = screen.lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 50)), 0);
    const inMemory = () => screen.emit('resize');
    expect(inMemory).toThrow('moved above the screen');
    expect(screen.written).toContain(`\u001b[${broken}A`);
  });

  it('says a sentence above itself', () => {
    const screen = new Screen(80);
    const view = new LiveView(begin(), screen, { NO_COLOR: '1' });
    view.start();
    view.say('InfluxDB is away');
    expect(screen.lines.slice(0, 2)).toEqual([
      'InfluxDB is away',
      'stormproof load · quick · http://127.0.0.1:8080',
    ]);
    view.stop();
  });

  it('says it for good when a region is down', () => {
    const screen = new Screen(80);
    const view = new LiveView(begin(), screen, { NO_COLOR: '1' });
    view.start();
    view.event({
      t: 0,
      kind: 'region.health',
      observed: true,
      region: 'seoul',
      healthy: false,
      cause: 'killed by SIGKILL',
    });
    view.stop();
    expect(screen.lines[0]).toBe('region seoul is down: killed by SIGKILL');
  });

  it('shows a signal at once', () => {
    const screen = new Screen(80);
    const view = new LiveView(begin(), screen, { NO_COLOR: '1' });
    view.start();
    view.event({ t: 0, kind: 'signal', observed: true, signal: 'SIGTERM' });
    expect(screen.lines.at(-1)).toContain('SIGTERM: stopping');
    view.stop();
  });

  it('shows the cursor again when the process dies of an exception', () => {
    const script = `
      import { LiveView } from './reports/terminal/view.ts';
      import { beginLive } from './reports/terminal/state.ts';
      import { passed } from './test/reports/fixture.ts';
      const { run, plan, zeroMs } = passed();
      process.stdout.isTTY = true;
      new LiveView(beginLive(run, plan, { lateLimitMs: 10, nowMs: zeroMs }), process.stdout, {}).start();
      throw new Error('planted');`;
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
      },
    );
    expect(status).toBe(1);
    expect(stdout).toContain(HIDE);
    expect(stdout.endsWith(SHOW)).toBe(true);
  });
});

describe('without a terminal', () => {
  it('writes a plain line every five seconds of the run', () => {
    const measurement = failed();
    let written = '';
    const stream: ViewStream = { write: (text) => (written += text), on: () => {}, off: () => {} };
    const view = new LiveView(begin(measurement), stream, {});
    view.start();
    for (let ms = -1900; ms <= 30_000; ms += 100) view.update(tickAt(measurement, ms));
    view.stop();
    const lines = written.trimEnd().split('\n');
    expect(lines[0]).toBe(
      'stormproof load · quick · http://127.0.0.1:8080 · 20261121T001503Z-load-quick-7f3a',
    );
    expect(lines.slice(2).map((line) => line.slice(0, 5))).toEqual([
      '00:03',
      '00:08',
      '00:13',
      '00:18',
      '00:23',
      '00:28',
    ]);
    expect(written).not.toContain('\u001b');
  });
});
