/** What a drill is: data. `export default defineDrill({ ... })` in a file of its own. */
import type { DrillInput, SustainedInput } from '../harness/config.ts';
import type { Bite } from '../measure/drill.ts';

/** A fault on the timeline. Times count from the first fault, in the time of a real platform: `--time-scale` shortens them. */
export interface FaultInput {
  /** `region.kill`, `replication.pause`... as the platform offers it. */
  fault: string;
  /** What it is done to; left out where it is nobody's. */
  on?: 'primary' | 'standby';
  /** Default: `'0s'`. */
  at?: string;
  /** When the drill undoes it. */
  until: string;
  /** As the fault takes them; never scaled. */
  args?: Readonly<Record<string, number | string>>;
  /** Its region is gone from here on: an outage is looked for, and its orders are reconciled with the other region. */
  loss?: true;
}

export interface DrillDefinition extends DrillInput {
  /** As it is typed: `region-loss`. */
  name: string;
  /** What is believed of the system, as a sentence: the drill shows whether it is so. */
  hypothesis: string;
  /** What the faults are to do. One that does not happen proves nothing: INCONCLUSIVE. */
  bite: Bite;
  claims: Readonly<Record<string, string>>;
  /** The verdict that a system as described gets. Default: `'PASS'`. */
  expected?: 'PASS' | 'FAIL';
  faults: readonly FaultInput[];
  /** How long normal is watched before the first fault. Default: `'100s'`. */
  baseline?: string;
  /** How long it goes on after the last fault was undone: failing back, catching up. Default: `'160s'`. */
  recovery?: string;
}

export const DEFAULT_RATE = 2000;
export const DEFAULT_SUSTAINED = {
  window: '10s',
  success: '99%',
  throughput: '95%',
  latency: '3x baseline p95',
} as const satisfies SustainedInput;

/** Gives a drill its types. */
export function defineDrill(drill: DrillDefinition): DrillDefinition {
  return drill;
}
