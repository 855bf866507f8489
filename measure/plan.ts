/**
 * The schedule that the engine was given, and the arithmetic of its ticks.
 * A tick is a planned arrival: one per whole unit of the area under the stages, the remainder carried.
 */

/** One straight piece of the load curve. It runs from the rate before it to `targetPerSecond`. */
export interface Stage {
  durationMs: number;
  targetPerSecond: number;
  /** The plateau: claims are judged over the held stages, ramps are left out. */
  hold: boolean;
}

/** How the clients of a population connect: keep-alive, or a new connection for each request. */
export type PopulationKind = 'sticky' | 'fresh';

export interface Population {
  /** The letter in `seq`: `s` for sticky, `f` for fresh. */
  letter: string;
  kind: PopulationKind;
  startRatePerSecond: number;
  stages: Stage[];
  /** Clients (k6 VUs) set up before the first arrival. */
  vus: number;
}

export interface Operation {
  /** The status that acknowledges it. */
  success: number;
}

/** `plan.json`. */
export interface Plan {
  schema: 'stormproof.plan/1';
  scenario: string;
  /** Every operation that the scenario may send, by its name in the evidence (`order`, `browse`...). */
  operations: Record<string, Operation>;
  /** Evidence lines an arrival may write: 1 for one operation without retries. */
  linesPerArrival: number;
  /** How long one request may take. */
  timeoutMs: number;
  /** How long a whole iteration may take: every operation and retry at its timeout, plus think time. */
  iterationMaxMs: number;
  populations: Population[];
  /** The stretch in which claims are judged, in ms on the run's clock (0 = the first instant of the plan). */
  window: { fromMs: number; toMs: number };
}

/** The whole seconds of the run's clock inside a window: windowed claims are judged on stretches of these. */
export function wholeSeconds({ fromMs, toMs }: Plan['window']): { first: number; end: number } {
  return { first: Math.ceil(fromMs / 1000), end: Math.floor(toMs / 1000) };
}

/** Clients of all populations. */
export function clientsOf({ populations }: Pick<Plan, 'populations'>): number {
  return populations.reduce((sum, { vus }) => sum + vus, 0);
}

/** A curve of arrivals: start rate and stages, as of one population. */
export interface Curve {
  startRatePerSecond: number;
  stages: readonly Stage[];
}

/** The operation that latency claims without a name speak of: the order, or the first that the scenario declares. */
export function mainOperation(plan: Pick<Plan, 'operations'>): string {
  return mainOf(Object.keys(plan.operations));
}

/** As `mainOperation`, by the operations' names. */
export function mainOf(operations: readonly string[]): string {
  return operations.includes('order') ? 'order' : operations[0]!;
}

/** How long the evidence of one arrival can be on its way, and a margin: a second closes that long after its end. */
export const closingMs = (plan: Pick<Plan, 'iterationMaxMs'>): number => plan.iterationMaxMs + 2000;
