/** Makes the plan that the engine is given out of a profile and what its scenario says of itself. */
import { clientsFor } from '../engines/vus.ts';
import type { Operation, Plan, Population, PopulationKind, Stage } from '../measure/plan.ts';
import type { ResolvedProfile } from './resolved-profile.ts';

/** What a scenario declares: enough to plan it without running it. */
export interface ScenarioFacts {
  operations: Record<string, Operation>;
  /** Requests that one iteration sends at most, retries left out. */
  sendsPerIteration: number;
}

const KINDS: readonly { kind: PopulationKind; letter: string }[] = [
  { kind: 'sticky', letter: 's' },
  { kind: 'fresh', letter: 'f' },
];

/**
 * @param machine what the clients may be counted against
 * @param clientsPerCpu how many of them a CPU carries at most; the usual where left out
 */
export function buildPlan(
  profile: ResolvedProfile,
  scenario: ScenarioFacts,
  machine: { memoryBytes: number; allowedCpus: number },
  clientsPerCpu?: number,
): Plan {
  const sends = scenario.sendsPerIteration * (1 + profile.retries);
  const iterationMaxMs = sends * profile.timeoutMs + (scenario.sendsPerIteration - 1) * profile.thinkTimeMs;
  const curves = splitAmong(profile);
  const vus = clientsFor(
    curves.map(({ startRatePerSecond, stages }) => ({
      peakPerSecond: Math.max(startRatePerSecond, ...stages.map((stage) => stage.targetPerSecond)),
      iterationMaxMs,
    })),
    machine,
    clientsPerCpu,
  );
  return {
    schema: 'stormproof.plan/1',
    scenario: profile.scenario,
    operations: scenario.operations,
    linesPerArrival: sends,
    timeoutMs: profile.timeoutMs,
    iterationMaxMs,
    populations: curves.map((curve, i) => ({ ...curve, vus: vus[i]! })),
    window: profile.window,
  };
}

/** Rates are whole numbers in each population and sum to the profile's own. */
function splitAmong({
  populationShares,
  startRatePerSecond,
  stages,
}: ResolvedProfile): Omit<Population, 'vus'>[] {
  const fresh = (rate: number): number => Math.round(rate * populationShares.fresh);
  const share = (kind: PopulationKind, rate: number): number =>
    kind === 'fresh' ? fresh(rate) : rate - fresh(rate);
  return KINDS.map(({ kind, letter }) => ({
    letter,
    kind,
    startRatePerSecond: share(kind, startRatePerSecond),
    stages: stages.map((stage): Stage => ({ ...stage, targetPerSecond: share(kind, stage.targetPerSecond) })),
  })).filter(
    ({ startRatePerSecond: start, stages: own }) =>
      start > 0 || own.some((stage) => stage.targetPerSecond > 0),
  );
}
