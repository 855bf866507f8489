import type { Bitmap } from './bitmap.ts';
import type { LedgerCounts, LostOrder } from './drill.ts';
import type { Orders } from './orders.ts';
import { type FirstIds, StoredKeys } from './stored-keys.ts';

/** When a listing was read: at cut-over of the survivor, after heal of each region. */
export type ListingTime = 'cutover' | 'healed';

/** More lost orders than this are counted and not listed. */
const MOST_LISTED = 100_000;

export interface LedgerQuestion {
  /** Whether a region's index is that of the lost one. */
  isLost: (region: number) => boolean;
  /** Epoch ms: orders that began and acknowledgements that came until then count. */
  cutoverMs: number;
  /** Whose listing at cut-over is asked. */
  survivor: string;
  /** False: the generator died, and a number beyond the last line may have been sent. */
  complete: boolean;
}

export interface Reconciled {
  cutover: LedgerCounts | null;
  healed: LedgerCounts | null;
  /** By acknowledgement, the first `MOST_LISTED` of them; those missing from the listing at cut-over, or after heal where there is none. */
  lost: LostOrder[];
  /** Epoch ms, of those that are lost; null where none is. */
  earliestLostMs: number | null;
  /** The earliest start of an order without a line that the listing does not have either, epoch ms. */
  earliestUnwrittenMs: number | null;
  /** Lines of the listings that could not be read. */
  torn: number;
}

/**
 * Orders as their clients saw them, against the keys that were stored: acknowledged and lost, unknown and present... in
 * Jepsen's vocabulary. A few bits and a 32-bit hash of the order id a key: two ids that hash alike (one pair in four
 * billion) would not be told apart. What it says depends neither on the order of lines nor on how often they are read.
 */
export class Ledger {
  readonly #run: string;
  readonly #populations: readonly Orders[];
  readonly #regions: readonly string[];
  readonly #cutover = new Map<string, StoredKeys>();
  #healed: StoredKeys | null = null;
  #firstIds: FirstIds;

  /** @param regions names by the index that the orders hold, filled by the end */
  constructor(run: string, populations: readonly Orders[], regions: readonly string[]) {
    this.#run = run;
    this.#populations = populations;
    this.#regions = regions;
    this.#firstIds = populations.map((orders) => new Uint32Array(orders.planned));
  }

  /** Takes the next bytes of a region's listing. */
  push(at: ListingTime, region: string, chunk: Uint8Array): void {
    this.#keysOf(at, region).push(this.#run, region, chunk);
  }

