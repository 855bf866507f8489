/** The lab's faults by name: which slot each of them writes, and what. */
import { z } from 'zod';
import { Problem } from '../../measure/problem.ts';
import { didYouMean } from '../../measure/suggest.ts';
import { PRIMARY, REGIONS, type RegionName } from '../../testbed/lab/settings.ts';
import { HIGHEST_DELAY_MS, MOST_WORKERS, type SlotName, type SlotValue } from '../../testbed/lab/slots.ts';

/** A fault as it is written into the lab. */
export interface SlotFault {
  fault: string;
  slot: SlotName;
  value: SlotValue;
  words: string;
}

/** What a fault is done to: a region that is named, the way from the primary to the standby, or the lab as a whole. */
type Aimed = 'region' | 'replication' | 'lab';

interface FaultKind<A> {
  aimed: Aimed;
  args: z.ZodType<A>;
  /** Of `args`, for a person. */
  takes: string;
  slot(region: RegionName): SlotName;
  value(args: A): SlotValue;
  words(region: RegionName, args: A): string;
}

const kind = <A>(definition: FaultKind<A>): FaultKind<A> => definition;
const plain = { args: z.strictObject({}), takes: 'no arguments' } as const;
const delay = {
  args: z.strictObject({ ms: z.number().positive().max(HIGHEST_DELAY_MS) }),
  takes: `{ ms }, over 0 and ${HIGHEST_DELAY_MS} at most`,
} as const;

const FAULTS = {
  'region.kill': kind({
    ...plain,
    aimed: 'region',
    slot: (region) => `${region}.process`,
    value: () => 'killed',
    words: (region) => `kill ${region}: every process of it, at once`,
  }),
  'region.freeze': kind({
    ...plain,
    aimed: 'region',
    slot: (region) => `${region}.process`,
    value: () => 'frozen',
    words: (region) => `freeze ${region}: every process of it stops where it is`,
  }),
  'region.refuse': kind({
    ...plain,
    aimed: 'region',
    slot: (region) => `${region}.port`,
    value: () => 'refused',
    words: (region) => `close ${region}'s port: connections are reset and refused, replication goes on`,
  }),
  'region.slow': kind({
    ...delay,
    aimed: 'region',
    slot: (region) => `${region}.slow`,
    value: ({ ms }) => ms,
    words: (region, { ms }) => `slow ${region} down: each order takes ${ms} ms more`,
  }),
  'region.errors': kind({
    args: z.strictObject({ share: z.number().positive().max(1) }),
    takes: '{ share }, over 0 and 1 at most',
    aimed: 'region',
    slot: (region) => `${region}.errors`,
    value: ({ share }) => share,
    words: (region, { share }) => `let ${region} fail: ${share * 100} % of the orders are answered 503`,
  }),
  'workers.kill': kind({
    args: z.strictObject({ count: z.int().min(1).max(MOST_WORKERS) }),
    takes: `{ count }, a whole number, 1 to ${MOST_WORKERS}`,
    aimed: 'region',
    slot: (region) => `${region}.workers`,
    value: ({ count }) => count,
    words: (region, { count }) => `kill ${count} of ${region}'s tasks, and replace none`,
  }),
  'replication.pause': kind({
    ...plain,
    aimed: 'replication',
    slot: () => 'replication',
    value: () => 'paused',
    words: (region) => `pause replication: nothing leaves ${region}, its queue stays`,
  }),
  'replication.cut': kind({
    ...plain,
    aimed: 'replication',
    slot: () => 'replication',
    value: () => 'cut',
    words: (region) => `cut replication: what is on its way from ${region} does not arrive either`,
  }),
  'replication.lag': kind({
    ...delay,
    aimed: 'replication',
    slot: () => 'replication',
    value: ({ ms }) => ({ lagMs: ms }),
    words: (region, { ms }) => `let replication lag: each order from ${region} arrives ${ms} ms later`,
  }),
  'health.lie': kind({
    args: z.strictObject({ says: z.enum(['healthy', 'unhealthy']) }),
    takes: '{ says } "healthy" or "unhealthy"',
    aimed: 'region',
    slot: (region) => `health.${region}`,
    value: ({ says }) => says,
    words: (region, { says }) => `let the checkers report ${region} ${says}, whatever they see`,
  }),
  'dns.stale': kind({
    ...plain,
    aimed: 'lab',
    slot: () => 'dns',
    value: () => 'stale',
    words: () => 'hold the DNS answer: it stays what it is, whatever health says',
  }),
  'standby.pin': kind({
    ...plain,
    aimed: 'lab',
    slot: () => 'standby.scaling',
    value: () => 'off',
    words: () => 'pin the standby: its tasks are not raised on failover',
  }),
} as const;

const NAMES = Object.keys(FAULTS);

/**
 * @param region as the drill aims it; null where it is nobody's
 * @throws Problem E_FAULT_UNKNOWN, E_FAULT_REGION, E_FAULT_ARGS
 */
export function slotFault(
  name: string,
  region: string | null,
  args: Readonly<Record<string, number | string>>,
): SlotFault {
  if (!Object.hasOwn(FAULTS, name)) {
    throw new Problem(
      'E_FAULT_UNKNOWN',
      `the lab has no fault ${name}.${didYouMean(name, NAMES)} Expected one of ${NAMES.join(', ')}. Choose one of them.`,
    );
  }
  // Each kind's own arguments are checked by its own schema.
  const found = FAULTS[name as keyof typeof FAULTS] as unknown as FaultKind<unknown>;
  const at = aim(name, found.aimed, region);
  const parsed = found.args.safeParse(args);
  if (!parsed.success) {
    throw new Problem(
      'E_FAULT_ARGS',
      `${name} does not take ${JSON.stringify(args)}. Expected ${found.takes}. Change its args.`,
    );
  }
  return {
    fault: name,
    slot: found.slot(at),
    value: found.value(parsed.data),
    words: found.words(at, parsed.data),
  };
}

function aim(name: string, aimed: Aimed, region: string | null): RegionName {
  const allowed = { region: REGIONS, replication: [null, PRIMARY], lab: [null] }[
    aimed
  ] as (RegionName | null)[];
  if (allowed.includes(region as RegionName | null)) return (region as RegionName | null) ?? PRIMARY;
  const expected = allowed.map((each) => each ?? 'no region').join(' or ');
  throw new Problem(
    'E_FAULT_REGION',
    `${name} cannot be done to ${region ?? 'no region'}. Expected ${expected}. Change what it is aimed at.`,
  );
}
