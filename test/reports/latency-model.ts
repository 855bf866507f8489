/** The latency that stories are told with: mixtures of lognormal distributions, their quantiles by bisection. */

/** No acknowledged latency is longer. */
export const TIMEOUT_MS = 1_000;

/** Mulberry32, public domain: 32 bits of state are enough for a fixture. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal distribution function (Abramowitz and Stegun 26.2.17). */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return z >= 0 ? 1 - tail : tail;
}

/** Acknowledged arrivals whose latency is lognormal around a median. */
export interface Mixture {
  weight: number;
  medianMs: number;
  sigma: number;
}

/** The latency at `ratio` of all planned arrivals, null where that arrival was never served. */
export function quantile(parts: readonly Mixture[], planned: number, ratio: number): number | null {
  const served = parts.reduce((sum, part) => sum + part.weight, 0);
  if (planned === 0 || ratio * planned > served) return null;
  let low = 1e-3;
  let high = 1e5;
  for (let step = 0; step < 60; step += 1) {
    const middle = Math.sqrt(low * high);
    const below = parts.reduce(
      (sum, part) => sum + part.weight * normalBelow(Math.log(middle / part.medianMs) / part.sigma),
      0,
    );
    if (below < ratio * planned) low = middle;
    else high = middle;
  }
  // What takes longer than the timeout is not acknowledged; the model's own tail would go on.
  return Math.round(Math.min(high, TIMEOUT_MS * 0.99) * 1_000) / 1_000;
}
