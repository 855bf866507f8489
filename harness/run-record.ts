/** Builds `run.json`: what is run, by what, on what. Secrets do not come here. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { DrillRecord } from '../measure/drill.ts';
import type { RunRecord } from '../measure/run.ts';
import { type Config, redactHeaders } from './config.ts';
import type { Machine } from './machine.ts';
import type { ResolvedProfile } from './resolved-profile.ts';

export interface RunFacts {
  name: string;
  request: { seed: number; timeScale: number; command: string };
  config: Config;
  profile: ResolvedProfile;
  machine: Machine;
  k6: { version: string };
  target: string;
  testbed: boolean;
  /** As the engine is told. */
  heapLimitBytes: number | null;
  drill: DrillRecord | null;
}

export function describeRun(facts: RunFacts): RunRecord {
  const { config, profile, machine, request } = facts;
  const { service } = config;
  return {
    schema: 'stormproof.run/1',
    run: facts.name,
    kind: facts.drill === null ? 'load' : 'drill',
    profile: profile.name,
    engine: 'k6',
    target: { url: facts.target, testbed: facts.testbed },
    startedAt: new Date().toISOString(),
    command: request.command,
    seed: request.seed,
    timeScale: request.timeScale,
    stagesAsDeclared: profile.stagesAsDeclared,
    claims: profile.claims,
    drill: facts.drill,
    notes: profile.notes,
    versions: { stormproof: ownVersion(), node: process.versions.node, k6: facts.k6.version },
    machine: {
      os: machine.os,
      cpuModel: machine.cpuModel,
      cpus: machine.cpus,
      allowedCpus: machine.allowedCpus,
      memoryBytes: machine.memoryBytes,
    },
    heapLimitBytes: facts.heapLimitBytes,
    git: gitState(),
    service: {
      url: service.url,
      success: service.success,
      regionHeader: service.regionHeader,
      timeoutMs: service.timeoutMs,
      headers: redactHeaders(service),
      host: service.host,
    },
  };
}

function ownVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The commit of the working directory, where it is a checkout. */
function gitState(): RunRecord['git'] {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 5000,
      }).trim();
    return { commit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain') !== '' };
  } catch {
    return null;
  }
}
