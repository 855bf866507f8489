/** The life of a load run: from a profile's name to a verdict with its evidence. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningEngine } from '../engines/engine.ts';
import { heapLimitBytes } from '../engines/heap.ts';
import { bundleScenario, describeScenario } from '../engines/k6/bundle.ts';
import { startK6 } from '../engines/k6/engine.ts';
import { findK6 } from '../engines/k6/find.ts';
import { latenessLimitMs } from '../measure/generator.ts';
import type { Measurement } from '../measure/measurement.ts';
import { closingMs, type Plan, type Stage } from '../measure/plan.ts';
import { Problem } from '../measure/problem.ts';
import type { RunRecord } from '../measure/run.ts';
import { didYouMean } from '../measure/suggest.ts';
import { pageScript } from '../reports/html/bundle.ts';
import type { InfluxConnection } from '../reports/influx/client.ts';
import { placeOf, type Sent } from '../reports/influx/words.ts';
import { beginLive } from '../reports/terminal/state.ts';
import { LiveView } from '../reports/terminal/view.ts';
import { startTestbed, type Testbed } from '../testbed/testbed.ts';
import { type Config, loadConfig, resolveHeaders } from './config.ts';
import { dialTarget } from './dial.ts';
import { EventLog } from './event-log.ts';
import { resolveInflux } from './influx.ts';
import { InfluxSink } from './influx-sink.ts';
import { LiveTimeline } from './live.ts';
import { type Machine, readMachine } from './machine.ts';
import { buildPlan } from './plan.ts';
import { checkRoom } from './preflight.ts';
import { measureFolder, writeRenderings } from './renderings.ts';
import { type ResolvedProfile, resolveProfile } from './resolved-profile.ts';
import { checkPlan } from './run-files.ts';
import { checkRunsDir, createRunFolder, newRunName, writeOrExplain } from './run-folder.ts';
import { describeRun } from './run-record.ts';
import { sampleGenerator } from './sampler.ts';
import { scenarioFile } from './scenarios.ts';
import { onStopSignals, type StopSignals } from './signals.ts';
import { Tail } from './tail.ts';
import { checkTarget } from './targets.ts';

/** The view draws five times a second at most; twice as many looks keep it smooth. */
const REDRAW_MS = 100;
/** Setting up 4,000 clients takes seconds; a generator that takes this long will not begin. */
const LONGEST_SETUP_MS = 60_000;

export interface LoadRequest {
  config: string | undefined;
  profile: string;
  rate: number | undefined;
  target: string | undefined;
  /** As `resolveInflux` takes it. */
  influx: string | undefined;
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
  /** What became of the points; null where no database was asked for. */
  sent: Sent | null;
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
  influx: InfluxConnection | null;
}

/** Everything that can be wrong is found here, before anything is started or written. */
async function prepare(request: LoadRequest): Promise<Prepared> {
  const config = await loadConfig(request.config);
  const target =
    request.target === undefined ? null : checkTarget(request.target, config.targets, config.file);
  const headers = resolveHeaders(config);
  const influx = resolveInflux(request.influx, config);
  const k6 = await findK6();
  const named = resolveProfile(config, request.profile, request);
  const file = scenarioFile(named.scenario);
  const scenario = await describeScenario(file);
  const operations = Object.keys(scenario.operations);
  checkWeights(named, operations);
  const profile = resolveProfile(config, request.profile, { ...request, operations });
  const machine = await readMachine();
  checkRunsDir(request.runsDir);
  const facts = { ...scenario, operations: withSuccess(scenario.operations, config.service.success) };
  const plan = buildPlan(profile, facts, machine);
  checkPlan(plan);
  await checkRoom(plan, machine, request.runsDir);
  return { config, headers, k6, machine, profile, plan, file, target, influx };
}

/** A weight that names nothing would be a wish that is not heard. */
function checkWeights({ name, scenario, weights }: ResolvedProfile, operations: readonly string[]): void {
  const unknown = Object.keys(weights).filter((operation) => !operations.includes(operation));
  if (unknown.length === 0) return;
  const near = didYouMean(unknown[0]!, operations) || ` Expected one of ${operations.join(', ')}.`;
  throw new Problem(
    'E_WEIGHTS',
    `${scenario} has no operation ${JSON.stringify(unknown[0])}.${near}`,
    `profiles.${name}.weights`,
  );
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
  const signals = onStopSignals();
  try {
    const prepared = await prepare(request);
    const testbed = prepared.target === null ? await startTestbed({ seed: request.seed }) : null;
    try {
      return await runPrepared(request, prepared, testbed, signals);
    } finally {
      await testbed?.stop();
    }
  } finally {
    signals.forget();
  }
}

async function runPrepared(
  request: LoadRequest,
  prepared: Prepared,
  testbed: Testbed | null,
  signals: StopSignals,
): Promise<FinishedRun> {
  const { config, profile, plan } = prepared;
  const target = prepared.target ?? testbed!.url;
  const name = newRunName('load', profile.name, new Date());
  const folder = createRunFolder(request.runsDir, name);
  const limit = heapLimitBytes(plan, prepared.machine.availableMemoryBytes);
  const isTestbed = testbed !== null;
  const run = describeRun({ ...prepared, request, name, target, testbed: isTestbed, heapLimitBytes: limit });
  writeJson(folder, 'run.json', run);
  writeJson(folder, 'plan.json', plan);
  const script = join(folder, 'scenario.js');
  const settings = { run: name, seed: request.seed, profile, service: config.service };
  writeOrExplain(script, await bundleScenario({ scenarioFile: prepared.file, plan, settings }));
  const job = {
    folder,
    plan,
    target,
    headers: prepared.headers,
    heapLimitBytes: limit,
    longestMs: longestMs(plan),
  };
  // Built before the load: ctrl-C reaches the bundler's process too, and then there is no page to put the report into.
  pageScript();
  const warning = prepared.target === null ? '' : await dialTarget(prepared.target);
  const log = new EventLog(join(folder, 'events.jsonl'));
  const sink =
    prepared.influx && new InfluxSink(prepared.influx, { folder, run, plan }, (event) => log.write(event));
  try {
    const engine = await startK6(prepared.k6.path, script, job, config.service.http);
    await follow({ folder, run, plan, engine, testbed, log, signals, sink, warning });
    return await conclude(folder, log, sink);
  } finally {
    sink?.abandon();
    log.close();
  }
}

