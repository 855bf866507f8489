import type { Bin } from './bin.ts';
import type { PopulationTrack } from './population.ts';

/** What only the end of a run can tell. */
export interface Ending {
  /** The generator ran its plan to the end and all its evidence was written. */
  complete: boolean;
  /** Lines that could not be read: each may have been the only one of an arrival. */
  torn: number;
  /** Epoch ms until which ticks were due. */
  untilMs: number;
  /** Epoch ms from which on arrivals may have been under way when the evidence broke off. */
  brokenMs: number;
}

/**
 * Gives every arrival of the plan its place, exactly: gaps in the numbers become unknown where they happened, the rest of
 * the plan becomes dropped where the deficit grew, and unknown where the generator died with it in its hands.
 * @returns how many arrivals left no line
 */
export function settle(
  bins: readonly Bin[],
  populations: readonly PopulationTrack[],
  ending: Ending,
): number {
  let unwritten = 0;
  let { torn } = ending;
  for (const [p, track] of populations.entries()) {
    const started = track.highest + 1;
    const due = ending.complete ? track.ticks.total : track.ticks.dueBy(ending.untilMs - track.zeroMs);
    const gaps = placeGaps(bins, p, track);
    torn = Math.max(0, torn - gaps);
    unwritten += gaps;
    const rest = Math.max(0, Math.min(track.ticks.total, due) - started);
    // The last arrivals of a plan leave no gap in the numbers where their lines are torn.
    const lost = Math.min(rest, torn);
    torn -= lost;
    const dropped = ending.complete ? rest - lost : Math.min(rest, droppedBeforeTheBreak(bins, p, ending));
    placeDrops(bins, p, dropped, ending.complete ? Number.POSITIVE_INFINITY : ending.brokenMs);
    unwritten += placeTail(bins, rest - dropped);
  }
  return unwritten;
}

function placeGaps(bins: readonly Bin[], p: number, track: PopulationTrack): number {
  let gaps = 0;
  let at = 0;
  for (const n of track.seen.absentBelow(track.highest + 1)) {
    while (at < bins.length - 1 && bins[at]!.highest[p]! < n) at += 1;
    addUnwritten(bins[at]!, 1);
    gaps += 1;
  }
  return gaps;
}

/** Drops come where the least deficit from there on rises: that of a late arrival falls again, that of a dropped one stays. */
function placeDrops(bins: readonly Bin[], p: number, total: number, beforeMs: number): void {
  let after = total;
  for (let i = bins.length - 1; i >= 0; i--) {
    const bin = bins[i]!;
    const at = bin.toMs > beforeMs ? total : Math.min(bin.leastDeficit[p]!, after);
    const dropped = i === 0 ? after : after - at;
    bin.tally.dropped += dropped;
    after = at;
  }
}

/** What had been dropped by the time from which on the evidence is broken; what was under way then only adds to it. */
function droppedBeforeTheBreak(bins: readonly Bin[], p: number, ending: Ending): number {
  const broken = bins.filter((bin) => bin.toMs > ending.brokenMs && bin.fromMs < ending.untilMs);
  return broken.length === 0 ? 0 : Math.min(...broken.map((bin) => bin.leastDeficit[p]!));
}

/** Arrivals in the generator's hands when it died: from the end backwards, where the plan has more than was seen. */
function placeTail(bins: readonly Bin[], tail: number): number {
  let rest = tail;
  for (let i = bins.length - 1; i >= 0 && rest > 0; i--) {
    const { tally } = bins[i]!;
    const here = i === 0 ? rest : Math.min(rest, Math.max(0, tally.planned - tally.started - tally.dropped));
    addUnwritten(bins[i]!, here);
    rest -= here;
  }
  return tail;
}

function addUnwritten(bin: Bin, count: number): void {
  bin.tally.unknown += count;
  bin.tally.unwritten += count;
}