  /** All listings have come: lets go of what only reading them needs. */
  end(): void {
    for (const keys of [...this.#cutover.values(), this.#healed]) keys?.end();
    this.#firstIds = [];
  }

  /** Whole lines in a region's listing; null where none was pushed. */
  lines(at: ListingTime, region: string): number | null {
    const keys = at === 'cutover' ? this.#cutover.get(region) : this.#healed;
    return keys?.lines(region) ?? null;
  }

  /** After `end`; an absent listing gives null counts. */
  reconcile(question: LedgerQuestion): Reconciled {
    const cutover = this.#cutover.get(question.survivor) ?? null;
    const healed = this.#healed;
    const asked = cutover ?? healed;
    const tracker = new LostOrders(this.#run, this.#populations, this.#regions);
    const counts = (keys: StoredKeys | null): LedgerCounts | null =>
      keys && this.#count(keys, question, { before: cutover, lost: keys === asked ? tracker : null, healed });
    const first = counts(cutover);
    return {
      cutover: first,
      healed: counts(healed),
      lost: tracker.list(),
      earliestLostMs: tracker.earliestMs,
      earliestUnwrittenMs: tracker.earliestUnwrittenMs,
      torn: (cutover?.torn ?? 0) + (healed?.torn ?? 0),
    };
  }

  #keysOf(at: ListingTime, region: string): StoredKeys {
    if (at === 'healed') {
      this.#healed ??= new StoredKeys(this.#populations, this.#firstIds);
      return this.#healed;
    }
    let keys = this.#cutover.get(region);
    if (keys === undefined) {
      keys = new StoredKeys(this.#populations, this.#firstIds);
      this.#cutover.set(region, keys);
    }
    return keys;
  }

  #count(keys: StoredKeys, question: LedgerQuestion, other: Other): LedgerCounts {
    const counts: LedgerCounts = {
      acknowledged: 0,
      found: 0,
      lost_acked: 0,
      unknown_present: 0,
      unknown_absent: 0,
      duplicated: keys.duplicates,
      unexpected: keys.strange,
      recovered: 0,
    };
    for (const [p, orders] of this.#populations.entries()) {
      const present = keys.present[p]!;
      for (let seq = 0; seq <= orders.highest; seq++)
        countOrder(counts, { orders, seq, p, stored: present.has(seq) }, question, other);
      const beyond = storedBeyond(present, orders);
      counts[question.complete ? 'unexpected' : 'unknown_present'] += beyond;
    }
    return counts;
  }
}

interface Other {
  before: StoredKeys | null;
  healed: StoredKeys | null;
  /** Takes the lost ones; null: they are only counted. */
  lost: LostOrders | null;
}

interface OneOrder {
  orders: Orders;
  seq: number;
  p: number;
  stored: boolean;
}

/** Runs once an order. */
function countOrder(counts: LedgerCounts, one: OneOrder, question: LedgerQuestion, other: Other): void {
  const { orders, seq, p, stored } = one;
  if (orders.isAcknowledged(seq)) {
    if (!question.isLost(orders.region(seq)) || orders.acknowledgedMs(seq) > question.cutoverMs) return;
    counts.acknowledged += 1;
    if (stored) {
      counts.found += 1;
      if (other.before !== null && !other.before.present[p]!.has(seq)) counts.recovered += 1;
    } else {
      counts.lost_acked += 1;
      other.lost?.take(p, seq, other.healed !== null && other.healed.present[p]!.has(seq));
    }
  } else if (orders.isUnknown(seq)) {
    if (orders.startMs(seq) > question.cutoverMs) return;
    if (stored) counts.unknown_present += 1;
    else {
      counts.unknown_absent += 1;
      if (orders.isUnwritten(seq)) other.lost?.takeUnwritten(orders.startMs(seq));
    }
  } else if (stored && orders.isUnsent(seq)) {
    counts.unexpected += 1;
  }
}

/** Stored keys whose number is higher than that of any line. */
function storedBeyond(present: Bitmap, orders: Orders): number {
  const from = orders.highest + 1;
  return orders.planned - from - present.missing(from, orders.planned);
}

/** Lost orders, the earliest first. */
class LostOrders {
  earliestMs: number | null = null;
  earliestUnwrittenMs: number | null = null;
  readonly #run: string;
  readonly #populations: readonly Orders[];
  readonly #regions: readonly string[];
  readonly #list: LostOrder[] = [];

  constructor(run: string, populations: readonly Orders[], regions: readonly string[]) {
    this.#run = run;
    this.#populations = populations;
    this.#regions = regions;
  }

  take(p: number, seq: number, recovered: boolean): void {
    const orders = this.#populations[p]!;
    const acknowledgedMs = orders.acknowledgedMs(seq);
    this.earliestMs = Math.min(this.earliestMs ?? Infinity, acknowledgedMs);
    if (this.#list.length >= MOST_LISTED) return;
    const key = `${this.#run}-${String.fromCharCode(orders.letter)}${seq}`;
    const region = this.#regions[orders.region(seq)] ?? '';
    this.#list.push({ key, acknowledgedMs, region, recovered });
  }

  takeUnwritten(startMs: number): void {
    this.earliestUnwrittenMs = Math.min(this.earliestUnwrittenMs ?? Infinity, startMs);
  }

  list(): LostOrder[] {
    return this.#list.sort((a, b) => a.acknowledgedMs - b.acknowledgedMs || (a.key < b.key ? -1 : 1));
  }
}
