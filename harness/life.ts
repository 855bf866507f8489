/** The life of a run, of whatever kind: its folder, its generator, what is done meanwhile, its verdict. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningEngine } from '../engines/engine.ts';
import { heapLimitBytes } from '../engines/heap.ts';
import { bundleScenario } from '../engines/k6/bundle.ts';
import { startK6 } from '../engines/k6/engine.ts';
import type { DrillRecord } from '../measure/drill.ts';
import { latenessLimitMs } from '../measure/generator.ts';
import type { Measurement } from '../measure/measurement.ts';
import { closingMs, type Plan, type Stage } from '../measure/plan.ts';
import type { RunRecord } from '../measure/run.ts';
import { pageScript } from '../reports/html/bundle.ts';
import { placeOf, type Sent } from '../reports/influx/words.ts';
import { beginLive } from '../reports/terminal/state.ts';
import { LiveView } from '../reports/terminal/view.ts';
import { EventLog } from './event-log.ts';
import { InfluxSink } from './influx-sink.ts';
import { LiveTimeline, type Watcher } from './live.ts';
import type { Prepared } from './prepare.ts';
import { measureFolder, writeRenderings } from './renderings.ts';
import { createRunFolder, newRunName, writeOrExplain } from './run-folder.ts';
import { describeRun } from './run-record.ts';
import { sampleGenerator } from './sampler.ts';
import type { StopSignals } from './signals.ts';
import { Tail } from './tail.ts';

/** The view draws five times a second at most; twice as many looks keep it smooth. */
const REDRAW_MS = 100;
/** Setting up 4,000 clients takes seconds; a generator that takes this long will not begin. */
const LONGEST_SETUP_MS = 60_000;

export interface RunSetup {
  request: { runsDir: string; seed: number; timeScale: number; command: string };
  prepared: Prepared;
  /** Origin of the target. */
  target: string;
  /** The target is the built-in service. */
  testbed: boolean;
  signals: StopSignals;
  /** What is wrong with the target before the load, as the beginning of a sentence; empty for nothing. */
  warning?: string;
  /** What a drill declares and predicts; left out for a load. */
  drill?: DrillRecord;
  /** What stands before the generator's command, so that it runs where the target is. */
  enter?: readonly string[];
  /** How long the generator keeps an answer of DNS, ms. */
  dnsTtlMs?: number;
  /** Called once, when the run's folder is there and nothing is sent yet. */
  begin?: (life: Life) => void | Promise<void>;
  /** What is done while the load runs; the run's end waits for it. */
  meanwhile?: (life: Life) => Promise<void>;
  /** What is done last, before the run is judged: the generator has ended. */
  end?: (life: Life) => Promise<void>;
}

/** A run under way, as those see it who act on it. */
export interface Life {
  folder: string;
  run: RunRecord;
  plan: Plan;
  log: EventLog;
  /** Aborted when the run is stopped, or when its generator has ended. */
  over: AbortSignal;
  /** Epoch ms of the run's clock zero; null before the first arrivals tell it. */
  zeroMs(): number | null;
  /** Arrivals that were due by now. */
  planned(): number;
  /** Tells every line of evidence that is read from now on. */
  watch(listener: Watcher): void;
  /** One line beside the live view. */
  say(words: string): void;
  /** Ends the load early. */
  stop(): void;
  /** A person stopped it. */
  wasStopped(): boolean;
}

export interface FinishedRun {
  folder: string;
  measurement: Measurement;
  /** What went wrong beside the measurement, as sentences: files that could not be written. */
  troubles: string[];
  /** What became of the points; null where no database was asked for. */
  sent: Sent | null;
}

/**
 * Makes the run's folder, runs the load and what belongs to it, and judges what is on disk at the end.
 * @throws Problem or Problems where it could not begin
 */
