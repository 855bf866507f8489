/** What the lab's control socket speaks: JSON over HTTP on a unix socket. */
import { z } from 'zod';
import type { CheckerState } from './health-check.ts';
import type { RegionName } from './settings.ts';
import type { Slot, SlotName } from './slots.ts';

export interface LabState {
  slots: Record<SlotName, Slot>;
  regions: Record<
    RegionName,
    {
      /** Its processes run. */
      up: boolean;
      /** `127.1.0.10:8080` */
      address: string;
      desired: number;
      running: number;
      /** Desired while nothing has failed over. */
      usual: number;
      waitingToReplicate: number;
    }
  >;
  dns: { name: string; region: RegionName; ttlS: number };
  health: Record<RegionName, { healthy: boolean; checkers: CheckerState[] }>;
  /** Of the supervisor, as those outside the lab know it. */
  pid: number;
  mode: 'owned' | 'standing';
  seed: number;
}

/** A day: longer is not a fault that was forgotten but a decision. */
const LONGEST_EXPIRY_MS = 86_400_000;

export const SLOT_WRITE = z.strictObject({
  /** Checked by the slot. */
  value: z.unknown(),
  /** The version that was read. */
  expect: z.int().min(0),
  expiresMs: z.int().min(1).max(LONGEST_EXPIRY_MS).optional(),
});

/** Body of an answer that is none: `code` begins with `E_`. */
export interface ControlError {
  code: string;
  message: string;
}
