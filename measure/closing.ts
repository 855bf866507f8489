import type { Bin, Blame } from './bin.ts';
import type { Booking } from './booking.ts';
import { leastDeficit, recordLateness } from './deficit.ts';
import type { Second } from './events.ts';
import type { EvidenceDecoder } from './evidence.ts';
import type { Folding } from './folding.ts';
import type { Suspicion } from './generator.ts';
import { LatencyHistogram } from './histogram.ts';
import { closingMs, type Plan } from './plan.ts';
import { plannedIn } from './population.ts';
import { emptySecond, renderSecond, setCounts, subtractCounts } from './second.ts';
import type { OpenSecond } from './seconds.ts';
import { Tally } from './tally.ts';

export interface ClosingOptions {
  /** Called once for each second, in order, when it closes. */
  onSecond?: (second: Second) => void;
  /** Says whose fault a stretch is. */
  blame?: (stretch: Suspicion) => Blame;
  /** Keep each second's latencies of every operation, for windowed claims. */
  keepSeconds?: boolean;
}

/** Closes the seconds of a run, one after the other: what was dropped in each, how late its sends were, whose fault it was. */
export class Closing {
  /** Index of the second that closes next. */
  next = 0;
  readonly #folding: Folding;
  readonly #plan: Plan;
  readonly #decoder: EvidenceDecoder;
  readonly #options: ClosingOptions;
  #inFlight = 0;
  #untilMs = Number.POSITIVE_INFINITY;
  /** What the end must still book: the run's counts less those of the seconds that went out. */
  readonly #unbooked: Second = emptySecond();

  constructor(folding: Folding, plan: Plan, decoder: EvidenceDecoder, options: ClosingOptions) {
    this.#folding = folding;
    this.#plan = plan;
    this.#decoder = decoder;
    this.#options = options;
  }

  /** Closes the seconds that no line of evidence will reach any more. */
  closeWhatIsOver(): void {
    const over = this.#folding.latestMs - this.#folding.seconds.zeroMs - closingMs(this.#plan);
    while (this.next < this.#folding.seconds.list.length - 1 && (this.next + 1) * 1000 <= over) this.#close();
  }

  /**
   * Closes all seconds but the last, and measures that one.
   * @param untilMs on the run's clock: later ticks were not due any more
   */
  closeAll(untilMs: number): void {
    this.#untilMs = untilMs;
    const last = Math.max(this.#folding.seconds.list.length, Math.ceil(untilMs / 1000), 1) - 1;
    // One by one: a second that is open holds each of its milliseconds, and is looked through by all before it.
    while (this.next < last) {
      this.#folding.seconds.at(this.next + 1);
      this.#close();
    }
    this.#measure(this.#folding.seconds.at(last));
  }

  #close(): void {
    const second = this.#folding.seconds.list[this.next]!;
    this.#measure(second);
    this.#emit(
      renderSecond(
        second,
        this.#folding.operationNames,
        this.#folding.main,
        this.#decoder.regions,
        this.#inFlight,
      ),
    );
    this.#release(second);
  }

  #emit(second: Second): void {
    subtractCounts(this.#unbooked, second);
    this.#options.onSecond?.(second);
  }

