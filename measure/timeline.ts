import { type Arrival, OpenArrivals } from './arrivals.ts';
import type { Bin, Blame } from './bin.ts';
import { type Booking, bookingOf, bookingOfLine, EXCEPTION } from './booking.ts';
import { latenessSoFar, leastDeficit, recordLateness } from './deficit.ts';
import type { Second } from './events.ts';
import type { EvidenceDecoder, EvidenceLine } from './evidence.ts';
import type { Suspicion } from './generator.ts';
import { LatencyHistogram } from './histogram.ts';
import { isPriced, orderValue } from './order.ts';
import { errorLabel, type Outcome, outcomeOf, SCENARIO_EXCEPTION } from './outcome.ts';
import { closingMs, mainOperation, type Plan } from './plan.ts';
import { PopulationTrack } from './population.ts';
import { emptySecond, renderSecond, setCounts, subtractCounts } from './second.ts';
import { binIn, type OpenSecond, Seconds } from './seconds.ts';
import { settle } from './settle.ts';
import { Tally } from './tally.ts';
import type { Orders } from './verdict.ts';

/** The first arrivals tell when the plan began. */
const CALIBRATION_MS = 1000;
/** A start this far outside the plan, or an answer this long after its time, is a torn number. */
const ASTRAY_MS = 60_000;
/** An answer is this late at most where the generator had CPU; one later than that tells nothing about the clock. */
const SLACK_MS = 1000;

const FOREIGN = -2;

/** How the generator ended. */
export interface GeneratorEnd {
  /** It ran its plan to the end, and all its evidence was written. */
  complete: boolean;
  /** Lines that could not be read: each may have been the only one of an arrival. */
  torn?: number;
  /** Epoch ms: later ticks were not due any more. For a run that is not complete; null: the last evidence tells. */
  endedAtMs: number | null;
}

export interface TimelineOptions {
  /** Called once for each second, in order, when it closes. */
  onSecond?: (second: Second) => void;
  /** Says whose fault a stretch is. */
  blame?: (stretch: Suspicion) => Blame;
  /** Keep each second's latencies of every operation, for windowed claims. */
  keepSeconds?: boolean;
}

/**
 * Folds evidence into the seconds of a run as it comes: what was planned, started, answered, and how fast. A second
 * closes once the evidence has moved a whole iteration and a margin beyond it, by its own clock: the same bytes give the
 * same seconds live and years later. What comes after that is booked on the last second, so that sums are exact.
 */
export class Timeline {
  readonly operationNames: readonly string[];
  /** Index of the operation that claims without a name speak of. */
  readonly main: number;
  readonly populations: PopulationTrack[];
  readonly evidence = { late: 0, gaps: 0, exceptions: 0, astray: 0 };
  /** Arrivals so far, for the live view; the end settles what they lack. */
  readonly totals: Omit<Orders, 'planned' | 'started'> = {
    acknowledged: 0,
    refused: 0,
    unsent: 0,
    unknown: 0,
    dropped: 0,
  };
  /** Latencies and lateness of the measured window, by whose fault its seconds were. */
  readonly window: { clean: Tally; blamed: Tally };
  /** The latest instant that the evidence speaks of, epoch ms. */
  latestMs = 0;
  readonly #plan: Plan;
  readonly #decoder: EvidenceDecoder;
  readonly #options: TimelineOptions;
  readonly #successes: number[];
  readonly #opOfIndex: number[] = [];
  readonly #seconds: Seconds;
  readonly #open: OpenArrivals;
  readonly #waiting: EvidenceLine[] = [];
  readonly #planMs: number;
  /** Index of the operation whose worth is known; -1 for none. */
  readonly #priced: number;
  #firstMs = Number.POSITIVE_INFINITY;
  #nextToClose = 0;
  #lateAt = { index: -1, ms: 0 };
  #inFlight = 0;
  /** By population: arrivals started in closed seconds, gaps included, and drops booked. */
  readonly #started: number[];
  readonly #dropped: number[];
  #untilMs = Number.POSITIVE_INFINITY;
  /** What the end must still book: the run's counts less those of the seconds that went out. */
  readonly #unbooked: Second = emptySecond();

