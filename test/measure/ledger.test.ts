import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvidenceDecoder } from '../../measure/evidence.ts';
import { KeyListing } from '../../measure/key-listing.ts';
import { Ledger, type Reconciled } from '../../measure/ledger.ts';
import { Orders } from '../../measure/orders.ts';
import { outcomeOf } from '../../measure/outcome.ts';
import { type Drilled, drill, RUN } from './drill-simulation.ts';
import { find } from './drilled.ts';

const T = 1_763_683_200_000;
const at = (ms: number): number => T + ms;

/** `s0` at 0 ms, `s1` at 10 ms... each answered after 5 ms. */
const line = (
  seq: number,
  status = 201,
  region = 'seoul',
  changes: { attempt?: number; startMs?: number } = {},
) => `${at(changes.startMs ?? seq * 10)},order,s${seq},${changes.attempt ?? 1},${status},4,1,0,${region}\n`;
const key = (seq: number, id = `seoul-${seq}`): string => `${RUN}-s${seq},${id},${T}\n`;

interface Written {
  lines: string[];
  cutover?: string[];
  healed?: Record<string, string[]>;
  complete?: boolean;
  planned?: number;
  chunk?: number;
  /** The listings after heal are read first. */
  swap?: boolean;
}

function reconcile({
  lines,
  cutover,
  healed = {},
  complete = true,
  planned = 100,
  chunk = 1e6,
  swap = false,
}: Written): Reconciled {
  const decoder = new EvidenceDecoder();
  const orders = new Orders('s', 'sticky', planned);
  decoder.push(Buffer.from(lines.join('')), (each) =>
    orders.push(
      each.seq,
      each.startMs,
      each.waitMs + each.durationMs,
      outcomeOf(each.status, each.errorCode, 201),
      each.region,
    ),
  );
  orders.settle(0, at(1e6));
  const ledger = new Ledger(RUN, [orders], decoder.regions);
  const push = (when: 'cutover' | 'healed', region: string, rows: string[]): void => {
    const bytes = Buffer.from(rows.join(''));
    ledger.push(when, region, bytes.subarray(0, 0));
    for (let i = 0; i < bytes.length; i += chunk) ledger.push(when, region, bytes.subarray(i, i + chunk));
  };
  const first = (): void => {
    if (cutover) push('cutover', 'tokyo', cutover);
  };
  if (!swap) first();
  for (const [region, rows] of Object.entries(healed)) push('healed', region, rows);
  if (swap) first();
  ledger.end();
  const lost = decoder.regions.indexOf('seoul');
  return ledger.reconcile({
    isLost: (region) => region === lost,
    cutoverMs: at(500),
    survivor: 'tokyo',
    complete,
  });
}

