import hdr from 'hdr-histogram-js';

/** One microsecond to one hour at 3 significant digits: an error of at most 0.1 % of the value. */
const HIGHEST_US = 3_600_000_000;
const DIGITS = 3;

const build = (): hdr.Int32Histogram => new hdr.Int32Histogram(1, HIGHEST_US, DIGITS);

/**
 * Latencies as an HdrHistogram (Gil Tene): lossless under merging, which percentiles are not.
 * Values go in and come out in milliseconds and are kept in whole microseconds.
 */
export class LatencyHistogram {
  readonly #counts: hdr.Int32Histogram;

  constructor(counts: hdr.Int32Histogram = build()) {
    this.#counts = counts;
  }

  /** @param encoded HdrHistogram V2, compressed, base64, as `encode` gives it */
  static decode(encoded: string): LatencyHistogram {
    const histogram = new LatencyHistogram();
    if (encoded !== '') histogram.#counts.add(hdr.decodeFromCompressedBase64(encoded) as hdr.Int32Histogram);
    return histogram;
  }

  get count(): number {
    return this.#counts.totalCount;
  }

  /** Records one latency; what is longer than an hour counts as an hour. */
  record(ms: number): void {
    this.#counts.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1000))));
  }

  add(other: LatencyHistogram): void {
    if (other.count > 0) this.#counts.add(other.#counts);
  }

  /** Takes off what was added before. */
  subtract(other: LatencyHistogram): void {
    if (other.count > 0) this.#counts.subtract(other.#counts);
  }

  /** HdrHistogram V2, compressed, base64: read by every tool of that family. Empty when nothing was recorded. */
  encode(): string {
    return this.count === 0 ? '' : hdr.encodeIntoCompressedBase64(this.#counts);
  }

  /**
   * The value of the `rank`-th smallest latency in ms (1-based; the highest value equivalent to it),
   * or Infinity beyond the recorded ones.
   */
  atRank(rank: number): number {
    return this.atRanks([rank])[0]!;
  }

  /**
   * How many latencies fall between one bound and the next, the bound itself included.
   * @param boundsMs ascending
   * @returns one count a bound, and a last one for what is longer
   */
  countsBetween(boundsMs: readonly number[]): number[] {
    const counts = boundsMs.map(() => 0).concat(0);
    const bucket = (us: number): number => {
      const at = boundsMs.findIndex((bound) => us <= Math.round(bound * 1000));
      return at < 0 ? boundsMs.length : at;
    };
    let seen = 0;
    for (let index = 0; seen < this.count; index++) {
      const here = this.#counts.getCountAtIndex(index);
      if (here > 0) counts[bucket(this.#counts.valueFromIndex(index))]! += here;
      seen += here;
    }
    return counts;
  }

  /** As `atRank`, but the lowest value that is kept as the same: between the two lies what was recorded. */
  lowestAtRank(rank: number): number {
    const highest = this.atRank(rank);
    return Number.isFinite(highest) ? this.#counts.lowestEquivalentValue(highest * 1000) / 1000 : highest;
  }

  /** As `atRank` for several ranks, ascending, in one pass. */
  atRanks(ranks: readonly number[]): number[] {
    const values: number[] = [];
    let seen = 0;
    let index = -1;
    for (const rank of ranks) {
      if (rank > this.count) {
        values.push(Number.POSITIVE_INFINITY);
        continue;
      }
      while (seen < Math.max(1, rank)) {
        index += 1;
        seen += this.#counts.getCountAtIndex(index);
      }
      values.push(this.#counts.highestEquivalentValue(this.#counts.valueFromIndex(index)) / 1000);
    }
    return values;
  }
}

/** A percentile with its interval, ms. Infinity: the arrival at that rank was not served, or is not there. */
export interface Quantile {
  value: number;
  low: number;
  high: number;
}

/** 97.5 % point of the normal distribution: a two-sided interval at 95 %. */
const Z95 = 1.959964;
const TAIL = 0.025;
/** With so many arrivals expected on the thinner side, the binomial distribution is as good as normal. */
const NORMAL_FROM = 100;

/**
 * Ranks between whose values the true quantile lies at 95 %: binomial order statistics (David and Nagaraja, Order
 * Statistics, 7.1), exact for few arrivals. Low 0: none is surely below it; high n + 1: none is surely above it.
 */
function ranksAround(n: number, q: number): { low: number; high: number } {
  const thin = n * Math.min(q, 1 - q);
  if (thin >= NORMAL_FROM) {
    const spread = Z95 * Math.sqrt(n * q * (1 - q));
    return { low: Math.floor(n * q - spread), high: Math.ceil(n * q + spread + 1) };
  }
  const upper = q >= 0.5;
  const [below, above] = thinTails(n, upper ? 1 - q : q);
  // Counted from the thin side: `below` of them are too few, `above` are too many.
  return upper ? { low: n - above, high: n - below } : { low: below + 1, high: above + 1 };
}

/**
 * Of a count that is Binomial(n, p): the greatest m with P(count <= m) <= 2.5 %, -1 for none, and the least m with
 * P(count <= m) >= 97.5 %.
 */
function thinTails(n: number, p: number): [number, number] {
  let probability = (1 - p) ** n;
  let sum = probability;
  let m = 0;
  let below = -1;
  while (sum < 1 - TAIL && m < n) {
    if (sum <= TAIL) below = m;
    probability *= ((n - m) / (m + 1)) * (p / (1 - p));
    m += 1;
    sum += probability;
  }
  return [below, m];
}

/**
 * The q-quantile over all planned arrivals: those served by their latency, the unserved as +infinity. Its interval holds
 * the true value at 95 %, the histogram's resolution (0.1 %) included; where there are too few arrivals for an upper
 * end, that is infinite.
 * @param served latencies of the acknowledged
 * @param unserved how many more arrivals were planned
 * @param unsure how many of `unserved` have an unwritten fate: the low end takes them as served at once
 * @param q 0 < q <= 1; 1 is the maximum of these arrivals, which is no estimate and has no spread
 * @returns null when nothing was planned
 */
export function quantile(served: LatencyHistogram, unserved: number, q: number, unsure = 0): Quantile | null {
  const n = served.count + unserved;
  if (n === 0) return null;
  const rank = Math.min(n, Math.max(1, Math.ceil(n * q - 1e-9)));
  const ranks = q < 1 ? ranksAround(n, q) : { low: n, high: n };
  const lowRank = ranks.low - unsure;
  const low = lowRank < 1 ? 0 : served.lowestAtRank(lowRank);
  const high = ranks.high > n ? Number.POSITIVE_INFINITY : served.atRank(ranks.high);
  return { value: served.atRank(rank), low, high };
}
