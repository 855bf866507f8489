/** The ledger of a drill as a table: its rows, with their words and where each is told. */
import type { DrillRecord, LedgerCounts } from '../measure/drill.ts';
import { regionName } from './drill-words.ts';

export interface LedgerRow {
  key: keyof LedgerCounts;
  title: (drill: Pick<DrillRecord, 'primary' | 'standby'>) => string;
  of: (counts: LedgerCounts) => number;
  /** At which listing it says something. */
  at: readonly ('cutover' | 'healed')[];
  meaning: string;
}

const BOTH = ['cutover', 'healed'] as const;

export const LEDGER_ROWS: readonly LedgerRow[] = [
  {
    key: 'acknowledged',
    title: ({ primary }) => `acknowledged by ${regionName(primary)} until cut-over`,
    of: (counts) => counts.acknowledged,
    at: BOTH,
    meaning: 'orders whose client saw the success status before the survivor served',
  },
  {
    key: 'found',
    title: ({ standby }) => `of these found (at cut-over, in ${regionName(standby)})`,
    of: (counts) => counts.found,
    at: BOTH,
    meaning: 'in the listing of the survivor’s stored keys; after heal, in that of either region',
  },
  {
    key: 'lost_acked',
    title: () => 'of these lost',
    of: (counts) => counts.lost_acked,
    at: BOTH,
    meaning: 'their clients believe that they are ordered; these judge RPO, at cut-over',
  },
  {
    key: 'recovered',
    title: () => 'lost at cut-over, found after heal',
    of: (counts) => counts.recovered,
    at: ['healed'],
    meaning: 'late is not lost, but the business felt it',
  },
  {
    key: 'unknown_present',
    title: () => 'unknown to their client, found',
    of: (counts) => counts.unknown_present,
    at: BOTH,
    meaning: 'no answer came, and the order is there',
  },
  {
    key: 'unknown_absent',
    title: () => 'unknown to their client, not found',
    of: (counts) => counts.unknown_absent,
    at: BOTH,
    meaning: 'never counted as lost nor as saved: they widen the error bar',
  },
  {
    key: 'duplicated',
    title: () => 'duplicated',
    of: (counts) => counts.duplicated,
    at: BOTH,
    meaning: 'one key, two order ids: charged twice',
  },
  {
    key: 'unexpected',
    title: () => 'unexpected',
    of: (counts) => counts.unexpected,
    at: BOTH,
    meaning: 'keys in the listing that nobody sent',
  },
];
