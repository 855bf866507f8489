import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureFolder } from '../../harness/renderings.ts';
import { requirePart } from '../require.ts';
import { eventsOf, load, Place, read, report, start, type WholeRun } from './whole-run.ts';

describe.runIf(requirePart('k6'))('npm run report', () => {
  const place = new Place();
  let run: WholeRun;
  let copies = 0;
  beforeAll(async () => {
    place.configure(`{ profiles: { smoke: { stages: [['3s', 100, 'hold']],
      claims: { errors: '< 1%', 'latency.p95': '< 900ms', 'errors@2s': '< 1%' } } } }`);
    run = await load(place, ['--profile', 'smoke']);
  });
  afterAll(() => place.remove());

  /** A run's folder, moved to where it was not made, and its renderings deleted. */
  function moved(): string {
    copies += 1;
    const copy = join(place.folder, `elsewhere-${copies}`, 'renamed');
    cpSync(run.folder, copy, { recursive: true });
    for (const name of ['verdict.json', 'report.html', 'junit.xml', 'summary.md']) rmSync(join(copy, name));
    return copy;
  }

  it('of a copied folder reproduces verdict.json byte for byte', async () => {
    expect(run.verdict?.verdict).toBe('PASS');
    const copy = moved();
    const { code, stdout } = await report(place, ['--run', copy]);
    expect(code).toBe(0);
    expect(read(join(copy, 'verdict.json'))).toBe(read(join(run.folder, 'verdict.json')));
    expect(stdout).toContain('PASS  every claim held');
    const first = readdirSync(copy).sort();
    const pages = ['report.html', 'junit.xml', 'summary.md'].map((name) => read(join(copy, name)));
    expect(first).toEqual(readdirSync(run.folder).sort());
    await report(place, ['--run', copy]);
    expect(['report.html', 'junit.xml', 'summary.md'].map((name) => read(join(copy, name)))).toEqual(pages);
  });

  it('links to Grafana where GRAFANA_URL says where it is, and changes nothing else', async () => {
    const [plain, linked] = [moved(), moved()];
    const options = { script: 'report', env: { GRAFANA_URL: 'http://me:hunter2@grafana:3000/' } } as const;
    await start(place, ['--run', linked], options).finished;
    await start(place, ['--run', plain], { ...options, env: { GRAFANA_URL: '' } }).finished;
    const page = read(join(linked, 'report.html'));
    const link = /<div><dt>Grafana<.*href="http:\/\/grafana:3000\/d\/stormproof-load\?.*\n/.exec(page)!;
    expect(page.replace(link[0], '') === read(join(plain, 'report.html'))).toBe(true);
    expect(page).not.toContain('hunter2');
    for (const folder of [plain, linked])
      expect(read(join(folder, 'verdict.json'))).toBe(read(join(run.folder, 'verdict.json')));
    await report(place, ['--run', linked]);
    expect(read(join(linked, 'report.html')) === read(join(plain, 'report.html'))).toBe(true);
  });

  it('derives the seconds that were written live', async () => {
    const live = eventsOf(run.folder).flatMap((event) => (event.kind === 'second' ? [event.second] : []));
    expect(live.length).toBeGreaterThanOrEqual(3);
    expect((await measureFolder(run.folder)).seconds).toEqual(live);
  });

  it('of evidence with a piece cut out of its middle is INCONCLUSIVE, and says what is missing', async () => {
    const copy = moved();
    const file = join(copy, 'evidence.csv');
    const bytes = readFileSync(file);
    const half = Math.floor(bytes.length / 2);
    writeFileSync(file, Buffer.concat([bytes.subarray(0, half), bytes.subarray(half + 1000)]));
    const { code, stdout } = await report(place, ['--run', copy]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/evidence {2}.*arrivals without a line \(unknown\)/);
    const { orders } = JSON.parse(read(join(copy, 'verdict.json'))) as NonNullable<WholeRun['verdict']>;
    expect(orders).toMatchObject({ planned: 300, started: 300, dropped: 0 });
    expect(orders.unknown).toBeGreaterThan(10);
    expect(orders.acknowledged + orders.unknown).toBe(300);
  });

  it('of a folder that lacks its plan, or is no run, says so in a line', async () => {
    const copy = moved();
    rmSync(join(copy, 'plan.json'));
    const lacking = await report(place, ['--run', copy]);
    expect([lacking.code, lacking.stderr]).toEqual([
      2,
      expect.stringMatching(/^E_RUN_DAMAGED: .*plan\.json cannot be read \(ENOENT\)\..*\n$/),
    ]);
    const none = await report(place, ['--run', place.folder]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/^--run {3}E_RUN_NOT_FOUND: /)]);
  });

  it('of a folder whose plan, record or events were changed says where in a line, and overwrites nothing', async () => {
    const changes: [string, (text: string) => string, RegExp][] = [
      [
        'plan.json',
        (text) => text.replace('"durationMs": 3000', '"durationMs": 3e300'),
        /durationMs = 3e\+300/,
      ],
      ['run.json', (text) => text.replace('"timeScale": 1', '"timeScale": "1"'), /timeScale = "1"/],
      ['events.jsonl', (text) => `${text}{"t":1,"kind":"signal","observed":true}\n`, /signal = nothing/],
    ];
    for (const [name, change, message] of changes) {
      const copy = join(place.folder, `changed-${name}`);
      cpSync(run.folder, copy, { recursive: true });
      writeFileSync(join(copy, name), change(read(join(copy, name))));
      const { code, stdout, stderr } = await report(place, ['--run', copy]);
      expect([name, code, stdout]).toEqual([name, 2, '']);
      expect(stderr).toMatch(/^E_RUN_DAMAGED: .*\n$/);
      expect(stderr).toContain(join(copy, name));
      expect(stderr).toMatch(message);
      for (const kept of ['verdict.json', 'report.html'])
        expect(read(join(copy, kept))).toBe(read(join(run.folder, kept)));
    }
  });

  it('without evidence or events is INCONCLUSIVE, not a crash', async () => {
    for (const missing of ['evidence.csv', 'events.jsonl']) {
      const copy = moved();
      rmSync(join(copy, missing));
      const { code, stdout, stderr } = await report(place, ['--run', copy]);
      expect([missing, code, stderr]).toEqual([missing, 3, '']);
      expect(stdout).toContain('INCONCLUSIVE  ');
    }
  });

  it('compares two runs, lists all and prunes the old', async () => {
    const old = join(place.runs, '20200101T000000Z-load-smoke-0000');
    cpSync(run.folder, old, { recursive: true });
    const compared = await report(place, ['--compare', '20200101T000000Z-load-smoke-0000']);
    expect(compared.code).toBe(0);
    expect(compared.stdout).toMatch(/side by side {2}runs\/.*\.html/);
    expect(readdirSync(run.folder).filter((name) => name.startsWith('compare-'))).toHaveLength(1);

    // A run that was killed before it wrote anything is a run too.
    mkdirSync(join(place.runs, '20200101T000001Z-load-smoke-0001'));
    const listed = await report(place, ['--list']);
    expect(listed.code).toBe(0);
    for (const name of readdirSync(place.runs)) {
      if (name !== 'latest') expect(listed.stdout).toContain(name);
    }

    const asked = await report(place, ['--prune', '--keep', '1']);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('E_NOBODY_TO_ASK')]);
    expect(existsSync(old)).toBe(true);
    const pruned = await report(place, ['--prune', '--yes', '--keep', '1']);
    expect([pruned.code, pruned.stdout]).toEqual([0, expect.stringMatching(/deleted 2 runs, /)]);
    expect(place.runFolders()).toEqual([run.folder]);
    expect(existsSync(join(place.runs, 'latest'))).toBe(true);
  });
});