  /** @param decoder the decoder of the lines that will come: its tables give their names */
  constructor(plan: Plan, decoder: EvidenceDecoder, options: TimelineOptions = {}) {
    this.#plan = plan;
    this.#decoder = decoder;
    this.#options = options;
    this.operationNames = Object.keys(plan.operations);
    this.main = this.operationNames.indexOf(mainOperation(plan));
    this.#successes = Object.values(plan.operations).map((operation) => operation.success);
    this.populations = plan.populations.map((population) => new PopulationTrack(population));
    this.#priced = isPriced(plan.scenario) ? this.operationNames.indexOf('order') : -1;
    this.#planMs = Math.max(0, ...this.populations.map((track) => track.ticks.durationMs));
    this.#started = this.populations.map(() => 0);
    this.#dropped = this.populations.map(() => 0);
    this.#open = new OpenArrivals(this.#successes);
    const operations = this.operationNames.length;
    this.#seconds = new Seconds(plan.window, this.populations, operations);
    this.window = { clean: new Tally(operations), blamed: new Tally(operations) };
  }

  /** Epoch ms of the run's clock zero; NaN until the first arrivals have told it. */
  get zeroMs(): number {
    return this.#seconds.zeroMs;
  }

  get seconds(): readonly OpenSecond[] {
    return this.#seconds.list;
  }

  /** Folds one line in. The caller may reuse it. */
  push(line: EvidenceLine): void {
    if (!Number.isNaN(this.zeroMs)) {
      this.#fold(line);
      return;
    }
    this.#waiting.push({ ...line });
    this.#firstMs = Math.min(this.#firstMs, line.startMs);
    const ready = this.#firstMs + CALIBRATION_MS + this.#plan.timeoutMs;
    if (line.startMs + line.waitMs + line.durationMs >= ready) this.#calibrate();
  }

