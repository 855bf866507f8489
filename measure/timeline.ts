import type { Bin } from './bin.ts';
import { Closing, type ClosingOptions } from './closing.ts';
import { latenessSoFar } from './deficit.ts';
import type { Second } from './events.ts';
import type { EvidenceDecoder, EvidenceLine } from './evidence.ts';
import { Folding } from './folding.ts';
import type { Plan } from './plan.ts';
import { type PopulationTrack, plannedIn } from './population.ts';
import { renderSecond } from './second.ts';
import type { OpenSecond } from './seconds.ts';
import { settle } from './settle.ts';

/** The first arrivals tell when the plan began. */
const CALIBRATION_MS = 1000;

/** How the generator ended. */
export interface GeneratorEnd {
  /** It ran its plan to the end, and all its evidence was written. */
  complete: boolean;
  /** Lines that could not be read: each may have been the only one of an arrival. */
  torn?: number;
  /** Epoch ms: later ticks were not due any more. For a run that is not complete; null: the last evidence tells. */
  endedAtMs: number | null;
}

/**
 * Folds evidence into the seconds of a run as it comes: what was planned, started, answered, and how fast. A second
 * closes once the evidence has moved a whole iteration and a margin beyond it, by its own clock: the same bytes give the
 * same seconds live and years later. What comes after that is booked on the last second, so that sums are exact.
 */
export class Timeline {
  readonly #plan: Plan;
  readonly #decoder: EvidenceDecoder;
  readonly #folding: Folding;
  readonly #closing: Closing;
  readonly #waiting: EvidenceLine[] = [];
  #firstMs = Number.POSITIVE_INFINITY;
  #lateAt = { index: -1, ms: 0 };

  /** @param decoder the decoder of the lines that will come: its tables give their names */
  constructor(plan: Plan, decoder: EvidenceDecoder, options: ClosingOptions = {}) {
    this.#plan = plan;
    this.#decoder = decoder;
    this.#folding = new Folding(plan, decoder);
    this.#closing = new Closing(this.#folding, plan, decoder, options);
  }

  get operationNames(): readonly string[] {
    return this.#folding.operationNames;
  }

  /** Index of the operation that claims without a name speak of. */
  get main(): number {
    return this.#folding.main;
  }

  get populations(): readonly PopulationTrack[] {
    return this.#folding.populations;
  }

  get evidence(): Folding['evidence'] {
    return this.#folding.evidence;
  }

  /** Arrivals so far, for the live view; the end settles what they lack. */
  get totals(): Folding['totals'] {
    return this.#folding.totals;
  }

  /** Latencies and lateness of the measured window, by whose fault its seconds were. */
  get window(): Folding['window'] {
    return this.#folding.window;
  }

  /** The latest instant that the evidence speaks of, epoch ms. */
  get latestMs(): number {
    return this.#folding.latestMs;
  }

  /** Epoch ms of the run's clock zero; NaN until the first arrivals have told it. */
  get zeroMs(): number {
    return this.#folding.seconds.zeroMs;
  }

  get seconds(): readonly OpenSecond[] {
    return this.#folding.seconds.list;
  }

  /** Folds one line in. The caller may reuse it. */
  push(line: EvidenceLine): void {
    if (!Number.isNaN(this.zeroMs)) {
      this.#take(line);
      return;
    }
    this.#waiting.push({ ...line });
    this.#firstMs = Math.min(this.#firstMs, line.startMs);
    const ready = this.#firstMs + CALIBRATION_MS + this.#plan.timeoutMs;
    if (line.startMs + line.waitMs + line.durationMs >= ready) this.#calibrate();
  }

  #take(line: EvidenceLine): void {
    if (this.#folding.fold(line)) this.#closing.closeWhatIsOver();
  }

  /** A second as far as it is known by now, for the live view; null where nothing can be told before it closes. */
  preview(index: number): Second | null {
    const open = this.#plan.linesPerArrival === 1 ? this.seconds[index] : undefined;
    if (!open || open.closed) return null;
    const second = renderSecond(open, this.operationNames, this.main, this.#decoder.regions, 0);
    const planned = plannedIn(this.populations, index * 1000, index * 1000 + 1000);
    return { ...second, planned, lateP99Ms: this.#lateSoFar(open) };
  }

  /** Told once a second, since it is dear. */
  #lateSoFar(open: OpenSecond): number {
    if (this.#lateAt.index !== open.index) {
      const bins = this.seconds.slice(this.#closing.next, open.index + 1).flatMap((second) => second.bins);
      const late = latenessSoFar(this.populations, bins, open.bins, {
        started: this.#folding.started,
        dropped: this.#folding.dropped,
      });
      this.#lateAt = { index: open.index, ms: late ?? 0 };
    }
    return this.#lateAt.ms;
  }

  /** Closes what is open and settles what only the end can tell: gaps, the tail, the exact drops. */
  finish(end: GeneratorEnd): void {
    if (Number.isNaN(this.zeroMs)) this.#calibrate();
    for (const arrival of this.#folding.open.takeStartedBefore(Number.POSITIVE_INFINITY))
      this.#folding.account(arrival);
    const endedAtMs = end.complete ? this.zeroMs + this.#folding.planMs : (end.endedAtMs ?? this.latestMs);
    const untilMs = Math.min(this.#folding.planMs, Math.max(0, endedAtMs - this.zeroMs));
    this.#closing.closeAll(untilMs);
    const brokenMs = this.latestMs - this.#plan.iterationMaxMs;
    const ending = {
      complete: end.complete,
      torn: (end.torn ?? 0) + this.evidence.astray,
      untilMs: this.zeroMs + untilMs,
      brokenMs,
    };
    this.evidence.gaps = settle(this.bins(), this.populations, ending);
    this.#closing.emitLast();
  }

  /** Ticks due by an instant of the epoch. */
  dueBy(ms: number): number {
    return this.populations.reduce((sum, track) => sum + track.dueBy(ms), 0);
  }

  /** Every bin of the run, in order. */
  bins(): Bin[] {
    return this.#folding.seconds.bins();
  }

  #calibrate(): void {
    const lastMs = this.#firstMs + CALIBRATION_MS;
    const zeros: number[] = [];
    for (const track of this.populations) {
      // An arrival of several lines counts once, by its first.
      const firsts = new Map<number, number>();
      for (const { population, seq, startMs } of this.#waiting) {
        if (population !== track.letter || startMs > lastMs) continue;
        firsts.set(seq, Math.min(firsts.get(seq) ?? startMs, startMs));
      }
      const zero = track.calibrate([...firsts.values()].sort((a, b) => a - b));
      if (zero !== null) zeros.push(zero);
    }
    this.#folding.seconds.zeroMs =
      zeros.length > 0 ? Math.min(...zeros) : Number.isFinite(this.#firstMs) ? this.#firstMs : 0;
    for (const track of this.populations) if (Number.isNaN(track.zeroMs)) track.zeroMs = this.zeroMs;
    for (const line of this.#waiting.splice(0)) this.#take(line);
  }
}