  /** The last second takes what the end corrected, so that the seconds' sums are the run's. */
  emitLast(): void {
    const last = this.#folding.seconds.list.at(-1)!;
    const second = renderSecond(
      last,
      this.#folding.operationNames,
      this.#folding.main,
      this.#decoder.regions,
      this.#inFlight,
    );
    const sum = new Tally(0);
    for (const bin of this.#folding.seconds.bins()) sum.addCounts(bin.tally);
    setCounts(second, sum, this.#unbooked);
    this.#emit(second);
    this.#release(last);
  }

  /** All that is known of a second once nothing more is expected of it. */
  #measure(second: OpenSecond): void {
    const startedHere = this.#closeArrivals(second);
    for (const [i, bin] of second.bins.entries())
      this.#measureBin(bin, [...second.bins.slice(i + 1), ...this.#folding.seconds.binsAfter(second)]);
    this.#inFlight += startedHere - second.ended;
    if (this.#options.keepSeconds) {
      second.kept = this.#folding.operationNames.map((_, op) => {
        const served = new LatencyHistogram();
        for (const bin of second.bins) served.add(bin.tally.operations[op]!.served);
        return served.encode();
      });
      const late = new LatencyHistogram();
      for (const bin of second.bins) late.add(bin.tally.late);
      second.keptLate = late.encode();
    }
    this.next += 1;
  }

  /** Arrivals of several lines that started in it are complete now. @returns arrivals with a line that started in it */
  #closeArrivals(second: OpenSecond): number {
    const end = second.bins.at(-1)!.toMs;
    for (const arrival of this.#folding.open.takeStartedBefore(end)) this.#folding.account(arrival);
    return second.bins.reduce((sum, bin) => sum + bin.started, 0);
  }

  /**
   * Counts those arrivals in a bin that were due in it and started later: the numbers below the ticks due by its end,
   * less what was dropped. k6 numbers arrivals as they start, so late ones are the first of the bins behind.
   */
  #takeLate(bin: Bin, p: number, after: readonly Bin[]): void {
    const limit = this.#limit(bin, p);
    const isDue = ({ population, seq }: Booking): boolean => population === p && seq < limit;
    for (const { suspects } of after)
      for (const each of suspects.filter(isDue)) this.#folding.book(bin, each);
    for (const later of after) later.suspects = later.suspects.filter((each) => !isDue(each));
    const { letter } = this.#folding.populations[p]!;
    const known = this.#folding.latestMs - this.#plan.iterationMaxMs;
    for (const arrival of this.#folding.open.takeStartedBefore(
      known,
      (one) => one.population === letter && one.seq < limit,
    ))
      this.#folding.book(
        bin,
        this.#folding.arriveWhole(arrival, p, this.#folding.seconds.of(arrival.startMs)),
      );
    // What is left of its own started in it after arrivals that were dropped.
    for (const each of bin.suspects) if (each.population === p) this.#folding.book(bin, each);
    bin.suspects = bin.suspects.filter((each) => each.population !== p);
  }

  /** Numbers below this were due by the end of a bin. */
  #limit(bin: Bin, p: number): number {
    return (
      this.#folding.populations[p]!.ticks.dueBy(Math.min(bin.to, this.#untilMs)) - this.#folding.dropped[p]!
    );
  }

  #measureBin(bin: Bin, after: readonly Bin[]): void {
    const { tally } = bin;
    const until = Math.min(bin.to, this.#untilMs);
    tally.planned += plannedIn(this.#folding.populations, Math.min(bin.from, until), until);
    tally.durationMs = Math.max(0, until - bin.from);
    let droppedHere = 0;
    for (const [p, track] of this.#folding.populations.entries()) {
      const gaps = track.takeGaps(bin.highest[p]!);
      bin.gaps += gaps;
      this.#folding.totals.unknown += gaps;
      const before = { started: this.#folding.started[p]!, dropped: this.#folding.dropped[p]! };
      const started = this.#folding.started[p]! + gaps;
      bin.leastDeficit[p] = leastDeficit(track, p, [bin], started, bin.toMs);
      this.#folding.started[p] = started + bin.starts![p]!.reduce((sum, n) => sum + n, 0);
      const ahead = leastDeficit(track, p, after, this.#folding.started[p]!, this.#folding.latestMs);
      const dropped = Number.isFinite(ahead) ? Math.max(0, ahead - this.#folding.dropped[p]!) : 0;
      if (dropped === 0)
        recordLateness(track, p, [bin, ...after], { ...before, limit: this.#limit(bin, p) }, tally.late);
      this.#folding.dropped[p]! += dropped;
      this.#takeLate(bin, p, after);
      droppedHere += dropped;
    }
    bin.dropped = droppedHere;
    this.#folding.totals.dropped += droppedHere;
    const stretch = {
      fromMs: bin.fromMs,
      toMs: bin.toMs,
      planned: tally.planned,
      lateP99Ms: tally.lateP99Ms ?? 0,
      dropped: droppedHere,
      slowestMs: this.#slowest(bin),
    };
    bin.blame = this.#options.blame?.(stretch) ?? 'none';
  }

  /** The longest latency in a bin where no order failed, ms. */
  #slowest({ tally }: Bin): number | null {
    const { served, failed } = tally.operations[this.#folding.main]!;
    return failed > 0 || tally.unwritten > 0 || served.count === 0 ? null : served.atRank(served.count);
  }

  #release(second: OpenSecond): void {
    for (const bin of second.bins) {
      if (bin.inWindow) this.#folding.windowOf(bin).addLatencies(bin.tally);
      bin.release();
    }
    second.closed = true;
    second.errors = new Map();
    second.regions = new Map();
  }
}