  /** A second as far as it is known by now, for the live view; null where nothing can be told before it closes. */
  preview(index: number): Second | null {
    const open = this.#plan.linesPerArrival === 1 ? this.seconds[index] : undefined;
    if (!open || open.closed) return null;
    const second = renderSecond(open, this.operationNames, this.main, this.#decoder.regions, 0);
    const planned = this.#plannedIn(index * 1000, index * 1000 + 1000);
    return { ...second, planned, lateP99Ms: this.#lateSoFar(open) };
  }

  /** Told once a second, since it is dear. */
  #lateSoFar(open: OpenSecond): number {
    if (this.#lateAt.index !== open.index) {
      const bins = this.seconds.slice(this.#nextToClose, open.index + 1).flatMap((second) => second.bins);
      const late = latenessSoFar(this.populations, bins, open.bins, {
        started: this.#started,
        dropped: this.#dropped,
      });
      this.#lateAt = { index: open.index, ms: late ?? 0 };
    }
    return this.#lateAt.ms;
  }

  /** Closes what is open and settles what only the end can tell: gaps, the tail, the exact drops. */
  finish(end: GeneratorEnd): void {
    if (Number.isNaN(this.zeroMs)) this.#calibrate();
    for (const arrival of this.#open.takeStartedBefore(Number.POSITIVE_INFINITY)) this.#account(arrival);
    const endedAtMs = end.complete ? this.zeroMs + this.#planMs : (end.endedAtMs ?? this.latestMs);
    this.#untilMs = Math.min(this.#planMs, Math.max(0, endedAtMs - this.zeroMs));
    const lastIndex = Math.max(this.seconds.length, Math.ceil(this.#untilMs / 1000), 1) - 1;
    // One by one: a second that is open holds each of its milliseconds, and is looked through by all before it.
    while (this.#nextToClose < lastIndex) {
      this.#seconds.at(this.#nextToClose + 1);
      this.#close();
    }
    const last = this.#seconds.at(lastIndex);
    this.#measure(last);
    const brokenMs = this.latestMs - this.#plan.iterationMaxMs;
    const ending = {
      complete: end.complete,
      torn: (end.torn ?? 0) + this.evidence.astray,
      untilMs: this.zeroMs + this.#untilMs,
      brokenMs,
    };
    this.evidence.gaps = settle(this.bins(), this.populations, ending);
    this.#emitLast(last);
  }

  /** Ticks of all populations in a stretch of the run's clock, ms. */
  #plannedIn(from: number, to: number): number {
    return this.populations.reduce((sum, { ticks }) => sum + ticks.dueBy(to) - ticks.dueBy(from), 0);
  }

  /** Ticks due by an instant of the epoch. */
  dueBy(ms: number): number {
    return this.populations.reduce((sum, track) => sum + track.dueBy(ms), 0);
  }

  /** Every bin of the run, in order. */
  bins(): Bin[] {
    return this.#seconds.bins();
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
    this.#seconds.zeroMs =
      zeros.length > 0 ? Math.min(...zeros) : Number.isFinite(this.#firstMs) ? this.#firstMs : 0;
    for (const track of this.populations) if (Number.isNaN(track.zeroMs)) track.zeroMs = this.zeroMs;
    for (const line of this.#waiting.splice(0)) this.#fold(line);
  }

  #fold(line: EvidenceLine): void {
    const op = this.#operation(line);
    const p = this.#population(line.population);
    const track = this.populations[p];
    const clockMs = line.startMs - this.#seconds.zeroMs;
    const tookMs = line.waitMs + line.durationMs;
    const longestMs = this.#plan.iterationMaxMs;
    const astray =
      clockMs < -CALIBRATION_MS || clockMs > this.#planMs + ASTRAY_MS || tookMs > longestMs + ASTRAY_MS;
    if (!track || astray || op === FOREIGN || line.seq >= track.ticks.total) {
      this.evidence.astray += 1;
      return;
    }
    const endMs = line.startMs + tookMs;
    const outcome =
      op === EXCEPTION ? 'unknown' : outcomeOf(line.status, line.errorCode, this.#successes[op]!);
    if (op === EXCEPTION) this.evidence.exceptions += 1;
    if (track.seen.has(line.seq)) {
      // One that threw after its answer keeps that answer.
      if (op !== EXCEPTION) this.evidence.late += 1;
      return;
    }
    const second = this.#seconds.of(line.startMs);
    const bin = binIn(second, line.startMs);
    if (outcome !== 'acknowledged') countError(second, line);
    if (this.#plan.linesPerArrival === 1) {
      this.#start(p, line, bin);
      this.#arrive(p, line.seq, second, endMs, outcome, line.region);
      if (this.#isSuspect(bin, p, line.seq)) bin.suspects.push(bookingOfLine(line, p, op, outcome));
      else {
        bin.tally[outcome] += 1;
        if (op === EXCEPTION) bin.tally.unwritten += 1;
        else this.#bookOperation(bin, op, line.seq, outcome, tookMs);
      }
    } else if (this.#open.add(line, op)) {
      this.#start(p, line, bin);
    }
    // A torn duration must not close what is still open.
    const seenMs = line.startMs + Math.min(tookMs, longestMs + SLACK_MS);
    if (seenMs > this.latestMs) {
      this.latestMs = seenMs;
      this.#closeWhatIsOver();
    }
  }

  /** Index of the population with this letter, -1 for none. A loop, since it runs once an order. */
  #population(letter: number): number {
    for (let p = 0; p < this.populations.length; p++) if (this.populations[p]!.letter === letter) return p;
    return -1;
  }

  #operation(line: EvidenceLine): number {
    let op = this.#opOfIndex[line.op];
    if (op === undefined) {
      const name = this.#decoder.ops[line.op]!;
      op = this.operationNames.indexOf(name);
      if (op < 0) op = name === 'exception' ? EXCEPTION : FOREIGN;
      this.#opOfIndex[line.op] = op;
    }
    return op === EXCEPTION && line.errorCode !== SCENARIO_EXCEPTION ? FOREIGN : op;
  }

  /** The first line of an arrival: it has started. */
  #start(p: number, line: EvidenceLine, bin: Bin): void {
    if (line.seq > bin.highest[p]!) bin.highest[p] = line.seq;
    const counted = bin.start(p, line.startMs) || this.populations[p]!.wasGap(line.seq);
    if (!counted) this.#started[p]! += 1;
  }

  /** Takes an arrival of several lines that is complete. */
  #account(arrival: Arrival): void {
    const p = this.#population(arrival.population);
    const second = this.#seconds.of(arrival.startMs);
    const bin = binIn(second, arrival.startMs);
    const booking = this.#arriveWhole(arrival, p, second);
    if (this.#isSuspect(bin, p, arrival.seq)) bin.suspects.push(booking);
    else this.#book(bin, booking);
  }

  #arriveWhole(arrival: Arrival, p: number, second: OpenSecond): Booking {
    this.#arrive(p, arrival.seq, second, arrival.endMs, arrival.outcome, arrival.region);
    return bookingOf(arrival, p, this.main);
  }

  /** It started in this bin, but it may have been due before it: what was dropped lately is not known yet. */
  #isSuspect(bin: Bin, p: number, seq: number): boolean {
    return seq < bin.dueBefore[p]! - this.#dropped[p]! && bin.starts !== null;
  }

  #book(bin: Bin, { seq, outcome, operations, unreached, threw }: Booking): void {
    bin.tally[outcome] += 1;
    if (threw) bin.tally.unwritten += 1;
    if (unreached) bin.tally.unreached += 1;
    for (const each of operations) this.#bookOperation(bin, each.op, seq, each.outcome, each.latencyMs);
  }

  #bookOperation(bin: Bin, op: number, seq: number, outcome: Outcome, latencyMs: number): void {
    if (outcome === 'acknowledged' && op === this.#priced) bin.tally.value += orderValue(seq);
    if (outcome !== 'acknowledged') bin.tally.operations[op]!.failed += 1;
    else if (bin.starts) bin.tally.operations[op]!.served.record(latencyMs);
    else if (bin.inWindow) this.#windowOf(bin).operations[op]!.served.record(latencyMs);
  }

  #windowOf(bin: Bin): Tally {
    return bin.blame === 'none' ? this.window.clean : this.window.blamed;
  }

