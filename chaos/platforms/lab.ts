/** The lab as a platform: faults are writes to its slots, by compare-and-set. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Config } from '../../harness/config.ts';
import { Problem } from '../../measure/problem.ts';
import type { LabState } from '../../testbed/lab/control.ts';
import { LAB_GONE } from '../../testbed/lab/control-client.ts';
import { isSameProcess } from '../../testbed/lab/host-process.ts';
import { type Lab, openLab, startLab, untilLeft } from '../../testbed/lab/lab.ts';
import {
  type LabSettings,
  PRIMARY,
  REGIONS,
  type RegionName,
  STANDBY,
  shapeFor,
} from '../../testbed/lab/settings.ts';
import { checkSlot, SLOT_NAMES, SLOTS, type Slot, type SlotName } from '../../testbed/lab/slots.ts';
import type { Fault, Json, ListedKey, Observation, Platform } from '../platform.ts';
import type { Gone, PlatformRequest } from '../platforms.ts';
import { type SlotFault, slotFault } from './lab-faults.ts';

const PAGE = 5000;
/** After so many a task is nearly as fast as it gets. */
const REHEARSALS = 400;

/** What a journal holds of a lab: enough to find it, and to tell it from another process of the same number. */
const JOURNALLED = z.strictObject({
  socket: z.string(),
  mode: z.enum(['owned', 'standing']),
  pid: z.int().positive(),
  start: z.string(),
  net: z.string(),
});
type Journalled = z.infer<typeof JOURNALLED>;

const SLOT = z.strictObject({ value: z.unknown(), version: z.int() });

/**
 * Starts a lab of the drill's own, or opens one that stands.
 * @throws Problem as `startLab` and `openLab` do
 */
export async function openLabPlatform(place: { start: LabSettings } | { socket: string }): Promise<Platform> {
  const lab = 'start' in place ? await startLab(place.start) : await openLab(place.socket);
  return createPlatform(lab);
}

/**
 * The lab of a drill: one that stands, or one of its own as it is configured.
 * @throws Problem as `openLabPlatform` does
 */
export function openLabFor({ lab: shape }: Pick<Config, 'lab'>, request: PlatformRequest): Promise<Platform> {
  const { lab: socket, seed, timeScale, perSecond, labTruth: truthFile } = request;
  if (socket !== undefined) return openLabPlatform({ socket });
  const own = {
    mode: 'owned',
    seed,
    timeScale,
    shape: shapeFor(shape, perSecond),
    rehearsals: REHEARSALS,
  } as const;
  return openLabPlatform({ start: truthFile === undefined ? own : { ...own, truthFile } });
}

/**
 * Opens a lab again from what a journal holds.
 * @throws Problem E_JOURNAL where that is no lab; E_LAB_LEFT where it has ended and left something
 */
export async function reopenLab(journalled: Json): Promise<Platform | Gone> {
  const parsed = JOURNALLED.safeParse(journalled);
  if (!parsed.success) {
    throw new Problem(
      'E_JOURNAL',
      `the journal names no lab (${JSON.stringify(journalled)}). Expected its socket and its process. ` +
        'Restore with the version of Stormproof that ran the drill.',
    );
  }
  const { socket, ...identity } = parsed.data;
  if (!isSameProcess(identity)) return goneOf(parsed.data);
  try {
    const lab = await openLab(socket);
    return lab.identity.pid === identity.pid ? await createPlatform(lab) : await goneOf(parsed.data);
  } catch (error) {
    // It may be ending just now: its starter has died.
    if (isGone(error)) return goneOf(parsed.data);
    throw error;
  }
}

/** @throws Problem E_LAB_LEFT where something of it is still there after a while */
async function goneOf({ socket, ...identity }: Journalled): Promise<Gone> {
  const left = await untilLeft(identity, null);
  if (left === '') {
    return {
      gone: `the lab has ended (process ${identity.pid} and its network are gone), and every fault with it`,
    };
  }
  throw new Problem(
    'E_LAB_LEFT',
    `no lab answers at ${socket}, but ${left}. Expected all of it, or nothing. End those processes, then restore again.`,
  );
}

async function createPlatform(lab: Lab): Promise<Platform> {
  const { control, identity, socket, mode, enter, target } = lab;
  const { dns } = await control.state();
  /** What this platform has injected: the lab itself knows slots, not faults. */
  const injected = new Map<SlotName, string>();
  return {
    name: 'lab',
    primary: PRIMARY,
    standby: STANDBY,
    target,
    enter,
    dnsTtlMs: dns.ttlS * 1000,
    journalled: {
      socket,
      mode,
      pid: identity.pid,
      start: identity.start,
      net: identity.net,
    } satisfies Journalled,
    timers: () => control.timers(),
    fault: (name, region, args) => createFault(lab, slotFault(name, region, args), injected),
    complaints: async () => complaintsOf(await control.state()),
    ended: async () => {
      try {
        await control.timers();
        return '';
      } catch (error) {
        if (isGone(error)) return 'the lab has ended';
        throw error;
      }
    },
    observe: (tell) => control.follow((observation) => tell(withFault(observation, injected))),
    listKeys: (region, signal) => listKeys(lab, region, signal),
    close: async () => (mode === 'owned' ? await lab.stop() : ''),
  };
}