const writeJson = (folder: string, name: string, content: object): void =>
  writeOrExplain(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);

function longestMs(plan: Plan): number {
  const planMs = Math.max(...plan.populations.map(({ stages }) => sumDurations(stages)));
  return LONGEST_SETUP_MS + planMs + closingMs(plan);
}

const sumDurations = (stages: readonly Stage[]): number =>
  stages.reduce((sum, stage) => sum + stage.durationMs, 0);

interface Followed {
  folder: string;
  run: RunRecord;
  plan: Plan;
  engine: RunningEngine;
  testbed: Testbed | null;
  log: EventLog;
  signals: StopSignals;
  sink: InfluxSink | null;
  /** What is wrong with the target before the load, as the beginning of a sentence; empty for nothing. */
  warning: string;
}

/** From the generator's first packet to its end. */
async function follow({
  folder,
  run,
  plan,
  engine,
  testbed,
  log,
  signals,
  sink,
  warning,
}: Followed): Promise<void> {
  const live = new LiveTimeline(plan, (event) => log.write(event));
  const view = new LiveView(
    beginLive(run, plan, { lateLimitMs: latenessLimitMs(run.claims), nowMs: Date.now() }),
  );
  log.listen((event) => view.event(event));
  if (sink !== null) log.listen((event) => sink.event(event));
  const { profile, target, machine } = run;
  log.write({
    t: Date.now(),
    kind: 'run.started',
    observed: true,
    run: run.run,
    profile,
    target: target.url,
    scenario: plan.scenario,
  });
  testbed?.onExit((exit) =>
    log.write({
      t: Date.now(),
      kind: 'region.health',
      observed: true,
      region: exit.region,
      healthy: false,
      cause: exit.signal === null ? `ended with status ${exit.code}` : `was killed by ${exit.signal}`,
    }),
  );
  const tail = new Tail(join(folder, 'evidence.csv'), (chunk) => live.push(chunk));
  const sampling = sampleGenerator(engine.pid, machine.allowedCpus, (sample) => log.write(sample));
  let stoppedAtMs: number | null = null;
  signals.hear((signal) => {
    stoppedAtMs = Date.now();
    log.write({ t: stoppedAtMs, kind: 'signal', observed: true, signal });
    engine.stop();
  });
  view.start();
  // No reason not to run: a target that is down is a FAIL, which a gate must see.
  if (warning !== '') view.say(`warning: ${warning}; the load begins all the same, ctrl-c stops it`);
  sink?.start();
  if (sink !== null) view.say(`points go to InfluxDB at ${placeOf(sink.connection)}`);
  tail.start();
  const redraw = setInterval(() => view.update(live.tick(Date.now())), REDRAW_MS);
  try {
    const exit = await engine.exited;
    signals.hear(null);
    await tail.finish();
    log.write({
      t: exit.atMs,
      kind: 'generator.exited',
      observed: true,
      code: exit.code,
      signal: exit.signal,
      complete: exit.complete,
      cause: exit.cause,
      ...evidenceSize(folder),
    });
    live.finish(exit.complete && stoppedAtMs === null, stoppedAtMs ?? exit.atMs);
    if (sampling.allowedCpus() !== machine.allowedCpus)
      correctAllowedCpus(folder, run, sampling.allowedCpus());
  } finally {
    engine.stop();
    clearInterval(redraw);
    sampling.stop();
    view.stop();
  }
}

/** So that evidence which loses its end later is not taken for orders that were never sent. */
function evidenceSize(folder: string): { evidenceBytes?: number } {
  const evidenceBytes = statSync(join(folder, 'evidence.csv'), { throwIfNoEntry: false })?.size;
  return evidenceBytes === undefined ? {} : { evidenceBytes };
}

/** Only once the generator runs is it known that it was bound to fewer CPUs than the harness. */
function correctAllowedCpus(folder: string, run: RunRecord, allowedCpus: number): void {
  try {
    writeJson(folder, 'run.json', { ...run, machine: { ...run.machine, allowedCpus } });
  } catch {
    // The disk is full, which is said by others; the record stays as it was.
  }
}

/** Measures what is on disk, and nothing else: what `npm run report` will say later is what is said now. */
async function conclude(folder: string, log: EventLog, sink: InfluxSink | null): Promise<FinishedRun> {
  // Where the disk took no more, what was seen is still known here: the last chance to say it.
  const measurement = await measureFolder(folder, log.trouble === '' ? undefined : log.observed);
  for (const event of measurement.events) if (event.kind === 'claim.judged') log.write(event);
  log.write({ t: Date.now(), kind: 'run.finished', observed: true, verdict: measurement.verdict.verdict });
  const unwritten = writeRenderings(folder, measurement);
  // Last, since a database that is away is waited for.
  const sent = (await sink?.finish(measurement)) ?? null;
  const troubles = [log.trouble, ...unwritten].filter((trouble) => trouble !== '');
  return { folder, measurement, troubles, sent };
}
