/** What the page draws, as plain data: made by the renderer, embedded as JSON, read by the script in the page. */
import type { DataRole } from './palette.ts';

/** Stands for infinity in the embedded data: JSON has none, and no value here is negative. Null is "nothing there". */
export const INFINITE_VALUE = -1;

/** How values of a chart are written. */
export type ValueFormat = 'rate' | 'ms' | 'ratio' | 'count';

export interface SeriesModel {
  label: string;
  role: DataRole;
  /** A value for every x: null is a gap, `INFINITE_VALUE` an infinity. */
  values: (number | null)[];
  /** What is said of the whole series while no moment is pointed at: "peak 10,100/s". */
  rest: string;
  dashed: boolean;
}

/** A horizontal line with its words: a claim, a limit. */
export interface RuleModel {
  value: number;
  label: string;
}

export type ScaleModel =
  | { kind: 'linear'; max: number }
  /** Where there is an infinity, it is drawn at `infinityAt`, above `ceiling`, below `max`. */
  | { kind: 'log'; min: number; ceiling: number; max: number; infinityAt: number | null };

export interface ChartModel {
  id: string;
  title: string;
  /** One sentence under the title; empty where the title says it all. */
  says: string;
  /** What is on the upright axis, with its unit: "latency, ms (log scale)". */
  axis: string;
  format: ValueFormat;
  scale: ScaleModel;
  series: SeriesModel[];
  /** Areas on top of one another instead of lines. */
  stacked: boolean;
  /** The space between the first series and the second is filled: what was planned and not acknowledged. */
  shortfall: boolean;
  rules: RuleModel[];
}

/** A moment with its words. */
export interface MarkModel {
  seconds: number;
  label: string;
}

export interface Span {
  fromSeconds: number;
  toSeconds: number;
}

/** What all charts over time share. Times are seconds on the run's clock. */
export interface TimelineModel {
  x: number[];
  /** How many seconds of the run a pair of points stands for; 1 where every second is drawn. */
  secondsPerBin: number;
  lengthSeconds: number;
  /** Epoch ms of the clock's zero; null where runs of different times share the axis. */
  zeroMs: number | null;
  window: Span | null;
  /** Stretches that count as the generator's doing, not the system's. */
  generatorSpans: Span[];
  /** Stretches with a fault in place. */
  faultSpans: Span[];
  marks: MarkModel[];
  charts: ChartModel[];
}

export interface DistributionPoint {
  /** -log10(1 - percentile / 100): 1 is p90, 2 is p99. */
  x: number;
  y: number;
}

export interface DistributionModel {
  scale: Extract<ScaleModel, { kind: 'log' }>;
  maxX: number;
  lines: { label: string; role: DataRole; points: DistributionPoint[]; dashed: boolean }[];
  claims: { label: string; x: number; claimed: number }[];
}

export interface ReportModel {
  timeline: TimelineModel | null;
  distribution: DistributionModel | null;
}
