/** What a run needs before it may begin: everything that can be wrong is found here, and nothing is started or written. */
import { describeScenario } from '../engines/k6/bundle.ts';
import { findK6 } from '../engines/k6/find.ts';
import type { Plan } from '../measure/plan.ts';
import { Problem } from '../measure/problem.ts';
import { didYouMean } from '../measure/suggest.ts';
import type { Claim } from '../measure/verdict.ts';
import type { InfluxConnection } from '../reports/influx/client.ts';
import { type Config, resolveHeaders } from './config.ts';
import { resolveInflux } from './influx.ts';
import { type Machine, readMachine } from './machine.ts';
import { buildPlan } from './plan.ts';
import { checkRoom } from './preflight.ts';
import { type ResolvedProfile, resolveProfile } from './resolved-profile.ts';
import { checkPlan } from './run-files.ts';
import { checkRunsDir } from './run-folder.ts';
import { scenarioFile } from './scenarios.ts';

export interface PrepareOptions {
  rate: number | undefined;
  timeScale: number;
  runsDir: string;
  /** As `resolveInflux` takes it. */
  influx: string | undefined;
  /** Of a drill, as they will be judged; the profile's own where left out. */
  claims?: readonly Claim[];
  /** Clients for each CPU at most; the usual where left out. */
  clientsPerCpu?: number;
}

export interface Prepared {
  config: Config;
  headers: Record<string, string>;
  k6: { path: string; version: string };
  machine: Machine;
  profile: ResolvedProfile;
  plan: Plan;
  /** Path of the scenario. */
  file: string;
  influx: InfluxConnection | null;
}

/**
 * Prepares a run of a profile.
 * @param name of the profile in the configuration
 * @throws Problem or Problems for what a person can mend
 */
export async function prepareRun(config: Config, name: string, options: PrepareOptions): Promise<Prepared> {
  const headers = resolveHeaders(config);
  const influx = resolveInflux(options.influx, config);
  const k6 = await findK6();
  const named = resolveProfile(config, name, options);
  const file = scenarioFile(named.scenario);
  const scenario = await describeScenario(file);
  const operations = Object.keys(scenario.operations);
  checkWeights(named, operations);
  const profile = resolveProfile(config, name, { ...options, operations });
  const machine = await readMachine();
  checkRunsDir(options.runsDir);
  const facts = { ...scenario, operations: withSuccess(scenario.operations, config.service.success) };
  const plan = buildPlan(profile, facts, machine, options.clientsPerCpu);
  checkPlan(plan);
  await checkRoom(plan, machine, options.runsDir);
  return { config, headers, k6, machine, profile, plan, file, influx };
}

/** A weight that names nothing would be a wish that is not heard. */
function checkWeights({ name, scenario, weights }: ResolvedProfile, operations: readonly string[]): void {
  const unknown = Object.keys(weights).filter((operation) => !operations.includes(operation));
  if (unknown.length === 0) return;
  const near = didYouMean(unknown[0]!, operations) || ` Expected one of ${operations.join(', ')}.`;
  throw new Problem(
    'E_WEIGHTS',
    `${scenario} has no operation ${JSON.stringify(unknown[0])}.${near}`,
    `profiles.${name}.weights`,
  );
}

/** The status that acknowledges an order is the service's to say. */
function withSuccess(operations: Plan['operations'], success: number): Plan['operations'] {
  return 'order' in operations ? { ...operations, order: { success } } : operations;
}
