import type { Curve } from './plan.ts';

const NS_PER_MS = 1e6;
const NS_PER_SECOND = 1e9;

/** One stage in the generator's own units: nanoseconds, and arrivals per nanosecond. */
interface Piece {
  startNs: number;
  durationNs: number;
  from: number;
  to: number;
  /** Area under the curve before and after it, in arrivals. */
  before: number;
  after: number;
}

/**
 * The ticks of a curve: when its k-th arrival is due. Tick k (1-based) falls where the area under the stages reaches k.
 * The arithmetic, its order and its units are those of k6's ramping-arrival-rate (lib/executor, `cal`), so that counts
 * agree exactly, floating point included.
 */
export class Ticks {
  readonly total: number;
  readonly durationMs: number;
  readonly #pieces: Piece[] = [];

  constructor(curve: Curve) {
    let from = curve.startRatePerSecond / NS_PER_SECOND;
    let area = 0;
    let startNs = 0;
    for (const stage of curve.stages) {
      const to = stage.targetPerSecond / NS_PER_SECOND;
      const durationNs = stage.durationMs * NS_PER_MS;
      const before = area;
      area += from !== to ? durationNs * ((to - from) / 2 + from) : durationNs * to;
      this.#pieces.push({ startNs, durationNs, from, to, before, after: area });
      from = to;
      startNs += durationNs;
    }
    this.total = Math.floor(area);
    this.durationMs = startNs / NS_PER_MS;
  }

  /** Arrivals due in the first `ms` milliseconds. */
  dueBy(ms: number): number {
    const ns = ms * NS_PER_MS;
    let piece: Piece | undefined;
    for (const candidate of this.#pieces) {
      if (ns < candidate.startNs) break;
      piece = candidate;
    }
    if (!piece) return 0;
    const t = ns - piece.startNs;
    if (t >= piece.durationNs) return Math.floor(piece.after);
    const slope = (piece.to - piece.from) / piece.durationNs;
    // A tick that falls on this very instant is due: the epsilon outweighs rounding, not a real fraction.
    return Math.floor(Math.min(piece.after, piece.before + piece.from * t + (slope * t * t) / 2 + 1e-7));
  }

  /** When tick `k` (1-based) is due, ms; Infinity beyond the last. */
  timeOf(k: number): number {
    for (const { startNs, durationNs, from, to, before, after } of this.#pieces) {
      if (k > after) continue;
      if (from === to) return (startNs + (k - before) / to) / NS_PER_MS;
      const root = Math.sqrt(
        Math.max(0, durationNs * (from * from * durationNs + 2 * (k - before) * (to - from))),
      );
      return (startNs + (from * durationNs - root) / (from - to)) / NS_PER_MS;
    }
    return Number.POSITIVE_INFINITY;
  }
}
