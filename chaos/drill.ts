/** A drill: from its name to a verdict, everything it broke put back. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '../harness/config.ts';
import { loadConfig } from '../harness/config.ts';
import { type FinishedRun, liveThrough } from '../harness/life.ts';
import { type Prepared, prepareRun } from '../harness/prepare.ts';
import { onStopSignals, type StopSignals } from '../harness/signals.ts';
import type { DrillRecord } from '../measure/drill.ts';
import { Problem, Problems } from '../measure/problem.ts';
import { didYouMean } from '../measure/suggest.ts';
import { checkDefinition } from './check-definition.ts';
import { Conductor } from './conduct.ts';
import type { DrillDefinition } from './definition.ts';
import { DRILLS } from './drills.ts';
import { createJournal, type Journal } from './journal.ts';
import type { Platform } from './platform.ts';
import { openPlatform, type PlatformName } from './platforms.ts';
import { predict } from './predict.ts';
import { type ResolvedDrill, resolveDrill } from './resolve-drill.ts';
import { keepRestored } from './restored.ts';
import { undoAll } from './undo.ts';
import { refuseIfUnfinished } from './unfinished.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** A freeze holds rate x timeout clients, and waiting costs them nothing: more of them than a load is given. */
const CLIENTS_PER_CPU = 2000;

export interface DrillRequest {
  /** Of a built-in drill, or the path of a file that exports one. */
  drill: string;
  platform: PlatformName;
  config: string | undefined;
  rate: number | undefined;
  runsDir: string;
  influx: string | undefined;
  timeScale: number;
  seed: number;
  /** Run it although it is predicted to fail. */
  anyway: boolean;
  /** What the person typed, for the report. */
  command: string;
  /** Of a standing lab; left out: the drill starts one of its own. */
  lab?: string | undefined;
  /** Where that lab writes what really happened: for tests alone. */
  labTruth?: string | undefined;
}

/** Starting, catching up, reading the ledger. */
const WATCH_SLACK_MS = 10 * 60_000;

/** A drill that has ended. */
export interface FinishedDrill extends FinishedRun {
  /** Everything that it broke is as it was, read back. */
  restored: boolean;
}

/** What is known before anything is broken. */
export interface Briefing {
  drill: DrillRecord;
  notes: readonly string[];
}

interface Ready {
  prepared: Prepared;
  platform: Platform;
  drill: DrillRecord;
}

/**
 * Opens the platform, computes what the drill will come to, and closes it again.
 * @throws Problem or Problems for what a person can mend
 */
export async function planDrill(request: DrillRequest): Promise<Briefing> {
  const signals = onStopSignals();
  try {
    return await withReady(request, async ({ drill, prepared }) => ({
      drill,
      notes: prepared.profile.notes,
    }));
  } finally {
    signals.forget();
  }
}

/**
 * Runs a drill and judges it.
 * @param brief is told the prediction before anything is broken
 * @throws Problem or Problems for what a person can mend; then nothing was broken
 */
export async function runDrill(
  request: DrillRequest,
  brief: (briefing: Briefing) => void,
): Promise<FinishedDrill> {
  const signals = onStopSignals();
  try {
    refuseIfUnfinished(request.runsDir);
    return await withReady(request, (ready) => {
      brief({ drill: ready.drill, notes: ready.prepared.profile.notes });
      refuseIfHopeless(request, ready.drill);
      return breakAndMend(request, ready, signals);
    });
  } finally {
    signals.forget();
  }
}

async function withReady<T>(request: DrillRequest, then: (ready: Ready) => Promise<T>): Promise<T> {
  const config = await loadConfig(request.config);
  const definition = await findDrill(request.drill);
  const resolved = resolveDrill(definition, config.drills[definition.name] ?? {}, request);
  const prepared = await prepare(request, config, resolved);
  const perSecond = resolved.profile.stages.at(-1)!.targetPerSecond;
  const platform = await openPlatform(request.platform, config, { ...request, perSecond });
  try {
    const drill = await describe(resolved, platform);
    return await then({ prepared, platform, drill });
  } finally {
    const left = await platform.close();
    if (left !== '') process.stderr.write(`${left}\n`);
  }
}

async function prepare(request: DrillRequest, config: Config, resolved: ResolvedDrill): Promise<Prepared> {
  const { profile, claims, notes } = resolved;
  const own = { ...config, profiles: { ...config.profiles, [profile.name]: profile } };
  const prepared = await prepareRun(own, profile.name, {
    rate: undefined,
    timeScale: 1,
    runsDir: request.runsDir,
    influx: request.influx,
    clientsPerCpu: CLIENTS_PER_CPU,
    claims,
  });
  return {
    ...prepared,
    config,
    profile: { ...prepared.profile, notes: [...notes, ...prepared.profile.notes] },
  };
}

