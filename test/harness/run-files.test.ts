import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measureFolder } from '../../harness/renderings.ts';
import { checkPlan } from '../../harness/run-files.ts';
import { readRuns } from '../../harness/runs.ts';
import { evidenceOf, hold, planOf, play, population, ZERO_MS } from '../measure/simulation.ts';
import { passed } from '../reports/fixture.ts';

const PLAN = planOf([population('s', 20, [hold(3000, 20)])]);
const RUN = { ...passed().run, run: '20261121T001503Z-load-quick-7f3a' };
const T = Math.round(ZERO_MS);
const EXITED = {
  t: T + 3000,
  kind: 'generator.exited',
  observed: true,
  code: 0,
  signal: null,
  complete: true,
  cause: '',
};
const SAMPLE = {
  t: T + 1000,
  kind: 'generator.sample',
  observed: true,
  cpu: 0.1,
  machine: 0.2,
  rssBytes: 1e8,
  loopDelayMs: 3,
};

interface Written {
  run?: object;
  plan?: object;
  events?: object[];
}

/** A run's folder with its evidence, as a run leaves it but for what is given. */
function written({ run = RUN, plan = PLAN, events = [SAMPLE, EXITED] }: Written = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-'));
  writeFileSync(join(folder, 'run.json'), JSON.stringify(run));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(folder, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  writeFileSync(join(folder, 'evidence.csv'), evidenceOf(play(PLAN, 1)));
  return folder;
}

/** A copy with one value changed; undefined takes it away. */
function changed<T extends object>(whole: T, path: string, value: unknown): T {
  const copy = structuredClone(whole) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop()!;
  let at = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return copy as T;
}

function createRun(runs: string, files: Record<string, string>): string {
  const name = '20261121T001503Z-load-quick-7f3a';
  mkdirSync(join(runs, name));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(runs, name, file), content);
  return name;
}

const stages = (changes: object) => [{ ...hold(3000, 20), ...changes }];

