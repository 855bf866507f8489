import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../harness/event-log.ts';
import { readObservedEvents } from '../../harness/run-files.ts';
import {
  createRunFolder,
  findRunFolder,
  listRunNames,
  newRunName,
  sizeOf,
  writeWhole,
} from '../../harness/run-folder.ts';

const temporary = (): string => mkdtempSync(join(tmpdir(), 'stormproof-'));

describe("a run's folder", () => {
  it('is named by its time, kind, profile and four random digits', () => {
    const name = newRunName('load', 'quick', new Date('2026-11-21T00:15:03.456Z'));
    expect(name).toMatch(/^20261121T001503Z-load-quick-[0-9a-f]{4}$/);
  });

  it('is what latest points at, the newest always', () => {
    const runs = temporary();
    for (const run of ['20261121T001503Z-load-quick-aaaa', '20261121T001504Z-load-quick-bbbb']) {
      createRunFolder(runs, run);
      writeFileSync(join(runs, run, 'run.json'), '{}');
    }
    expect(readlinkSync(join(runs, 'latest'))).toBe('20261121T001504Z-load-quick-bbbb');
    expect(listRunNames(runs)).toHaveLength(2);
    expect(findRunFolder(runs, undefined)).toBe(join(runs, '20261121T001504Z-load-quick-bbbb'));
    expect(findRunFolder(runs, '20261121T001503Z-load-quick-aaaa')).toMatch(/aaaa$/);
    expect(findRunFolder(runs, join(runs, '20261121T001503Z-load-quick-aaaa'))).toMatch(/aaaa$/);
    expect(() => findRunFolder(runs, 'nonsense')).toThrow(/E_RUN_NOT_FOUND: nonsense .*newest is .*bbbb/);
  });

  it('says what to do where there is no run and where none can be made', () => {
    expect(() => findRunFolder(temporary(), undefined)).toThrow(/Start with npm run load/);
    const file = join(temporary(), 'file');
    writeFileSync(file, '');
    expect(() => createRunFolder(file, 'x')).toThrow(/E_RUNS_DIR/);
  });

  it('holds a file whole or not at all', () => {
    const folder = temporary();
    writeWhole(join(folder, 'verdict.json'), 'old');
    writeWhole(join(folder, 'verdict.json'), 'new');
    expect(readFileSync(join(folder, 'verdict.json'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['verdict.json']);
    expect(() => writeWhole('/dev/full/verdict.json', 'x')).toThrow();
    expect(sizeOf(folder)).toBe(3);
  });
});

describe('the event log', () => {
  it('writes every event, tells the listeners, and keeps what was observed', () => {
    const file = join(temporary(), 'events.jsonl');
    const log = new EventLog(file);
    const heard: string[] = [];
    log.listen((event) => heard.push(event.kind));
    log.write({ t: 1, kind: 'signal', observed: true, signal: 'SIGINT' });
    log.write({ t: 2, kind: 'stage.entered', observed: false, stage: 0, targetPerSecond: 5, hold: false });
    log.close();
    expect(heard).toEqual(['signal', 'stage.entered']);
    expect(log.observed).toHaveLength(1);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
    expect(readObservedEvents(file)).toEqual([{ t: 1, kind: 'signal', observed: true, signal: 'SIGINT' }]);
  });

  it('reads past torn and foreign lines', () => {
    const file = join(temporary(), 'events.jsonl');
    const good = '{"t":1,"kind":"signal","observed":true,"signal":"SIGTERM"}';
    writeFileSync(
      file,
      `{"t":1,"kind":"sig\n${good}\nnull\n[]\n"x"\n{"kind":"from.tomorrow","observed":true}\n${good.slice(0, 20)}`,
    );
    expect(readObservedEvents(file)).toHaveLength(1);
    expect(readObservedEvents(join(temporary(), 'none'))).toEqual([]);
  });

  it('goes on when the disk is full, and says so', () => {
    const log = new EventLog('/dev/full');
    log.write({ t: 1, kind: 'signal', observed: true, signal: 'SIGINT' });
    expect(log.trouble).toBe('events.jsonl could not be written (ENOSPC)');
    expect(log.observed).toHaveLength(1);
  });
});