/** The drill with the platform's own names in it, and what its timers let foresee. */
async function describe({ record, claims }: ResolvedDrill, platform: Platform): Promise<DrillRecord> {
  const nameOf = (on: 'primary' | 'standby' | null): string | null => on && platform[on];
  const faults = record.faults.map(({ on, ...fault }) => ({ ...fault, region: nameOf(on) }));
  const problems = faults.flatMap(({ fault, region, args }): Problem[] => {
    try {
      platform.fault(fault, region, args);
      return [];
    } catch (error) {
      if (error instanceof Problem) return [error];
      throw error;
    }
  });
  if (problems.length > 0)
    throw new Problems(`drill ${record.name} cannot be run on ${platform.name}`, problems);
  const losses = record.losses.map(({ on, ...times }) => ({ region: platform[on], ...times }));
  const { primary, standby } = platform;
  const predicted = predict({ bite: record.bite, faults }, await platform.timers(), claims);
  return { ...record, faults, losses, platform: platform.name, primary, standby, predicted };
}

function refuseIfHopeless({ anyway }: DrillRequest, { name, expected, predicted }: DrillRecord): void {
  if (predicted.verdict !== 'FAIL' || expected === 'FAIL' || anyway) return;
  throw new Problem(
    'E_PREDICTED_FAIL',
    `${name} can only fail: ${predicted.reasons.join('; ')}. Expected a claim that the timers can meet. Shorten them, or use --anyway to see it fail.`,
  );
}

async function breakAndMend(
  request: DrillRequest,
  { prepared, platform, drill }: Ready,
  signals: StopSignals,
): Promise<FinishedDrill> {
  const begun: {
    conductor?: Conductor;
    watchdog?: Watchdog;
    unobserve?: () => Promise<void>;
    journal?: Journal;
  } = {};
  let restored = true;
  let isOver = false;
  /** Once, and however it came to it. A watchdog is sent home only by a drill that has put everything back. */
  const end = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    if (begun.conductor !== undefined) restored = await begun.conductor.end();
    else if (begun.journal !== undefined)
      restored = (await undoAll(begun.journal, platform, 'drill')).restored;
    await begun.unobserve?.();
    if (restored) await begun.watchdog?.dismiss();
  };
  try {
    const run = await liveThrough({
      request,
      prepared,
      target: platform.target,
      testbed: platform.name === 'lab',
      signals,
      drill,
      enter: platform.enter,
      dnsTtlMs: platform.dnsTtlMs,
      begin: async (life) => {
        const journal = createJournal(life.folder, life.run.run, platform);
        begun.journal = journal;
        begun.watchdog = await startWatchdog(journal, { longestMs: longestMs(drill) });
        const conductor = new Conductor({ life, drill, platform, journal });
        begun.unobserve = await platform.observe((event) => conductor.hear(event));
        begun.conductor = conductor;
      },
      meanwhile: () => begun.conductor!.conduct(),
      end,
    });
    // Also where nothing in the evidence says so: a fault that was never seen to take hold.
    if (!restored) keepRestored(run.folder, false);
    return { ...run, restored };
  } finally {
    await end();
  }
}

/** Far longer than the drill can take: then whatever is in place is undone, whatever the drill says. */
const longestMs = ({ faults }: DrillRecord): number =>
  Math.max(...faults.map(({ undoAtMs }) => undoAtMs)) + WATCH_SLACK_MS;

/** @throws Problem where there is none by this name, or the file exports none */
async function findDrill(wanted: string): Promise<DrillDefinition> {
  if (!/[./\\]/.test(wanted)) {
    const built = DRILLS.find(({ name }) => name === wanted);
    if (built !== undefined) return built;
    const known = DRILLS.map(({ name }) => name);
    const near = didYouMean(wanted, known) || ` Expected one of ${known.join(', ')}, or the path of a file.`;
    throw new Problem('E_DRILL_UNKNOWN', `there is no drill ${JSON.stringify(wanted)}.${near}`);
  }
  const path = resolve(wanted);
  let found: unknown;
  try {
    found = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    throw new Problem(
      'E_DRILL_LOAD',
      `${wanted} could not be loaded (${error instanceof Error ? error.message : String(error)}). Expected a file that exports a drill. Check the path.`,
    );
  }
  return checkDefinition(found, wanted);
}
