/** Runs played out by the simulation and measured, as the harness would. */
import { parseClaim } from '../../measure/claims.ts';
import type { ObservedEvent } from '../../measure/events.ts';
import { type Measurement, Measuring } from '../../measure/measurement.ts';
import type { Plan } from '../../measure/plan.ts';
import type { RunRecord } from '../../measure/run.ts';
import type { Claim } from '../../measure/verdict.ts';
import {
  evidenceOf,
  type Fate,
  hold,
  type Planted,
  planOf,
  play,
  population,
  ramp,
  ZERO_MS,
} from './simulation.ts';

export const PLAN = planOf([population('s', 0, [ramp(2000, 500), hold(6000, 500), ramp(1000, 0)])]);

export function claimsOf(claims: Record<string, string>): Claim[] {
  return Object.entries(claims).map(([id, text]) => {
    const claim = parseClaim(id, text, null);
    if (claim instanceof Error) throw claim;
    return claim;
  });
}

const PLATFORM = {
  throughput: '>= 495',
  'latency.p95': '< 100ms',
  errors: '< 1%',
  availability: '>= 99.9%',
};

export const exitedAt = (
  ms: number,
  changes: Partial<Extract<ObservedEvent, { kind: 'generator.exited' }>> = {},
): ObservedEvent => ({
  t: ZERO_MS + ms,
  kind: 'generator.exited',
  observed: true,
  code: 0,
  signal: null,
  complete: true,
  cause: '',
  ...changes,
});

export const samples = (cpu: number, machine: number): ObservedEvent[] =>
  Array.from({ length: 10 }, (_, i) => ({
    t: ZERO_MS + i * 1000,
    kind: 'generator.sample',
    observed: true,
    cpu,
    machine,
    rssBytes: 1e8,
    loopDelayMs: 1,
  }));

export function measure(
  arrivals: readonly Planted[],
  options: { claims?: Record<string, string>; events?: ObservedEvent[]; plan?: Plan } = {},
): Measurement {
  const run = {
    run: 'r',
    kind: 'load',
    claims: claimsOf(options.claims ?? PLATFORM),
    machine: { allowedCpus: 2 },
  } as RunRecord;
  const events = options.events ?? [...samples(0.4, 0.6), exitedAt(10_100)];
  const measuring = new Measuring(run, options.plan ?? PLAN, events);
  measuring.push(Buffer.from(evidenceOf(arrivals)));
  return measuring.finish();
}

export const run = (fate: Fate, options: Parameters<typeof measure>[1] = {}): Measurement =>
  measure(play(options.plan ?? PLAN, 42, fate), options);