  /** What an arrival tells of the clock, whichever bin it is counted in; this runs once an order. */
  #arrive(p: number, seq: number, second: OpenSecond, endMs: number, outcome: Outcome, region: number): void {
    this.populations[p]!.see(seq);
    this.totals[outcome] += 1;
    const { bins } = second;
    // Nearly all end in the second that they started in; its edge is not on a whole millisecond.
    const ended = endMs < bins[bins.length - 1]!.toMs - 1 ? second : this.#seconds.of(endMs);
    ended.ended += 1;
    if (outcome === 'acknowledged') second.regions.set(region, (second.regions.get(region) ?? 0) + 1);
  }

  #closeWhatIsOver(): void {
    const over = this.latestMs - this.zeroMs - closingMs(this.#plan);
    while (this.#nextToClose < this.seconds.length - 1 && (this.#nextToClose + 1) * 1000 <= over)
      this.#close();
  }

  #close(): void {
    const second = this.seconds[this.#nextToClose]!;
    this.#measure(second);
    this.#emit(renderSecond(second, this.operationNames, this.main, this.#decoder.regions, this.#inFlight));
    this.#release(second);
  }

  #emit(second: Second): void {
    subtractCounts(this.#unbooked, second);
    this.#options.onSecond?.(second);
  }

  /** The last second takes what the end corrected, so that the seconds' sums are the run's. */
  #emitLast(last: OpenSecond): void {
    const second = renderSecond(last, this.operationNames, this.main, this.#decoder.regions, this.#inFlight);
    const sum = new Tally(0);
    for (const bin of this.bins()) sum.addCounts(bin.tally);
    setCounts(second, sum, this.#unbooked);
    this.#emit(second);
    this.#release(last);
  }

  /** All that is known of a second once nothing more is expected of it. */
  #measure(second: OpenSecond): void {
    const startedHere = this.#closeArrivals(second);
    for (const [i, bin] of second.bins.entries())
      this.#measureBin(bin, [...second.bins.slice(i + 1), ...this.#seconds.binsAfter(second)]);
    this.#inFlight += startedHere - second.ended;
    if (this.#options.keepSeconds) {
      second.kept = this.operationNames.map((_, op) => {
        const served = new LatencyHistogram();
        for (const bin of second.bins) served.add(bin.tally.operations[op]!.served);
        return served.encode();
      });
      const late = new LatencyHistogram();
      for (const bin of second.bins) late.add(bin.tally.late);
      second.keptLate = late.encode();
    }
    this.#nextToClose += 1;
  }

  /** Arrivals of several lines that started in it are complete now. @returns arrivals with a line that started in it */
  #closeArrivals(second: OpenSecond): number {
    const end = second.bins.at(-1)!.toMs;
    for (const arrival of this.#open.takeStartedBefore(end)) this.#account(arrival);
    return second.bins.reduce((sum, bin) => sum + bin.started, 0);
  }

  /**
   * Counts those arrivals in a bin that were due in it and started later: the numbers below the ticks due by its end,
   * less what was dropped. k6 numbers arrivals as they start, so late ones are the first of the bins behind.
   */
  #takeLate(bin: Bin, p: number, after: readonly Bin[]): void {
    const limit = this.#limit(bin, p);
    const isDue = ({ population, seq }: Booking): boolean => population === p && seq < limit;
    for (const { suspects } of after) for (const each of suspects.filter(isDue)) this.#book(bin, each);
    for (const later of after) later.suspects = later.suspects.filter((each) => !isDue(each));
    const { letter } = this.populations[p]!;
    const known = this.latestMs - this.#plan.iterationMaxMs;
    for (const arrival of this.#open.takeStartedBefore(
      known,
      (one) => one.population === letter && one.seq < limit,
    ))
      this.#book(bin, this.#arriveWhole(arrival, p, this.#seconds.of(arrival.startMs)));
    // What is left of its own started in it after arrivals that were dropped.
    for (const each of bin.suspects) if (each.population === p) this.#book(bin, each);
    bin.suspects = bin.suspects.filter((each) => each.population !== p);
  }

  /** Numbers below this were due by the end of a bin. */
  #limit(bin: Bin, p: number): number {
    return this.populations[p]!.ticks.dueBy(Math.min(bin.to, this.#untilMs)) - this.#dropped[p]!;
  }

  #measureBin(bin: Bin, after: readonly Bin[]): void {
    const { tally } = bin;
    const until = Math.min(bin.to, this.#untilMs);
    tally.planned += this.#plannedIn(Math.min(bin.from, until), until);
    tally.durationMs = Math.max(0, until - bin.from);
    let droppedHere = 0;
    for (const [p, track] of this.populations.entries()) {
      const gaps = track.takeGaps(bin.highest[p]!);
      bin.gaps += gaps;
      this.totals.unknown += gaps;
      const before = { started: this.#started[p]!, dropped: this.#dropped[p]! };
      const started = this.#started[p]! + gaps;
      bin.leastDeficit[p] = leastDeficit(track, p, [bin], started, bin.toMs);
      this.#started[p] = started + bin.starts![p]!.reduce((sum, n) => sum + n, 0);
      const ahead = leastDeficit(track, p, after, this.#started[p]!, this.latestMs);
      const dropped = Number.isFinite(ahead) ? Math.max(0, ahead - this.#dropped[p]!) : 0;
      if (dropped === 0)
        recordLateness(track, p, [bin, ...after], { ...before, limit: this.#limit(bin, p) }, tally.late);
      this.#dropped[p]! += dropped;
      this.#takeLate(bin, p, after);
      droppedHere += dropped;
    }
    bin.dropped = droppedHere;
    this.totals.dropped += droppedHere;
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
    const { served, failed } = tally.operations[this.main]!;
    return failed > 0 || tally.unwritten > 0 || served.count === 0 ? null : served.atRank(served.count);
  }

  #release(second: OpenSecond): void {
    for (const bin of second.bins) {
      if (bin.inWindow) this.#windowOf(bin).addLatencies(bin.tally);
      bin.release();
    }
    second.closed = true;
    second.errors = new Map();
    second.regions = new Map();
  }
}

function countError({ errors }: OpenSecond, line: EvidenceLine): void {
  const label = errorLabel(line.status, line.errorCode);
  errors.set(label, (errors.get(label) ?? 0) + 1);
}
