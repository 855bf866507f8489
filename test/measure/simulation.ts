import type { Plan, Population, Stage } from '../../measure/plan.ts';
import { Ticks } from '../../measure/ticks.ts';

/** mulberry32: a small seeded generator, good enough to plant truth. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const hold = (durationMs: number, targetPerSecond: number): Stage => ({
  durationMs,
  targetPerSecond,
  hold: true,
});
export const ramp = (durationMs: number, targetPerSecond: number): Stage => ({
  durationMs,
  targetPerSecond,
  hold: false,
});

export function population(letter: string, startRatePerSecond: number, stages: Stage[]): Population {
  return { letter, kind: letter === 'f' ? 'fresh' : 'sticky', startRatePerSecond, stages, vus: 100 };
}

export function planOf(populations: Population[], changes: Partial<Plan> = {}): Plan {
  const stages = populations[0]!.stages;
  const first = Math.max(
    0,
    stages.findIndex((stage) => stage.hold),
  );
  const until = (end: number): number =>
    stages.slice(0, end).reduce((sum, stage) => sum + stage.durationMs, 0);
  const last = stages.findLastIndex((stage) => stage.hold);
  return {
    schema: 'stormproof.plan/1',
    scenario: 'orders',
    operations: { order: { success: 201 } },
    linesPerArrival: 1,
    timeoutMs: 1000,
    iterationMaxMs: 1000,
    populations,
    window: { fromMs: until(first), toMs: until(last + 1) },
    ...changes,
  };
}

/** What happened to one arrival, as planted. */
export interface Planted {
  letter: string;
  /** Ms on the run's clock at which it was due. */
  tickMs: number;
  /** Undefined: dropped. */
  startMs?: number;
  seq?: number;
  status: number;
  errorCode: number;
  durationMs: number;
  /** False: its line was never written. */
  written: boolean;
}

export type Fate = (arrival: {
  letter: string;
  tickMs: number;
  index: number;
  random: () => number;
}) => Partial<Planted> & {
  dropped?: boolean;
  lateMs?: number;
};

/** Plays a plan out: every tick becomes an arrival or a drop, as `fate` says; numbers go by start, as k6 gives them. */
export function play(plan: Plan, seed: number, fate: Fate = () => ({})): Planted[] {
  const random = seeded(seed);
  const all: Planted[] = [];
  for (const one of plan.populations) {
    const ticks = new Ticks(one);
    const mine: Planted[] = [];
    for (let k = 1; k <= ticks.total; k++) {
      const tickMs = ticks.timeOf(k);
      const { dropped, lateMs = 0, ...rest } = fate({ letter: one.letter, tickMs, index: k - 1, random });
      const arrival: Planted = {
        letter: one.letter,
        tickMs,
        status: 201,
        errorCode: 0,
        durationMs: 5,
        written: true,
        ...rest,
      };
      if (!dropped) arrival.startMs = tickMs + 0.05 + random() * 0.2 + lateMs;
      mine.push(arrival);
    }
    const started = mine
      .filter((arrival) => arrival.startMs !== undefined)
      .sort((a, b) => a.startMs! - b.startMs!);
    for (const [seq, arrival] of started.entries()) arrival.seq = seq;
    all.push(...mine);
  }
  return all;
}

/** Epoch ms at which simulated runs begin. */
export const ZERO_MS = 1_763_683_200_000.37;

/** The evidence that k6 would have written: by the time of completion. */
export function evidenceOf(arrivals: readonly Planted[], region = 'seoul'): string {
  return arrivals
    .filter((arrival) => arrival.startMs !== undefined && arrival.written)
    .sort((a, b) => a.startMs! + a.durationMs - (b.startMs! + b.durationMs))
    .map(({ letter, startMs, seq, status, errorCode, durationMs }) => {
      const start = Math.floor(ZERO_MS + startMs!);
      return `${start},order,${letter}${seq},1,${status},${durationMs},0,${errorCode},${status === 0 ? '' : region}\n`;
    })
    .join('');
}
