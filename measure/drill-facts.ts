import type { DrillRecord } from './drill.ts';
import type { ObservedEvent } from './events.ts';
import { formatClock } from './format.ts';
import type { HeldFault } from './held-fault.ts';
import type { ListingTime, Reconciled } from './ledger.ts';
import type { Baseline, FoundOutage } from './outage.ts';
import type { PopulationKind } from './plan.ts';

/** All that is known of a drill before it is judged. Times are epoch ms. */
export interface DrillFacts {
  record: DrillRecord;
  events: readonly ObservedEvent[];
  /** The run's clock zero. */
  zeroMs: number;
  /** Until then arrivals were due. */
  endMs: number;
  /** By loss, as the drill declares them. */
  held: readonly HeldFault[];
  /** Of every population, by their beginning. */
  outages: readonly FoundOutage[];
  baselines: readonly { population: PopulationKind; baseline: Baseline }[];
  /** In some second while a fault held, service was below the rule. */
  degraded: boolean;
  /** By loss; the one that lost most is what is told. */
  audits: readonly Audit[];
  /** Whole lines of a region's listing; null where there is none. */
  listed: (at: ListingTime, region: string) => number | null;
  /** Starts of arrivals without a line, and how many lines were torn. */
  unwritten: { startsMs: readonly number[]; torn: number };
  /** When the generator could not keep up, in order; not around a fault. */
  blamed: readonly { fromMs: number; toMs: number }[];
  /** What lies between two orders just before the outage is not seen, ms. */
  gapMs: number;
  /** Acknowledged orders a second. */
  capacity: { before: number; after: number | null };
}

/** What one loss cost. */
export interface Audit {
  held: HeldFault;
  /** The first order that the survivor served after the loss; null: none. */
  cutoverMs: number | null;
  /** Its counts are null where no listing was read. */
  ledger: Reconciled;
}

/** The audit that is told: that of the most lost orders, the first of equals. Claims are judged on every one. */
export function decidingAudit({ audits }: Pick<DrillFacts, 'audits'>): Audit {
  const lost = ({ ledger }: Audit): number => (ledger.cutover ?? ledger.healed)?.lost_acked ?? 0;
  return audits.reduce((a, b) => (lost(b) > lost(a) ? b : a));
}

/** Whom the RTO speaks of: fresh clients, or all where there are none. */
function isJudged({ baselines }: DrillFacts): (of: { population: PopulationKind }) => boolean {
  const hasFresh = baselines.some(({ population }) => population === 'fresh');
  return ({ population }) => !hasFresh || population === 'fresh';
}

/** Outages that the RTO speaks of. */
export const judgedOutages = (facts: DrillFacts): FoundOutage[] => facts.outages.filter(isJudged(facts));

/** What normal is for those of whom the RTO speaks. */
export const judgedBaselines = (facts: DrillFacts): Baseline[] =>
  facts.baselines.filter(isJudged(facts)).map(({ baseline }) => baseline);

/** How long an outage was, as far as is known, ms. */
export const lengthOf = ({ sustainedMs, openUntilMs, fromMs }: FoundOutage): number =>
  sustainedMs === null ? Infinity : openUntilMs - fromMs;

/** The longest, the first of equals; null where there is none. */
export function longestOutage(facts: DrillFacts): FoundOutage | null {
  return judgedOutages(facts).reduce<FoundOutage | null>(
    (a, b) => (a === null || lengthOf(b) > lengthOf(a) ? b : a),
    null,
  );
}

/** An outage this long before its fault was told is the fault's: the order was under way when it took hold. */
const BEFORE_MS = 1000;

/** The loss that an outage belongs to; null for one that began before any. */
export function heldAt(facts: Pick<DrillFacts, 'held'>, fromHighMs: number): HeldFault | null {
  return facts.held.findLast(({ fromMs }) => fromMs !== null && fromMs <= fromHighMs + BEFORE_MS) ?? null;
}

/** An instant on the run's own clock. */
export const clock = ({ zeroMs }: Pick<DrillFacts, 'zeroMs'>, ms: number): string =>
  formatClock(Math.max(0, ms - zeroMs));