describe('the ledger', () => {
  it('tells lost from found, and unknown orders that are stored from those that are not', () => {
    const lines = [
      line(0),
      line(1),
      line(2),
      line(3, 504, ''),
      line(4, 504, ''),
      line(5, 400),
      line(6, 201, 'tokyo'),
    ];
    const { cutover, lost, earliestLostMs } = reconcile({ lines, cutover: [key(0), key(3)] });
    expect(cutover).toEqual({
      acknowledged: 3,
      found: 1,
      lost_acked: 2,
      unknown_present: 1,
      unknown_absent: 1,
      duplicated: 0,
      unexpected: 0,
      recovered: 0,
    });
    expect(lost).toEqual([
      { key: `${RUN}-s1`, acknowledgedMs: at(15), region: 'seoul', recovered: false },
      { key: `${RUN}-s2`, acknowledgedMs: at(25), region: 'seoul', recovered: false },
    ]);
    expect(earliestLostMs).toBe(at(15));
  });

  it('counts until cut-over: acknowledgements that came by then, unknown orders that began by then', () => {
    const lines = [49, 50, 60].map((seq) => line(seq)).concat([line(48, 504, ''), line(61, 504, '')]);
    const { cutover } = reconcile({ lines: [...lines, ...filled(0, 48), ...filled(51, 60)], cutover: [] });
    expect(cutover).toMatchObject({ acknowledged: 1, lost_acked: 1, unknown_absent: 1 });
  });

  it('calls what is found after heal recovered, in whatever region', () => {
    const lines = [line(0), line(1), line(2)];
    const healed = { seoul: [key(0), key(1)], tokyo: [key(0)] };
    const found = reconcile({ lines, cutover: [key(0)], healed });
    expect(found.healed).toMatchObject({ acknowledged: 3, found: 2, lost_acked: 1, recovered: 1 });
    expect(found.lost.map(({ recovered }) => recovered)).toEqual([true, false]);
  });

  it('finds a key with two order ids, and not one that was listed twice', () => {
    const lines = [line(0), line(1), line(2)];
    const seoul = [key(0), key(1), key(2)];
    const tokyo = [key(0), key(0), key(1, 'tokyo-9'), key(1, 'tokyo-10'), key(2, '')];
    expect(reconcile({ lines, healed: { seoul, tokyo } }).healed).toMatchObject({ duplicated: 1, found: 3 });
  });

  it('tells keys with two order ids of each time apart, whichever listing comes first', () => {
    const ids = ['', 'a', 'b', 'c'];
    const rowsOf = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(...ids)), {
      maxLength: 12,
    });
    const lines = [0, 1, 2, 3].map((seq) => line(seq));
    fc.assert(
      fc.property(rowsOf, rowsOf, fc.boolean(), (before, after, swap) => {
        const text = (pairs: [number, string][]): string[] => pairs.map(([seq, id]) => key(seq, id));
        const twice = (pairs: [number, string][]): number =>
          [0, 1, 2, 3].filter(
            (n) => new Set(pairs.flatMap(([seq, id]) => (seq === n && id ? [id] : []))).size > 1,
          ).length;
        const found = reconcile({ lines, cutover: text(before), healed: { seoul: text(after) }, swap });
        expect(found.cutover!.duplicated).toBe(twice(before));
        expect(found.healed!.duplicated).toBe(twice(after));
      }),
    );
  });

  it('expects what was sent: nobody sent a number beyond the plan, an unsent order, another letter', () => {
    const lines = [line(0), `${at(10)},order,s1,1,0,0,1,1212,\n`];
    const strange = [key(1), key(100), `${RUN}-q7,x,${T}\n`, `${RUN}-s01,x,${T}\n`, `${RUN}-,x,${T}\n`];
    const rows = [key(0), ...strange.slice(0, 4), strange[3]!];
    expect(reconcile({ lines, cutover: rows }).cutover).toMatchObject({ unexpected: 4, found: 1 });
  });

  it('takes a number beyond the last line as unknown where the generator died, else as unexpected', () => {
    const written = { lines: [line(0)], cutover: [key(0), key(7)] };
    expect(reconcile(written).cutover).toMatchObject({ unexpected: 1, unknown_present: 0 });
    expect(reconcile({ ...written, complete: false }).cutover).toMatchObject({
      unexpected: 0,
      unknown_present: 1,
    });
  });

  it('takes a number without a line as unknown, and says when it began at the earliest', () => {
    const { cutover, earliestUnwrittenMs } = reconcile({
      lines: [line(0), line(1), line(4)],
      cutover: [key(0), key(1), key(4), key(3)],
    });
    expect(cutover).toMatchObject({ unknown_present: 1, unknown_absent: 1, lost_acked: 0 });
    expect(earliestUnwrittenMs).toBe(at(10));
  });

  it('takes a retried order as acknowledged if any attempt was, from its first start on', () => {
    const first = line(0, 504, '', { startMs: 0 });
    const second = line(0, 201, 'seoul', { attempt: 2, startMs: 200 });
    for (const lines of [
      [first, second],
      [second, first],
    ]) {
      const { lost } = reconcile({ lines, cutover: [] });
      expect(lost).toEqual([
        { key: `${RUN}-s0`, acknowledgedMs: at(205), region: 'seoul', recovered: false },
      ]);
    }
  });

  it('ignores the keys of other runs and counts torn lines', () => {
    const other = [`r-10-s1,x,${T}\n`, `r-2-s1,x,${T}\n`, `something,x,\n`];
    const torn = [`${RUN}-s1,seoul-1,17636\n`, `${RUN}-s1\n`, `${RUN}-s1,x\n`, `${RUN}-s1,seoul-1,1763`];
    const found = reconcile({ lines: [line(0), line(1)], cutover: [key(0), ...other, ...torn] });
    expect(found.cutover).toMatchObject({ found: 1, lost_acked: 1, unexpected: 0 });
    expect(found.torn).toBe(4);
  });

  it('reads a listing cut anywhere between two chunks', () => {
    const rows = [key(0), key(1, ''), `other-1,x,\n`, key(2)];
    const lines = [line(0), line(1), line(2)];
    const whole = reconcile({ lines, cutover: rows });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (chunk) => {
        expect(reconcile({ lines, cutover: rows, chunk })).toEqual(whole);
      }),
    );
    expect(whole.cutover).toMatchObject({ found: 3, lost_acked: 0 });
  });

  it('has null for what was not listed', () => {
    expect(reconcile({ lines: [line(0)] })).toMatchObject({ cutover: null, healed: null, lost: [] });
  });
});