export async function liveThrough(setup: RunSetup): Promise<FinishedRun> {
  const { request, prepared, target, drill } = setup;
  const { config, profile, plan } = prepared;
  const name = newRunName(drill === undefined ? 'load' : 'drill', profile.name, new Date());
  const folder = createRunFolder(request.runsDir, name);
  const limit = heapLimitBytes(plan, prepared.machine.availableMemoryBytes);
  const run = describeRun({
    ...prepared,
    request,
    name,
    target,
    testbed: setup.testbed,
    drill: drill ?? null,
    heapLimitBytes: limit,
  });
  writeJson(folder, 'run.json', run);
  writeJson(folder, 'plan.json', plan);
  const script = join(folder, 'scenario.js');
  const settings = {
    run: name,
    seed: request.seed,
    profile,
    service: config.service,
    ...(setup.dnsTtlMs === undefined ? {} : { dnsTtlMs: setup.dnsTtlMs }),
  };
  writeOrExplain(script, await bundleScenario({ scenarioFile: prepared.file, plan, settings }));
  const job = {
    folder,
    plan,
    target,
    headers: prepared.headers,
    heapLimitBytes: limit,
    longestMs: longestMs(plan),
    enter: setup.enter ?? [],
  };
  // Built before the load: ctrl-C reaches the bundler's process too, and then there is no page to put the report into.
  pageScript();
  const log = new EventLog(join(folder, 'events.jsonl'));
  const sink =
    prepared.influx && new InfluxSink(prepared.influx, { folder, run, plan }, (event) => log.write(event));
  try {
    const engine = (): Promise<RunningEngine> => startK6(prepared.k6.path, script, job, config.service.http);
    await follow({ ...setup, folder, run, plan, engine, log, sink });
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

interface Followed extends Pick<RunSetup, 'begin' | 'meanwhile' | 'end' | 'signals' | 'warning'> {
  folder: string;
  run: RunRecord;
  plan: Plan;
  engine: () => Promise<RunningEngine>;
  log: EventLog;
  sink: InfluxSink | null;
}

/** From the generator's first packet to its end, and to the end of what is done meanwhile. */
async function follow(followed: Followed): Promise<void> {
  const { folder, run, plan, log, signals, sink } = followed;
  const watchers: Watcher[] = [];
  const live = new LiveTimeline(plan, {
    write: (event) => log.write(event),
    watch: (line, names) => {
      for (const watcher of watchers) watcher(line, names);
    },
  });
  const view = new LiveView(
    beginLive(run, plan, { lateLimitMs: latenessLimitMs(run.claims), nowMs: Date.now() }),
  );
  log.listen((event) => view.event(event));
  if (sink !== null) log.listen((event) => sink.event(event));
  log.write({
    t: Date.now(),
    kind: 'run.started',
    observed: true,
    run: run.run,
    profile: run.profile,
    target: run.target.url,
    scenario: plan.scenario,
  });
  const over = new AbortController();
  let engine: RunningEngine | null = null;
  let stoppedAtMs: number | null = null;
  const life: Life = {
    folder,
    run,
    plan,
    log,
    over: over.signal,
    zeroMs: () => live.tick(Date.now()).zeroMs,
    planned: () => live.tick(Date.now()).counts.planned,
    watch: (listener) => watchers.push(listener),
    say: (words) => view.say(words),
    stop: () => engine?.stop(),
    wasStopped: () => stoppedAtMs !== null,
  };
  await followed.begin?.(life);
  engine = await followed.engine();
  const tail = new Tail(join(folder, 'evidence.csv'), (chunk) => live.push(chunk));
  const { machine } = run;
  const sampling = sampleGenerator(engine.pid, machine.allowedCpus, (sample) => log.write(sample));
  signals.hear((signal) => {
    stoppedAtMs = Date.now();
    log.write({ t: stoppedAtMs, kind: 'signal', observed: true, signal });
    engine.stop();
    over.abort();
  });
  view.start();
  const { warning = '' } = followed;
  if (warning !== '') view.say(`warning: ${warning}; the load begins all the same, ctrl-c stops it`);
  sink?.start();
  if (sink !== null) view.say(`points go to InfluxDB at ${placeOf(sink.connection)}`);
  tail.start();
  const redraw = setInterval(() => view.update(live.tick(Date.now())), REDRAW_MS);
  const meanwhile = followed.meanwhile?.(life) ?? Promise.resolve();
  // Heard below; until then it must not end the process.
  meanwhile.catch(() => engine.stop());
  try {
    const exit = await engine.exited;
    over.abort();
    if (followed.meanwhile === undefined) signals.hear(null);
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
    try {
      await meanwhile;
    } finally {
      // Whatever went wrong meanwhile: what was done is undone.
      await followed.end?.(life);
    }
    signals.hear(null);
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