describe("a run's files", () => {
  it('are read as a run leaves them', async () => {
    const { verdict, plan, run } = await measureFolder(written());
    expect([verdict.orders.planned, verdict.orders.acknowledged]).toEqual([60, 60]);
    expect([plan, run]).toEqual([PLAN, RUN]);
    expect([JSON.stringify(plan), JSON.stringify(run)]).toEqual([JSON.stringify(PLAN), JSON.stringify(RUN)]);
  });

  it('of an earlier version lack what came later, and those of a later one say more', async () => {
    const more = { run: { ...RUN, later: 1 }, plan: { ...PLAN, later: { more: 2 } } };
    const events = [
      { ...EXITED, later: 3 },
      { t: T, kind: 'from.tomorrow', observed: true },
    ];
    const { verdict, events: kept } = await measureFolder(written({ ...more, events }));
    expect(verdict.orders.acknowledged).toBe(60);
    expect(kept.map(({ kind }) => kind)).not.toContain('from.tomorrow');
  });

  it.each([
    ['schema', 'stormproof.plan/2', /E_RUN_SCHEMA: .*plan\.json says schema "stormproof.plan\/2"/],
    ['operations', {}, /operations = \{\}\. Expected one operation at least/],
    ['operations.order.success', 7, /operations\.order\.success = 7\. Expected a whole number, 100 to 599/],
    ['populations', [], /populations = \[\]\. Expected one population at least/],
    ['populations', undefined, /populations = nothing\. Expected a list/],
    ['populations.0.letter', 'xyz', /populations\[0\]\.letter = "xyz"\. Expected "s" or "f"/],
    ['populations.0.startRatePerSecond', 1e300, /startRatePerSecond = 1e\+300\. Expected a whole number/],
    ['populations.0.stages', [], /stages = \[\]\. Expected one stage at least/],
    ['populations.0.stages', stages({ durationMs: -1 }), /stages\[0\]\.durationMs = -1\. Expected a number/],
    ['populations.0.stages', stages({ durationMs: null }), /stages\[0\]\.durationMs = null/],
    ['populations.0.stages', stages({ durationMs: 1e15 }), /durationMs = 1000000000000000\. Expected/],
    ['populations.0.stages', stages({ targetPerSecond: '20' }), /targetPerSecond = "20"/],
    ['populations.0.stages', stages({ targetPerSecond: 0.5 }), /targetPerSecond = 0\.5/],
    ['populations.0.stages', Array(3).fill(hold(86_400_000, 1)), /Expected stages of 2 days together/],
    ['populations.0.stages', [hold(86_400_000, 1e6)], /Expected stages of 1,000,000,000 arrivals/],
    ['iterationMaxMs', 0, /iterationMaxMs = 0\. Expected a number, 1 to/],
    ['linesPerArrival', 1e9, /linesPerArrival = 1000000000/],
    ['window.toMs', -5, /window\.toMs = -5/],
    ['window', { fromMs: 2000, toMs: 1000 }, /Expected an end that is not before its beginning/],
  ])('name what is wrong in plan.json: %s = %j', async (path, value, message) => {
    const folder = written({ plan: changed(PLAN, path, value) });
    await expect(measureFolder(folder)).rejects.toThrow(message);
  });

  it.each([
    ['schema', undefined, /E_RUN_SCHEMA: .*run\.json says schema nothing\. Expected stormproof\.run\/1/],
    ['run', '../../elsewhere', /run\.json says run = "\.\.\/\.\.\/elsewhere"\. Expected the name of a run/],
    ['claims', null, /claims = null\. Expected a list/],
    ['claims.0.claimed', null, /claims\[0\]\.claimed = null\. Expected a number/],
    ['claims.0.op', '=', /claims\[0\]\.op = "="\. Expected "<" or "<=" or ">" or ">="/],
    ['machine', 'big', /machine = "big"\. Expected an object/],
    ['machine.allowedCpus', -1, /machine\.allowedCpus = -1/],
    ['startedAt', 'yesterday', /startedAt = "yesterday"\. Expected a time/],
    ['stagesAsDeclared', 3, /stagesAsDeclared = 3\. Expected a list/],
    ['service.headers', { a: 1 }, /service\.headers\.a = 1\. Expected text/],
    ['heapLimitBytes', -1, /heapLimitBytes = -1\. Expected a whole number/],
    ['git', 'main', /git = "main"\. Expected an object/],
    ['notes', ['x'.repeat(200_000)], /notes\[0\] = "x{1,60}\.\.\.\. Expected a shorter text/],
  ])('name what is wrong in run.json: %s', async (path, value, message) => {
    const folder = written({ run: changed(RUN, path, value) });
    await expect(measureFolder(folder)).rejects.toThrow(message);
  });

  it.each([
    [{ t: T, kind: 'signal', observed: true }, /events\.jsonl:1 says signal = nothing\. Expected text/],
    [{ t: T, kind: 'signal', observed: true, signal: '' }, /signal = ""\. Expected a name/],
    [{ t: null, kind: 'signal', observed: true, signal: 'SIGINT' }, /says t = null\. Expected a number/],
    [{ ...SAMPLE, t: 1e300 }, /says t = 1e\+300/],
    [{ ...SAMPLE, cpu: 'much' }, /says cpu = "much"/],
    [{ ...EXITED, complete: 'yes' }, /says complete = "yes"\. Expected true or false/],
    [{ ...EXITED, evidenceBytes: -1 }, /says evidenceBytes = -1/],
    [{ ...EXITED, observed: false }, /says observed = false\. Expected true/],
  ])('name what is wrong in events.jsonl: %j', async (event, message) => {
    await expect(measureFolder(written({ events: [event] }))).rejects.toThrow(message);
  });

  it('that are damaged leave the list of runs whole', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stormproof-'));
    const name = createRun(folder, { 'run.json': '{"startedAt":5}', 'verdict.json': '{"verdict":"GREAT"}' });
    expect(readRuns(folder)).toMatchObject([{ run: name, startedAt: null, profile: '', verdict: null }]);
  });

  it.each([
    [
      '∞ where too many arrivals were not served',
      { measured: null, low: null, high: null, verdict: 'FAIL' },
      'infinite',
    ],
    [
      '∞ where only its lower end is known',
      { measured: null, low: 7, high: null, verdict: 'INCONCLUSIVE' },
      'infinite',
    ],
    [
      'nothing where it was not measured',
      { measured: null, low: null, high: null, verdict: 'INCONCLUSIVE' },
      'none',
    ],
    ['the value', { measured: 5, low: 4, high: null, verdict: 'INCONCLUSIVE' }, 'measured'],
  ])('give the list a P95: %s', (_, answer, kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'stormproof-'));
    const verdict = { verdict: answer.verdict, claims: [{ id: 'latency.p95', ...answer }] };
    createRun(folder, { 'verdict.json': JSON.stringify(verdict) });
    expect(readRuns(folder)[0]!.p95.kind).toBe(kind);
  });

  it('of a plan that could not be measured are never begun', () => {
    const plan = planOf([population('s', 20, [hold(3 * 86_400_000, 20)])]);
    expect(() => checkPlan(plan)).toThrow(
      /^E_PLAN_TOO_LARGE: populations\[0\]\.stages\[0\]\.durationMs of the plan cannot be measured\..*Lower --time-scale/,
    );
    expect(() => checkPlan(PLAN)).not.toThrow();
  });
});