function createFault(
  { control, identity }: Lab,
  { fault, slot, value, words }: SlotFault,
  injected: Map<SlotName, string>,
): Fault {
  /** A lab that has ended has no faults any more, once all of it is gone. */
  const unlessGone = async <T>(ask: () => Promise<T>, whenGone: T): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (!isGone(error) || (await untilLeft(identity, null)) !== '') throw error;
      return whenGone;
    }
  };
  const now = async (): Promise<Slot> => (await control.state()).slots[slot];
  return {
    words,
    read: async () => ({ ...(await now()) }),
    async inject(prior, expiresMs) {
      const before = readSlot(slot, prior);
      injected.set(slot, fault);
      const write = await control.write(slot, value, before.version, Math.max(1, Math.ceil(expiresMs)));
      if (write.kind === 'written') return { value, version: write.version, atMs: write.atMs };
      throw new Problem(
        'E_NOT_OURS',
        `${slot} was written by somebody else (${JSON.stringify(write.value)}, version ${write.version}). ` +
          `Expected version ${before.version}. End the other drill first.`,
      );
    },
    undo: (prior, ours) =>
      unlessGone(async () => {
        const before = readSlot(slot, prior);
        const found = await now();
        if (isDeepStrictEqual(found.value, before.value)) return 'undone';
        // Where the drill died before it heard its version, it is the next one, with the value that it meant to write.
        const expected =
          ours === undefined ? before.version + 1 : z.object({ version: z.int() }).parse(ours).version;
        if (found.version !== expected || !isDeepStrictEqual(found.value, value)) return 'not-ours';
        const write = await control.write(slot, before.value, expected);
        return write.kind === 'written' || isDeepStrictEqual(write.value, before.value)
          ? 'undone'
          : 'not-ours';
      }, 'undone'),
    verify: (prior) =>
      unlessGone(async () => differenceOf(await control.state(), slot, readSlot(slot, prior)), ''),
  };
}

function readSlot(slot: SlotName, prior: Json): Slot {
  const { value, version } = SLOT.parse(prior);
  return { value: checkSlot(slot, value).value, version };
}

/** What stands between the lab and what a slot was, in reality as well as by its word. Empty where nothing does. */
function differenceOf(state: LabState, slot: SlotName, before: Slot): string {
  const { value } = state.slots[slot];
  if (!isDeepStrictEqual(value, before.value)) {
    return `${slot} is ${JSON.stringify(value)}, and was ${JSON.stringify(before.value)}`;
  }
  const region = REGIONS.find((each) => slot.startsWith(`${each}.`));
  if (region === undefined || state.slots[`${region}.process`].value !== 'running') return '';
  return strengthOf(state, region);
}

/** Why a region that is meant to run is not whole. */
function strengthOf({ regions, slots }: LabState, region: RegionName): string {
  const { up, running, desired } = regions[region];
  if (!up) return `${region} is down`;
  const expected = desired - Number(slots[`${region}.workers`].value);
  return running < expected ? `${region} has ${running} of ${expected} tasks` : '';
}

function complaintsOf(state: LabState): string[] {
  const { slots, dns, health, regions } = state;
  const broken = SLOT_NAMES.filter((name) => !isDeepStrictEqual(slots[name].value, SLOTS[name].normal));
  return [
    ...broken.map(
      (name) =>
        `${name} is ${JSON.stringify(slots[name].value)}, and ${JSON.stringify(SLOTS[name].normal)} is normal: a fault is in place.`,
    ),
    ...REGIONS.filter((region) => slots[`${region}.process`].value === 'running')
      .map((region) => strengthOf(state, region))
      .filter((words) => words !== '')
      .map((words) => `${words}.`),
    ...REGIONS.filter((region) => !health[region].healthy).map(
      (region) => `The health checkers report ${region} unhealthy.`,
    ),
    ...(dns.region === PRIMARY ? [] : [`${dns.name} resolves to ${dns.region}, not to ${PRIMARY}.`]),
    ...(regions[STANDBY].desired <= regions[STANDBY].usual
      ? []
      : [
          `${STANDBY} is at full strength (${regions[STANDBY].desired} tasks, ${regions[STANDBY].usual} as a rule): wait until it is warm again.`,
        ]),
  ];
}

function withFault(observation: Observation, injected: ReadonlyMap<SlotName, string>): Observation {
  if (observation.kind !== 'fault.undone') return observation;
  return { ...observation, fault: injected.get(observation.id as SlotName) ?? observation.fault };
}

async function* listKeys({ control }: Lab, region: string, signal: AbortSignal): AsyncIterable<ListedKey> {
  let cursor = '0';
  for (;;) {
    const page = await control.listing(region as RegionName, cursor, PAGE, signal);
    for (const { idempotency_key, order_id, written_ms } of page.orders) {
      yield { key: idempotency_key, orderId: order_id, writtenMs: written_ms };
    }
    if (!page.has_more) return;
    cursor = page.next_cursor;
  }
}

const isGone = (error: unknown): boolean => error instanceof Problem && error.code === LAB_GONE;