/** Answered by another region: of no interest here. */
const filled = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i, 201, 'tokyo'));

const SCRIPTS = fc.record({
  seed: fc.nat(1e6),
  kind: fc.constantFrom('kill' as const, 'freeze' as const),
  deathMs: fc.integer({ min: 3600, max: 5000 }),
  lagMs: fc.integer({ min: 0, max: 1500 }),
  lengthMs: fc.constant(10_000),
  backMs: fc.constant(9_000),
});

describe('a simulated loss', () => {
  it('is found order by order: the keys that were not replicated when the region died', () => {
    fc.assert(
      fc.property(SCRIPTS, (script) => {
        const drilled = drill(script);
        const { lost, verdict } = find(drilled, script);
        expect(new Set(lost.map((order) => order.key))).toEqual(drilled.truth.lost);
        expect(verdict.ledger.cutover!.lost_acked).toBe(drilled.truth.lost.size);
        expect(verdict.ledger.healed).toMatchObject({ lost_acked: 0, recovered: drilled.truth.lost.size });
        expect(verdict.rpo!.seconds * 1000).toBeLessThan(script.lagMs + 60);
      }),
      { numRuns: 25, seed: 5 },
    );
  });

  it('of k orders is reported as k', () => {
    const drilled = drill({ lagMs: 0 });
    // In flight at the death: acknowledged by none.
    const seoul = drilled.cutover.filter((row) => row.includes(',seoul-') && acknowledged(drilled, row));
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...seoul), { maxLength: 60 }), (rows) => {
        const gone = new Set(rows);
        const cutover = drilled.cutover.filter((row) => !gone.has(row));
        const { lost, verdict } = find({ ...drilled, cutover });
        expect(verdict.rpo!.orders_low).toBe(rows.length);
        expect(lost.map((order) => order.key).sort()).toEqual(rows.map((row) => row.split(',')[0]!).sort());
      }),
      { numRuns: 15, seed: 6 },
    );
  });

  it('is the same however the listings are ordered and however often they were read', () => {
    const drilled = drill();
    const measured = find(drilled);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(drilled.cutover, { minLength: drilled.cutover.length }),
        fc.integer({ min: 1, max: 3 }),
        (rows, times) => {
          const cutover = Array.from({ length: times }, () => rows).flat();
          expect(find({ ...drilled, cutover })).toEqual(measured);
        },
      ),
      { numRuns: 6, seed: 4 },
    );
  });
});

function acknowledged(drilled: Drilled, row: string): boolean {
  const number = row.slice(RUN.length + 1, row.indexOf(','));
  return drilled.lines.some((each) => each.includes(`,order,${number},1,201,`));
}

describe('a listing', () => {
  it('hashes ids so that equal ones are equal and near ones are not', () => {
    const listing = new KeyListing(RUN);
    const hashes: number[] = [];
    const rows = [key(0, 'seoul-1'), key(0, 'seoul-1'), key(0, 'seoul-2'), key(0, '')];
    listing.push(Buffer.from(rows.join('')), ({ idHash }) => hashes.push(idHash));
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
    expect(hashes[3]).toBe(0);
    expect(listing).toMatchObject({ lines: 4, torn: 0 });
  });
});
