/**
 * The lab's state as named variables, each with a version. A fault is a write by compare-and-set, undo is a
 * compare-and-set back, and a write may expire: then the lab itself puts the former value back.
 */
import { z } from 'zod';
import { Problem } from '../../measure/problem.ts';
import { REGIONS, type RegionName } from './settings.ts';

export const HIGHEST_DELAY_MS = 60_000;
export const MOST_WORKERS = 1000;

/** Of each region, `seoul.process` and so on: what is taken, what is normal, and how to say it. */
const REGION_SLOTS = {
  process: {
    schema: z.enum(['running', 'killed', 'frozen']),
    normal: 'running',
    takes: '"running", "killed" or "frozen"',
  },
  port: { schema: z.enum(['open', 'refused']), normal: 'open', takes: '"open" or "refused"' },
  slow: {
    schema: z.number().min(0).max(HIGHEST_DELAY_MS),
    normal: 0,
    takes: `milliseconds, 0 to ${HIGHEST_DELAY_MS}`,
  },
  errors: { schema: z.number().min(0).max(1), normal: 0, takes: 'a share of the orders, 0 to 1' },
  workers: {
    schema: z.int().min(0).max(MOST_WORKERS),
    normal: 0,
    takes: `how many are killed, 0 to ${MOST_WORKERS}`,
  },
} as const;

const LIE = {
  schema: z.enum(['true', 'healthy', 'unhealthy']),
  normal: 'true',
  takes: '"true", "healthy" or "unhealthy"',
} as const;

const LAB_SLOTS = {
  replication: {
    schema: z.union([
      z.enum(['running', 'paused', 'cut']),
      z.strictObject({ lagMs: z.number().min(0).max(HIGHEST_DELAY_MS) }),
    ]),
    normal: 'running',
    takes: `"running", "paused", "cut" or {"lagMs": 0 to ${HIGHEST_DELAY_MS}}`,
  },
  dns: { schema: z.enum(['live', 'stale']), normal: 'live', takes: '"live" or "stale"' },
  'standby.scaling': { schema: z.enum(['on', 'off']), normal: 'on', takes: '"on" or "off"' },
} as const;

export type RegionSlot = keyof typeof REGION_SLOTS;
export type SlotName = `${RegionName}.${RegionSlot}` | `health.${RegionName}` | keyof typeof LAB_SLOTS;
export type SlotValue = string | number | { readonly lagMs: number };

interface SlotKind {
  schema: z.ZodType<SlotValue>;
  normal: SlotValue;
  takes: string;
}

/** Every slot there is. */
export const SLOTS = Object.fromEntries([
  ...REGIONS.flatMap((region) =>
    Object.entries(REGION_SLOTS).map(([slot, kind]) => [`${region}.${slot}`, kind]),
  ),
  ...REGIONS.map((region) => [`health.${region}`, LIE]),
  ...Object.entries(LAB_SLOTS),
]) as Readonly<Record<SlotName, SlotKind>>;

export const SLOT_NAMES = Object.keys(SLOTS) as SlotName[];

export interface Slot {
  value: SlotValue;
  /** Each write makes it one more. */
  version: number;
}

export type Write =
  /** `atMs`: the instant it took hold, epoch ms. */
  | { kind: 'written'; version: number; atMs: number }
  /** Somebody else has written since: what is there now. */
  | ({ kind: 'not-ours' } & Slot);

/** A write whose time had run out, and what came of putting the former value back. */
export interface Expiry {
  name: SlotName;
  expired: SlotValue;
  value: SlotValue;
  /** Empty where it is back. */
  failure: string;
}

/** Makes a value true, also where it is the former one. @returns the instant of it, epoch ms. @throws Problem where it cannot follow the former value */
export type Apply = (name: SlotName, value: SlotValue, former: SlotValue) => Promise<number>;

/** @throws Problem E_SLOT_UNKNOWN, E_SLOT_VALUE */
export function checkSlot(name: string, value: unknown): { name: SlotName; value: SlotValue } {
  const kind = Object.hasOwn(SLOTS, name) ? SLOTS[name as SlotName] : undefined;
  if (kind === undefined) {
    throw new Problem(
      'E_SLOT_UNKNOWN',
      `there is no slot ${name}. Expected one of ${SLOT_NAMES.join(', ')}. Choose one of them.`,
    );
  }
  const parsed = kind.schema.safeParse(value);
  if (parsed.success) return { name: name as SlotName, value: parsed.data };
  throw new Problem(
    'E_SLOT_VALUE',
    `${name} does not take ${JSON.stringify(value) ?? 'nothing'}. Expected ${kind.takes}. Send such a value.`,
  );
}

export class Slots {
  readonly #slots = new Map<SlotName, Slot>(
    SLOT_NAMES.map((name) => [name, { value: SLOTS[name].normal, version: 0 }]),
  );
  readonly #apply: Apply;
  readonly #tellExpiry: (expiry: Expiry) => void;
  /** One write of a slot at a time: a compare-and-set must not see what another one is about to change. */
  readonly #turns = new Map<SlotName, Promise<unknown>>();
  readonly #expiries = new Map<SlotName, NodeJS.Timeout>();

  constructor(apply: Apply, tellExpiry: (expiry: Expiry) => void) {
    this.#apply = apply;
    this.#tellExpiry = tellExpiry;
  }

  read(): Record<SlotName, Slot> {
    return Object.fromEntries([...this.#slots].map(([name, slot]) => [name, { ...slot }])) as Record<
      SlotName,
      Slot
    >;
  }

  get(name: SlotName): Slot {
    return { ...this.#slots.get(name)! };
  }

  /**
   * Compare-and-set.
   * @param value as `checkSlot` returned it
   * @param expect the version that the writer has read
   * @param expiresMs after this the former value comes back, unless somebody has written since
   * @throws what `Apply` throws; then nothing has changed
   */
  write(name: SlotName, value: SlotValue, expect: number, expiresMs?: number): Promise<Write> {
    const write = async (): Promise<Write> => {
      const slot = this.#slots.get(name)!;
      if (slot.version !== expect) return { kind: 'not-ours', ...slot };
      const former = slot.value;
      const atMs = await this.#apply(name, value, former);
      const version = slot.version + 1;
      this.#slots.set(name, { value, version });
      this.#expireLater(name, version, former, expiresMs);
      return { kind: 'written', version, atMs };
    };
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(write);
    this.#turns.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }

  /** Nothing expires any more. */
  close(): void {
    for (const timer of this.#expiries.values()) clearTimeout(timer);
    this.#expiries.clear();
  }

  #expireLater(name: SlotName, version: number, former: SlotValue, expiresMs: number | undefined): void {
    clearTimeout(this.#expiries.get(name));
    this.#expiries.delete(name);
    if (expiresMs === undefined) return;
    this.#expiries.set(
      name,
      setTimeout(() => void this.#expire(name, version, former), expiresMs),
    );
  }

  async #expire(name: SlotName, version: number, former: SlotValue): Promise<void> {
    const expired = this.get(name).value;
    try {
      const { kind } = await this.write(name, former, version);
      if (kind === 'written') this.#tellExpiry({ name, expired, value: former, failure: '' });
    } catch (error) {
      this.#tellExpiry({ name, expired, value: former, failure: (error as Error).message });
    }
  }
}
