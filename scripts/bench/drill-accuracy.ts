/** Holds what a drill measured against what the lab knows of itself (its truth file): order by order. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../measure/plan.ts';
import type { RunRecord } from '../../measure/run.ts';
import type { Verdict } from '../../measure/verdict.ts';

export interface Accuracy {
  /** From the instant of the signal to the first order after which the survivor's own log meets the plan, s. */
  rtoTruth: number;
  rto: { seconds: number | null; low: number; high: number | null };
  /** The truth lies within the error bar. */
  inside: boolean;
  /** Acknowledged by the lost region and not in the survivor at cut-over, by the stores' own account; sorted keys. */
  lostTruth: string[];
  lost: string[];
}

type TruthLine =
  | { kind: 'death' | 'freeze'; t: number; region: string }
  | {
      kind: 'order';
      region: string;
      key: string;
      orderId: string;
      writtenMs: number;
      arrivedMs: number | null;
    };

/** @param truthFile as the lab wrote it when it was stopped */
export function accuracyOf(folder: string, truthFile: string): Accuracy {
  const run = readJson<RunRecord>(folder, 'run.json');
  const plan = readJson<Plan>(folder, 'plan.json');
  const { drill } = readJson<Verdict>(folder, 'verdict.json');
  const { losses, sustained } = run.drill!;
  const lostRegion = losses[0]!.region;
  const truth = readFileSync(truthFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TruthLine);
  const death = truth.find(
    ({ kind, region }) => (kind === 'death' || kind === 'freeze') && region === lostRegion,
  )!;
  const diedMs = (death as { t: number }).t;
  const orders = truth
    .filter((line) => line.kind === 'order')
    .filter(({ key }) => key.startsWith(`${run.run}-`));
  const survivor = orders.filter(({ region }) => region !== lostRegion);

  const fresh = plan.populations.find(({ kind }) => kind === 'fresh')!;
  const perMs = Math.max(...fresh.stages.map(({ targetPerSecond }) => targetPerSecond)) / 1000;
  const needed = perMs * Math.max(sustained.success, sustained.throughput);
  const own = survivor
    .filter(
      ({ key, arrivedMs, writtenMs }) =>
        arrivedMs === null && writtenMs >= diedMs && letterOf(key, run) === 'f',
    )
    .map(({ writtenMs }) => writtenMs)
    .sort((a, b) => a - b);
  const first = own.findIndex((_, i) => meets(own, i, needed, sustained.windowMs));
  const rtoTruth = first === -1 ? Number.POSITIVE_INFINITY : (own[first]! - diedMs) / 1000;

  const acknowledged = readAcknowledged(folder, run.run);
  const cutOverMs = Math.min(
    ...[...acknowledged.values()]
      .filter(({ region, startMs }) => region !== lostRegion && startMs >= diedMs)
      .map(({ startMs }) => startMs),
  );
  const present = new Set(
    survivor
      .filter(({ arrivedMs, writtenMs }) => (arrivedMs ?? writtenMs) <= cutOverMs)
      .map(({ key }) => key),
  );
  const lostTruth = [...acknowledged]
    .filter(([key, { region, endMs }]) => region === lostRegion && endMs <= cutOverMs && !present.has(key))
    .map(([key]) => key)
    .sort();
  const rto = drill!.rto!;
  return {
    rtoTruth,
    rto,
    inside: rtoTruth >= rto.low && rtoTruth <= (rto.high ?? Number.POSITIVE_INFINITY),
    lostTruth,
    lost: readLost(folder),
  };
}

const readJson = <T>(folder: string, name: string): T =>
  JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;

const letterOf = (key: string, { run }: RunRecord): string => key.charAt(run.length + 1);

/** Every stretch of at least a second from this order on, up to the window, holds as many as the plan wants. */
function meets(times: readonly number[], from: number, perMs: number, windowMs: number): boolean {
  const startMs = times[from]!;
  if (times.at(-1)! < startMs + windowMs) return false;
  for (let i = from; i < times.length; i++) {
    const ms = times[i]! - startMs;
    if (ms > windowMs) return true;
    if (ms >= 1000 && i - from < perMs * ms) return false;
  }
  return true;
}

/** By key: the acknowledgement of each order, as the client had it. */
function readAcknowledged(
  folder: string,
  run: string,
): Map<string, { region: string; startMs: number; endMs: number }> {
  const found = new Map<string, { region: string; startMs: number; endMs: number }>();
  for (const line of readFileSync(join(folder, 'evidence.csv'), 'utf8').split('\n')) {
    const [start, op, seq, , status, duration, wait, , region] = line.split(',');
    if (op !== 'order' || status !== '201') continue;
    const endMs = Number(start) + Number(duration) + Number(wait);
    found.set(`${run}-${seq}`, { region: region!, startMs: Number(start), endMs });
  }
  return found;
}

function readLost(folder: string): string[] {
  const [, ...lines] = readFileSync(join(folder, 'lost-orders.csv'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split(',')[0]!).sort();
}
