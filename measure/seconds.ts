import { Bin } from './bin.ts';
import type { Plan } from './plan.ts';
import type { PopulationTrack } from './population.ts';

/** A second of the run's clock while it is open, and what is kept of it. */
export interface OpenSecond {
  index: number;
  fromMs: number;
  bins: Bin[];
  /** Arrivals that were answered in it, whenever they started. */
  ended: number;
  /** Failed attempts by label. */
  errors: Map<string, number>;
  /** Acknowledged arrivals by index of the region. */
  regions: Map<number, number>;
  closed: boolean;
  /** Encoded latencies by operation, kept after closing when asked for. */
  kept: string[];
  /** Encoded lateness, kept with them. */
  keptLate: string;
}

/** The seconds of a run's clock, each with its bins; they come into being as the evidence reaches them. */
export class Seconds {
  readonly list: OpenSecond[] = [];
  /** Epoch ms of the run's clock zero; NaN until the first arrivals have told it. */
  zeroMs = Number.NaN;
  readonly #window: Plan['window'];
  readonly #populations: readonly PopulationTrack[];
  readonly #operations: number;

  constructor(window: Plan['window'], populations: readonly PopulationTrack[], operations: number) {
    this.#window = window;
    this.#populations = populations;
    this.#operations = operations;
  }

  /** Every bin of the run, in order. */
  bins(): Bin[] {
    return this.list.flatMap((second) => second.bins);
  }

  /** The bins behind a second. */
  binsAfter(second: OpenSecond): Bin[] {
    return this.list.slice(second.index + 1).flatMap((later) => later.bins);
  }

  /** The second that an instant of the epoch belongs to. */
  of(ms: number): OpenSecond {
    return this.at(Math.max(0, Math.floor((ms + 0.5 - this.zeroMs) / 1000)));
  }

  /** The second with this index; those before it come into being too. */
  at(index: number): OpenSecond {
    for (let i = this.list.length; i <= index; i++) this.list.push(this.#make(i));
    return this.list[index]!;
  }

  #make(index: number): OpenSecond {
    const { fromMs, toMs } = this.#window;
    const [from, to] = [index * 1000, index * 1000 + 1000];
    const edges = [from, ...[fromMs, toMs].filter((edge) => edge > from && edge < to), to];
    const bins = edges.slice(1).map((end, i) => {
      const clock = { from: edges[i]!, to: end, zeroMs: this.zeroMs };
      const inWindow = clock.from >= fromMs && clock.to <= toMs;
      const dueBefore = this.#populations.map(({ ticks }) => ticks.dueBy(clock.from));
      return new Bin(clock, inWindow, dueBefore, this.#operations);
    });
    return {
      index,
      fromMs: this.zeroMs + from,
      bins,
      ended: 0,
      errors: new Map(),
      regions: new Map(),
      closed: false,
      kept: [],
      keptLate: '',
    };
  }
}

/** The bin of a second that a start in it belongs to. */
export function binIn({ bins }: OpenSecond, startMs: number): Bin {
  let at = 0;
  while (at + 1 < bins.length && startMs >= bins[at + 1]!.fromMs) at += 1;
  return bins[at]!;
}
