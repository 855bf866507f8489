import { type Arrival, OpenArrivals } from './arrivals.ts';
import type { Bin } from './bin.ts';
import { type Booking, bookingOf, bookingOfLine, EXCEPTION } from './booking.ts';
import type { EvidenceDecoder, EvidenceLine } from './evidence.ts';
import { isPriced, orderValue } from './order.ts';
import { errorLabel, type Outcome, outcomeOf, SCENARIO_EXCEPTION } from './outcome.ts';
import { mainOperation, type Plan } from './plan.ts';
import { PopulationTrack } from './population.ts';
import { binIn, type OpenSecond, Seconds } from './seconds.ts';
import { Tally } from './tally.ts';
import type { Orders } from './verdict.ts';

/** A start may be so long before the clock's zero, which the first arrivals of each population tell. */
const EARLY_MS = 1000;
/** A start this far outside the plan, or an answer this long after its time, is a torn number. */
const ASTRAY_MS = 60_000;
/** An answer is this late at most where the generator had CPU; one later than that tells nothing about the clock. */
const SLACK_MS = 1000;

const FOREIGN = -2;

/** Lines of evidence into the bins of a run: what runs once an order, and all that it writes. */
export class Folding {
  readonly operationNames: readonly string[];
  /** Index of the operation that claims without a name speak of. */
  readonly main: number;
  readonly populations: PopulationTrack[];
  readonly seconds: Seconds;
  readonly open: OpenArrivals;
  readonly evidence = { late: 0, gaps: 0, exceptions: 0, astray: 0 };
  /** Arrivals so far; the end settles what they lack. */
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
  /** By population: arrivals started in closed seconds, gaps included, and drops booked. */
  readonly started: number[];
  readonly dropped: number[];
  readonly planMs: number;
  readonly #plan: Plan;
  readonly #decoder: EvidenceDecoder;
  readonly #successes: number[];
  readonly #opOfIndex: number[] = [];
  /** Index of the operation whose worth is known; -1 for none. */
  readonly #priced: number;

  /** @param decoder the decoder of the lines that will come: its tables give their names */
  constructor(plan: Plan, decoder: EvidenceDecoder) {
    this.#plan = plan;
    this.#decoder = decoder;
    this.operationNames = Object.keys(plan.operations);
    this.main = this.operationNames.indexOf(mainOperation(plan));
    this.#successes = Object.values(plan.operations).map((operation) => operation.success);
    this.populations = plan.populations.map((population) => new PopulationTrack(population));
    this.#priced = isPriced(plan.scenario) ? this.operationNames.indexOf('order') : -1;
    this.planMs = Math.max(0, ...this.populations.map((track) => track.ticks.durationMs));
    this.started = this.populations.map(() => 0);
    this.dropped = this.populations.map(() => 0);
    this.open = new OpenArrivals(this.#successes);
    const operations = this.operationNames.length;
    this.seconds = new Seconds(plan.window, this.populations, operations);
    this.window = { clean: new Tally(operations), blamed: new Tally(operations) };
  }

  /**
   * Folds one line in.
   * @returns whether it moved the latest instant: then seconds may be over
   */
  fold(line: EvidenceLine): boolean {
    const op = this.#operation(line);
    const p = this.#population(line.population);
    const track = this.populations[p];
    const clockMs = line.startMs - this.seconds.zeroMs;
    const tookMs = line.waitMs + line.durationMs;
    const longestMs = this.#plan.iterationMaxMs;
    const astray = clockMs < -EARLY_MS || clockMs > this.planMs + ASTRAY_MS || tookMs > longestMs + ASTRAY_MS;
    if (!track || astray || op === FOREIGN || line.seq >= track.ticks.total) {
      this.evidence.astray += 1;
      return false;
    }
    const endMs = line.startMs + tookMs;
    const outcome =
      op === EXCEPTION ? 'unknown' : outcomeOf(line.status, line.errorCode, this.#successes[op]!);
    if (op === EXCEPTION) this.evidence.exceptions += 1;
    if (track.seen.has(line.seq)) {
      // One that threw after its answer keeps that answer.
      if (op !== EXCEPTION) this.evidence.late += 1;
      return false;
    }
    const second = this.seconds.of(line.startMs);
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
    } else if (this.open.add(line, op)) {
      this.#start(p, line, bin);
    }
    // A torn duration must not close what is still open.
    const seenMs = line.startMs + Math.min(tookMs, longestMs + SLACK_MS);
    if (seenMs <= this.latestMs) return false;
    this.latestMs = seenMs;
    return true;
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
    if (!counted) this.started[p]! += 1;
  }

  /** Takes an arrival of several lines that is complete. */
  account(arrival: Arrival): void {
    const p = this.#population(arrival.population);
    const second = this.seconds.of(arrival.startMs);
    const bin = binIn(second, arrival.startMs);
    const booking = this.arriveWhole(arrival, p, second);
    if (this.#isSuspect(bin, p, arrival.seq)) bin.suspects.push(booking);
    else this.book(bin, booking);
  }

  arriveWhole(arrival: Arrival, p: number, second: OpenSecond): Booking {
    this.#arrive(p, arrival.seq, second, arrival.endMs, arrival.outcome, arrival.region);
    return bookingOf(arrival, p, this.main);
  }

  /** It started in this bin, but it may have been due before it: what was dropped lately is not known yet. */
  #isSuspect(bin: Bin, p: number, seq: number): boolean {
    return seq < bin.dueBefore[p]! - this.dropped[p]! && bin.starts !== null;
  }

  book(bin: Bin, { seq, outcome, operations, unreached, threw }: Booking): void {
    bin.tally[outcome] += 1;
    if (threw) bin.tally.unwritten += 1;
    if (unreached) bin.tally.unreached += 1;
    for (const each of operations) this.#bookOperation(bin, each.op, seq, each.outcome, each.latencyMs);
  }

  #bookOperation(bin: Bin, op: number, seq: number, outcome: Outcome, latencyMs: number): void {
    if (outcome === 'acknowledged' && op === this.#priced) bin.tally.value += orderValue(seq);
    if (outcome !== 'acknowledged') bin.tally.operations[op]!.failed += 1;
    else if (bin.starts) bin.tally.operations[op]!.served.record(latencyMs);
    else if (bin.inWindow) this.windowOf(bin).operations[op]!.served.record(latencyMs);
  }

  windowOf(bin: Bin): Tally {
    return bin.blame === 'none' ? this.window.clean : this.window.blamed;
  }

  /** What an arrival tells of the clock, whichever bin it is counted in; this runs once an order. */
  #arrive(p: number, seq: number, second: OpenSecond, endMs: number, outcome: Outcome, region: number): void {
    this.populations[p]!.see(seq);
    this.totals[outcome] += 1;
    const { bins } = second;
    // Nearly all end in the second that they started in; its edge is not on a whole millisecond.
    const ended = endMs < bins[bins.length - 1]!.toMs - 1 ? second : this.seconds.of(endMs);
    ended.ended += 1;
    if (outcome === 'acknowledged') second.regions.set(region, (second.regions.get(region) ?? 0) + 1);
  }
}

function countError({ errors }: OpenSecond, line: EvidenceLine): void {
  const label = errorLabel(line.status, line.errorCode);
  errors.set(label, (errors.get(label) ?? 0) + 1);
}
