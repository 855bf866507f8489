/** The life of a load run: from a profile's name to a verdict with its evidence. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningEngine } from '../engines/engine.ts';
import { bundleScenario, describeScenario } from '../engines/k6/bundle.ts';
import { startK6 } from '../engines/k6/engine.ts';
import { findK6 } from '../engines/k6/find.ts';
import { latenessLimitMs } from '../measure/generator.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { Plan } from '../measure/plan.ts';
import type { RunRecord } from '../measure/run.ts';
import { beginLive } from '../reports/terminal/state.ts';
import { LiveView } from '../reports/terminal/view.ts';
import { startTestbed, type Testbed } from '../testbed/testbed.ts';
import { type Config, loadConfig, resolveHeaders } from './config.ts';
import { EventLog } from './event-log.ts';
import { LiveTimeline } from './live.ts';
import { type Machine, readMachine } from './machine.ts';
import { buildPlan } from './plan.ts';
import { checkRoom } from './preflight.ts';
import { measureFolder, writeRenderings } from './renderings.ts';
import { type ResolvedProfile, resolveProfile } from './resolved-profile.ts';
import { createRunFolder, newRunName, writeWhole } from './run-folder.ts';
import { describeRun } from './run-record.ts';
import { sampleGenerator } from './sampler.ts';
import { scenarioFile } from './scenarios.ts';
import { onStopSignals } from './signals.ts';
import { Tail } from './tail.ts';
import { checkTarget } from './targets.ts';

/** The view draws five times a second at most; twice as many looks keep it smooth. */
const REDRAW_MS = 100;

export interface LoadRequest {
  config: string | undefined;
  profile: string;
  rate: number | undefined;
  target: string | undefined;
  runsDir: string;
  timeScale: number;
  seed: number;
  /** What the person typed, for the report: it runs the same again. */
  command: string;
}

export interface FinishedRun {
  folder: string;
  measurement: Measurement;
  /** What went wrong beside the measurement, as sentences: files that could not be written. */
  troubles: string[];
}

interface Prepared {
  config: Config;
  headers: Record<string, string>;
  k6: { path: string; version: string };
  machine: Machine;
  profile: ResolvedProfile;
  plan: Plan;
  file: string;
  target: string | null;
}

/** Everything that can be wrong is found here, before anything is started or written. */
async function prepare(request: LoadRequest): Promise<Prepared> {
  const config = await loadConfig(request.config);
  const target =
    request.target === undefined ? null : checkTarget(request.target, config.targets, config.file);
  const headers = resolveHeaders(config);
  const k6 = await findK6();
  const named = resolveProfile(config, request.profile, request);
  const file = scenarioFile(named.scenario);
  const scenario = await describeScenario(file);
  const operations = Object.keys(scenario.operations);
  const profile = resolveProfile(config, request.profile, { ...request, operations });
  const machine = await readMachine();
  const facts = { ...scenario, operations: withSuccess(scenario.operations, config.service.success) };
  const plan = buildPlan(profile, facts, machine.memoryBytes);
  await checkRoom(plan, machine, request.runsDir);
  return { config, headers, k6, machine, profile, plan, file, target };
}

/** The status that acknowledges an order is the service's to say. */
function withSuccess(operations: Plan['operations'], success: number): Plan['operations'] {
  return 'order' in operations ? { ...operations, order: { success } } : operations;
}

/**
 * Runs a load and judges it.
 * @throws Problem or Problems for what a person can mend, before anything was sent
 */
export async function runLoad(request: LoadRequest): Promise<FinishedRun> {
  const prepared = await prepare(request);
  const { config, profile, plan } = prepared;
  const testbed = prepared.target === null ? await startTestbed({ seed: request.seed }) : null;
  const target = prepared.target ?? testbed!.url;
  const name = newRunName('load', profile.name, new Date());
  try {
    const folder = createRunFolder(request.runsDir, name);
    const run = describeRun({ ...prepared, request, name, target, testbed: testbed !== null });
    writeWhole(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
    writeWhole(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
    const script = join(folder, 'scenario.js');
    const settings = { run: name, seed: request.seed, profile, service: config.service };
    writeFileSync(script, await bundleScenario({ scenarioFile: prepared.file, plan, settings }));
    const job = { folder, plan, target, headers: prepared.headers };
    const engine = await startK6(prepared.k6.path, script, job, config.service.http);
    const troubles = await follow(folder, run, plan, engine, testbed);
    return await conclude(folder, troubles);
  } finally {
    await testbed?.stop();
  }
}

/** From the generator's first packet to its end. @returns what could not be written */
async function follow(
  folder: string,
  run: RunRecord,
  plan: Plan,
  engine: RunningEngine,
  testbed: Testbed | null,
): Promise<string[]> {
  const log = new EventLog(join(folder, 'events.jsonl'));
  const live = new LiveTimeline(plan, (event) => log.write(event));
  const view = new LiveView(
    beginLive(run, plan, { lateLimitMs: latenessLimitMs(run.claims), nowMs: Date.now() }),
  );
  log.listen((event) => view.event(event));
  const { profile, target } = run;
  log.write({
    t: Date.now(),
    kind: 'run.started',
    observed: true,
    run: run.run,
    profile,
    target: target.url,
    scenario: plan.scenario,
  });
  testbed?.onExit(({ region, cause }) =>
    log.write({ t: Date.now(), kind: 'region.health', observed: true, region, healthy: false, cause }),
  );
  const tail = new Tail(join(folder, 'evidence.csv'), (chunk) => live.push(chunk));
  const stopSampling = sampleGenerator(engine.pid, run.machine.allowedCpus, (sample) => log.write(sample));
  let stopped = false;
  const forget = onStopSignals((signal) => {
    if (!stopped) log.write({ t: Date.now(), kind: 'signal', observed: true, signal });
    stopped = true;
    engine.stop();
  });
  view.start();
  tail.start();
  const redraw = setInterval(() => view.update(live.tick(Date.now())), REDRAW_MS);
  try {
    const exit = await engine.exited;
    await tail.finish();
    log.write({
      t: exit.atMs,
      kind: 'generator.exited',
      observed: true,
      code: exit.code,
      signal: exit.signal,
      complete: exit.complete,
      cause: exit.cause,
    });
    live.finish(
      exit.complete && !stopped,
      log.observed.find((event) => event.kind === 'signal')?.t ?? exit.atMs,
    );
    return log.trouble === '' ? [] : [log.trouble];
  } finally {
    clearInterval(redraw);
    stopSampling();
    forget();
    view.stop();
    log.close();
  }
}

/** Measures what is on disk, and nothing else: what `npm run report` will say later is what is said now. */
async function conclude(folder: string, troubles: string[]): Promise<FinishedRun> {
  const measurement = await measureFolder(folder);
  const log = new EventLog(join(folder, 'events.jsonl'));
  for (const event of measurement.events) if (event.kind === 'claim.judged') log.write(event);
  log.write({ t: Date.now(), kind: 'run.finished', observed: true, verdict: measurement.verdict.verdict });
  log.close();
  return { folder, measurement, troubles: [...troubles, ...writeRenderings(folder, measurement)] };
}
