/** Follows a run while it is under way: its evidence into closed seconds, and what the live view shows. */
import type { RunEvent, Second } from '../measure/events.ts';
import { EvidenceDecoder, type EvidenceLine } from '../measure/evidence.ts';
import type { Plan } from '../measure/plan.ts';
import { Timeline } from '../measure/timeline.ts';
import { type LiveTick, NO_COUNTS } from '../reports/terminal/state.ts';

/** Hears of every line; the line is good until the function returns. `names` is what its indices stand for. */
export type Watcher = (
  line: EvidenceLine,
  names: { ops: readonly string[]; regions: readonly string[] },
) => void;

export class LiveTimeline {
  readonly #decoder = new EvidenceDecoder();
  readonly #timeline: Timeline;
  #lastClosed: Second | null = null;

  readonly #watch: Watcher | null;

  /** @param ears where closed seconds go, as events, and lines as they are read */
  constructor(plan: Plan, ears: { write: (event: RunEvent) => void; watch?: Watcher }) {
    this.#watch = ears.watch ?? null;
    this.#timeline = new Timeline(plan, this.#decoder, {
      onSecond: (second) => {
        this.#lastClosed = second;
        ears.write({ t: second.startMs, kind: 'second', observed: false, second });
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk, (line) => {
      this.#timeline.push(line);
      this.#watch?.(line, this.#decoder);
    });
  }

  /** Closes what is still open. @param endedAtMs epoch ms, for a run that is not complete */
  finish(complete: boolean, endedAtMs: number | null): void {
    this.#decoder.end();
    this.#timeline.finish({ complete, endedAtMs });
  }

  tick(nowMs: number): LiveTick {
    const { zeroMs, totals } = this.#timeline;
    if (Number.isNaN(zeroMs)) return { nowMs, zeroMs: null, counts: NO_COUNTS, recent: null };
    const started = totals.acknowledged + totals.refused + totals.unsent + totals.unknown;
    const planned = this.#timeline.dueBy(nowMs);
    const inFlight = Math.max(0, planned - started - totals.dropped);
    const recent = this.#timeline.preview(Math.floor((nowMs - zeroMs) / 1000) - 1) ?? this.#lastClosed;
    return { nowMs, zeroMs, counts: { planned, started, ...totals, inFlight }, recent };
  }
}
