/** What the bundle carries into k6. No secret: headers and the target come by the environment. */
import type { PopulationKind } from '../../measure/plan.ts';

export interface ClientSettings {
  /** Begins every idempotency key. */
  run: string;
  seed: number;
  /** The acknowledging status of each operation, as the plan has it. */
  operations: Readonly<Record<string, { success: number }>>;
  orderPath: string;
  timeoutMs: number;
  /** As Go spells it: `X-Region`. */
  regionHeader: string;
  /** The `Host` to ask for, where it is not the target's own. */
  host: string | null;
  /** Further sends of an operation whose outcome is unknown. */
  retries: number;
  thinkTimeMs: number;
  /** Of the profile; they replace the scenario's own by name. */
  weights: Readonly<Record<string, number>>;
}

export interface PopulationSettings {
  letter: string;
  kind: PopulationKind;
}
