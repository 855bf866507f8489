/** What the live view knows of a run, folded from its plan, its clock and its events. Plain data, no I/O. */
import type { DrillRecord } from '../../measure/drill.ts';
import type { RunEvent, Second } from '../../measure/events.ts';
import type { GeneratorSample } from '../../measure/generator.ts';
import type { Plan } from '../../measure/plan.ts';
import type { RunRecord } from '../../measure/run.ts';
import type { Claim, Orders } from '../../measure/verdict.ts';
import { nameOf } from '../drill-words.ts';
import { EMPTY_SCENE, foldScene, type Scene } from '../scene.ts';

/** One straight piece of the load curve, all populations together. */
export interface LiveStage {
  durationMs: number;
  fromPerSecond: number;
  toPerSecond: number;
  hold: boolean;
}

/** What is ending the run before its plan does. */
type Ending = { kind: 'none' } | { kind: 'signal'; signal: string } | { kind: 'generator'; cause: string };

/** What the conductor tells the view several times a second. */
export interface LiveTick {
  /** Epoch ms. */
  nowMs: number;
  /** Epoch ms of the run's clock zero; null while clients are being set up and no arrival is due. */
  zeroMs: number | null;
  /** Arrivals so far, open seconds included. */
  counts: LiveCounts;
  /** The most recent whole second, closed or not; null before there is one. */
  recent: Second | null;
}

export interface LiveCounts extends Orders {
  /** Arrivals started and not answered yet. */
  inFlight: number;
}

export interface LiveState extends LiveTick {
  run: string;
  kind: string;
  /** The profile's name, or the drill's. */
  profile: string;
  target: string;
  stages: readonly LiveStage[];
  /** Clients (k6 VUs) that are set up before the first arrival. */
  clients: number;
  /** How late the generator may send at p99 before latency claims are in doubt; null where no claim sets it. */
  lateLimitMs: number | null;
  /** Epoch ms at which the view began. */
  beganMs: number;
  /** P95 of the last seconds, ms, oldest first; null is infinite. Seconds without a planned arrival are left out. */
  p95History: readonly (number | null)[];
  /** Seconds that have not closed yet, as they were last seen, oldest first: a second closes seconds after its end. */
  open: readonly Second[];
  /** Index of the last closed second, -1 before the first. */
  closedIndex: number;
  /** Attempts that were not acknowledged, by kind, over all closed seconds. */
  errors: Readonly<Record<string, number>>;
  generator: GeneratorSample | null;
  ending: Ending;
  /** What is seen of the system; null for a load. */
  drill: { record: DrillRecord; scene: Scene; rtoClaim: Claim | null } | null;
}

/** Seconds that the sparkline looks back. */
export const HISTORY_SECONDS = 30;

/** Before the first arrival. */
export const NO_COUNTS: LiveCounts = {
  planned: 0,
  started: 0,
  acknowledged: 0,
  refused: 0,
  unsent: 0,
  unknown: 0,
  dropped: 0,
  inFlight: 0,
};

/** The stages of all populations as one curve: they share their times, their rates add up. */
function joinStages(plan: Plan): LiveStage[] {
  const [first, ...others] = plan.populations;
  if (first === undefined) return [];
  const rateBefore = (stages: Plan['populations'][number], index: number): number =>
    index === 0 ? stages.startRatePerSecond : (stages.stages[index - 1]?.targetPerSecond ?? 0);
  return first.stages
    .map((stage, index) => ({
      durationMs: stage.durationMs,
      fromPerSecond: [first, ...others].reduce((sum, one) => sum + rateBefore(one, index), 0),
      toPerSecond: [first, ...others].reduce(
        (sum, one) => sum + (one.stages[index]?.targetPerSecond ?? 0),
        0,
      ),
      hold: stage.hold,
    }))
    .filter((stage) => stage.durationMs > 0);
}

/**
 * The view's state before anything has happened.
 * @param options.lateLimitMs see `LiveState`
 * @param nowMs epoch ms
 */
export function beginLive(
  run: RunRecord,
  plan: Plan,
  options: { lateLimitMs: number | null; nowMs: number },
): LiveState {
  return {
    run: run.run,
    kind: run.kind,
    profile: nameOf(run),
    target: run.target.url,
    stages: joinStages(plan),
    clients: plan.populations.reduce((sum, population) => sum + population.vus, 0),
    lateLimitMs: options.lateLimitMs,
    beganMs: options.nowMs,
    nowMs: options.nowMs,
    zeroMs: null,
    counts: NO_COUNTS,
    recent: null,
    p95History: [],
    open: [],
    closedIndex: -1,
    errors: {},
    generator: null,
    ending: { kind: 'none' },
    drill: run.drill
      ? {
          record: run.drill,
          scene: EMPTY_SCENE,
          rtoClaim: run.claims.find(({ id }) => id === 'rto') ?? null,
        }
      : null,
  };
}

export function foldTick(state: LiveState, tick: LiveTick): LiveState {
  const { nowMs, zeroMs, counts, recent } = tick;
  return {
    ...state,
    nowMs,
    zeroMs,
    counts,
    recent,
    open: recent === null ? state.open : seeOpen(state, recent),
  };
}

function seeOpen({ open, closedIndex }: LiveState, second: Second): readonly Second[] {
  if (second.index <= closedIndex) return open;
  const others = open.filter((one) => one.index !== second.index);
  return [...others, second].sort((a, b) => a.index - b.index).slice(-HISTORY_SECONDS);
}

function foldSecond(state: LiveState, second: Second): LiveState {
  const errors = { ...state.errors };
  for (const [label, count] of Object.entries(second.errors)) errors[label] = (errors[label] ?? 0) + count;
  const p95History =
    second.planned === 0 ? state.p95History : [...state.p95History, second.p95Ms].slice(-HISTORY_SECONDS);
  const open = state.open.filter((one) => one.index > second.index);
  return { ...state, errors, p95History, open, closedIndex: second.index };
}

/** Folds one event of the run; events that the view does not show leave the state as it is. */
export function foldEvent(state: LiveState, event: RunEvent): LiveState {
  switch (event.kind) {
    case 'second':
      return foldSecond(state, event.second);
    case 'generator.sample':
      return { ...state, generator: event };
    case 'signal':
      return { ...state, ending: { kind: 'signal', signal: event.signal } };
    case 'generator.exited':
      if (event.complete || state.ending.kind === 'signal') return state;
      return { ...state, ending: { kind: 'generator', cause: event.cause } };
    default: {
      const { drill } = state;
      return drill === null ? state : { ...state, drill: { ...drill, scene: foldScene(drill.scene, event) } };
    }
  }
}
