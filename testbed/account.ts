/**
 * What a testbed really did, by its own count: the truth that tests hold the harness's answer against.
 *
 * Each whole `POST /api/v1/orders` ends in exactly one way:
 * received = acknowledged + invalid + errors + refusals + hangs + resets + abandoned + in_service.
 */
export interface Counts {
  /** Orders that were read to their last byte. */
  received: number;
  /** Different orders in the store. */
  stored: number;
  /** 201 handed to a connection that was open. */
  acknowledged: number;
  /** Those of them for a key that was stored before. */
  replayed: number;
  /** 400 and 413: not a valid order. */
  invalid: number;
  /** Planted 503. */
  errors: number;
  /** Planted 422. */
  refusals: number;
  /** Planted: never answered. */
  hangs: number;
  /** Planted: connection reset. */
  resets: number;
  /** Orders stored although their answer was a planted error, hang or reset. */
  stored_unanswered: number;
  /** The client had closed its connection when its answer was due. */
  abandoned: number;
  /** Waiting for their planted latency. */
  in_service: number;
  /** `GET` of orders, of the listing and of products, answered 200. */
  reads: number;
}

export interface RegionAccount {
  region: string;
  /** Null where the region was killed or stopped and could not tell. */
  counts: Counts | null;
}

/** The regions' sum, and each by itself. */
export interface Account extends Counts {
  regions: RegionAccount[];
}

export const NO_COUNTS: Readonly<Counts> = {
  received: 0,
  stored: 0,
  acknowledged: 0,
  replayed: 0,
  invalid: 0,
  errors: 0,
  refusals: 0,
  hangs: 0,
  resets: 0,
  stored_unanswered: 0,
  abandoned: 0,
  in_service: 0,
  reads: 0,
};

export function sumAccounts(regions: RegionAccount[]): Account {
  const sum: Counts = { ...NO_COUNTS };
  for (const { counts } of regions) {
    if (counts === null) continue;
    for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name];
  }
  return { ...sum, regions };
}

const WORDS: readonly [keyof Counts, string][] = [
  ['received', 'orders received'],
  ['stored', 'stored'],
  ['acknowledged', 'acknowledged (201)'],
  ['replayed', 'of them replays of a key'],
  ['invalid', 'invalid (400, 413)'],
  ['errors', 'planted 503'],
  ['refusals', 'planted 422'],
  ['hangs', 'planted hangs'],
  ['resets', 'planted resets'],
  ['stored_unanswered', 'stored in spite of a planted 503, hang or reset'],
  ['abandoned', 'given up by the client before the answer'],
  ['in_service', 'in service'],
  ['reads', 'reads'],
];

/** The usual lines, and of the others those that are not zero. */
const ALWAYS: ReadonlySet<keyof Counts> = new Set(['received', 'stored', 'acknowledged']);

/** For people: a line a count, numbers first. */
export function renderAccount(account: Account): string {
  const rows = WORDS.filter(([name]) => ALWAYS.has(name) || account[name] > 0).map(
    ([name, words]) => [account[name].toLocaleString('en-US'), words] as const,
  );
  const width = Math.max(...rows.map(([count]) => count.length));
  const lines = rows.map(([count, words]) => `  ${count.padStart(width)}  ${words}`);
  for (const { region, counts } of account.regions) {
    if (counts === null)
      lines.push(`  ${region} ended without an account: its orders are not in these counts`);
  }
  return `${lines.join('\n')}\n`;
}
