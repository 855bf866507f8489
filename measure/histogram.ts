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

/** A percentile with its interval, ms. Infinity: the arrival at that rank was not served. */
export interface Quantile {
  value: number;
  low: number;
  high: number;
}

/** 97.5 % point of the normal distribution: a two-sided interval at 95 %. */
const Z95 = 1.959964;

/**
 * The q-quantile over all planned arrivals: those served by their latency, the unserved as +infinity.
 * The interval is that of binomial order statistics at 95 % (David and Nagaraja, Order Statistics, 7.1).
 * @param served latencies of the acknowledged
 * @param unserved how many more arrivals were planned
 * @param unsure how many of `unserved` have an unwritten fate: the low end takes them as served at once
 * @param q 0 < q <= 1; 1 is the maximum
 * @returns null when nothing was planned
 */
export function quantile(served: LatencyHistogram, unserved: number, q: number, unsure = 0): Quantile | null {
  const n = served.count + unserved;
  if (n === 0) return null;
  const spread = Z95 * Math.sqrt(n * q * (1 - q));
  const lowRank = Math.max(1, Math.floor(n * q - spread));
  const rank = Math.min(n, Math.max(1, Math.ceil(n * q - 1e-9)));
  const highRank = Math.min(n, Math.ceil(n * q + spread + (q < 1 ? 1 : 0)));
  const low = lowRank - unsure < 1 ? 0 : served.atRank(lowRank - unsure);
  const [value, high] = served.atRanks([rank, highRank]);
  return { value: value!, low, high: high! };
}
