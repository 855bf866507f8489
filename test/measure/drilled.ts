/** A simulated drill, measured as the harness would. */
import { parseClaim } from '../../measure/claims.ts';
import type { DrillRecord } from '../../measure/drill.ts';
import { DrillMeasuring, type MeasuredDrill } from '../../measure/drill-measuring.ts';
import type { ObservedEvent } from '../../measure/events.ts';
import { EvidenceDecoder } from '../../measure/evidence.ts';
import { type Measurement, Measuring } from '../../measure/measurement.ts';
import type { RunRecord } from '../../measure/run.ts';
import type { Claim, JudgedClaim } from '../../measure/verdict.ts';
import { type Drilled, drill, eventsOf, RUN, recordOf, type Script } from './drill-simulation.ts';
import { ZERO_MS } from './simulation.ts';

export interface Options {
  script?: Partial<Script>;
  record?: Partial<DrillRecord>;
  claims?: Record<string, string>;
  /** Changes what was observed. */
  events?: (events: ObservedEvent[]) => ObservedEvent[];
  /** Changes what was written. */
  files?: (drilled: Drilled) => void;
}

const CLAIMS = { rto: '<= 3s', 'rpo.seconds': '<= 2s', duplicated: '<= 0' };

function claimsOf(claims: Record<string, string>): Claim[] {
  return Object.entries(claims).map(([id, text]) => {
    const claim = parseClaim(id, text, null, id, 'drill');
    if (claim instanceof Error) throw claim;
    return claim;
  });
}

export function measureDrill(options: Options = {}): { measurement: Measurement; drilled: Drilled } {
  const drilled = drill(options.script);
  options.files?.(drilled);
  const run = {
    run: RUN,
    kind: 'drill',
    claims: claimsOf(options.claims ?? CLAIMS),
    machine: { allowedCpus: 2 },
    drill: recordOf(options.script, options.record),
  } as RunRecord;
  const events = eventsOf(options.script);
  const measuring = new Measuring(run, drilled.plan, options.events?.(events) ?? events);
  measuring.push(Buffer.from(drilled.lines.join('')));
  if (drilled.cutover.length > 0)
    measuring.pushListing('cutover', 'tokyo', Buffer.from(drilled.cutover.join('')));
  for (const region of ['seoul', 'tokyo'] as const)
    if (drilled.healed[region].length > 0)
      measuring.pushListing('healed', region, Buffer.from(drilled.healed[region].join('')));
  return { measurement: measuring.finish(), drilled };
}

/** Outages and ledger alone, without the seconds of the run. */
export function find(
  drilled: Drilled,
  script: Partial<Script> = {},
  record: Partial<DrillRecord> = {},
): MeasuredDrill {
  const decoder = new EvidenceDecoder();
  const measuring = new DrillMeasuring(RUN, recordOf(script, record), drilled.plan, decoder);
  decoder.push(Buffer.from(drilled.lines.join('')), (line) => measuring.push(line));
  measuring.pushListing('cutover', 'tokyo', Buffer.from(drilled.cutover.join('')));
  measuring.pushListing('healed', 'seoul', Buffer.from(drilled.healed.seoul.join('')));
  measuring.pushListing('healed', 'tokyo', Buffer.from(drilled.healed.tokyo.join('')));
  const lengthMs = drilled.plan.populations[0]!.stages[0]!.durationMs;
  const { measured } = measuring.finish({
    zeroMs: Math.round(ZERO_MS),
    zerosMs: drilled.plan.populations.map(() => ZERO_MS),
    endMs: ZERO_MS + lengthMs,
    complete: true,
    torn: 0,
    blamed: [],
    events: eventsOf(script),
  });
  return measured;
}

export function judged(options: Options, id: string): JudgedClaim {
  return measureDrill(options).measurement.verdict.claims.find((claim) => claim.id === id)!;
}
