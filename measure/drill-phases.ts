import type { DrillPhase } from './drill.ts';
import { type DrillFacts, heldAt, longestOutage } from './drill-facts.ts';
import type { ObservedEvent } from './events.ts';
import type { HeldFault } from './held-fault.ts';
import type { FoundOutage } from './outage.ts';

/** The stretches of a drill, for its waterfall: what was not observed is left out, and its time goes to the next. */
export function findPhases(facts: DrillFacts): DrillPhase[] {
  const { record, zeroMs } = facts;
  const { fromMs, toMs } = record.baseline;
  const baseline: DrillPhase = {
    name: 'baseline',
    from_ms: Math.round(zeroMs + fromMs),
    to_ms: Math.round(zeroMs + toMs),
  };
  const outage = longestOutage(facts);
  const held = outage ? heldAt(facts, outage.fromHighMs) : (facts.held[0] ?? null);
  if (held === null || held.fromMs === null) return [baseline];
  const phases = outage ? outagePhases(facts, outage, held) : quietPhases(facts, held);
  return [baseline, ...phases, ...healPhases(facts, held)];
}

/** One stretch begins where that before it ends; a null end is the last. */
function chain(fromMs: number, ends: [DrillPhase['name'], number | null | undefined][]): DrillPhase[] {
  const phases: DrillPhase[] = [];
  let from = Math.round(fromMs);
  for (const [name, endMs] of ends) {
    if (endMs === undefined) continue;
    const to = endMs === null ? null : Math.max(from, Math.round(endMs));
    phases.push({ name, from_ms: from, to_ms: to });
    if (to === null) break;
    from = to;
  }
  return phases;
}

function outagePhases(facts: DrillFacts, outage: FoundOutage, held: HeldFault): DrillPhase[] {
  const { events } = facts;
  const fromMs = held.fromMs!;
  const ended = outage.sustainedMs ?? Infinity;
  const before = (t: number | undefined): number | undefined =>
    t !== undefined && t <= ended ? t : undefined;
  const sick = before(
    after(
      events,
      fromMs,
      (event) => event.kind === 'region.health' && event.region === held.region && !event.healthy,
    ),
  );
  const flip = before(
    after(events, fromMs, (event) => event.kind === 'dns.answer' && event.region === held.survivor),
  );
  const phases = chain(outage.fromMs, endsOf(outage, sick, flip));
  if (outage.sustainedMs === null) return phases;
  const until = Number.isFinite(held.untilMs) ? held.untilMs : null;
  return until !== null && until <= outage.sustainedMs
    ? phases
    : [...phases, ...chain(outage.sustainedMs, [['sustained', until]])];
}

/** What was waited for, and until when: a step that nobody observed goes into the one before it. */
function endsOf(
  { firstSuccessMs, sustainedMs }: FoundOutage,
  sick: number | undefined,
  flip: number | undefined,
): [DrillPhase['name'], number | null | undefined][] {
  if (flip !== undefined)
    return [
      ['detect', sick],
      ['dns', flip],
      ['ttl', firstSuccessMs],
      ['scale', sustainedMs],
    ];
  if (sick !== undefined)
    return [
      ['detect', sick],
      ['dns', firstSuccessMs],
      ['scale', sustainedMs],
    ];
  return [
    ['detect', firstSuccessMs],
    ['scale', sustainedMs],
  ];
}

/** Without an outage: the time that the fault held. */
function quietPhases(facts: DrillFacts, held: HeldFault): DrillPhase[] {
  const until = Number.isFinite(held.untilMs) ? held.untilMs : null;
  return chain(held.fromMs!, [[facts.degraded ? 'degraded' : 'sustained', until]]);
}

function healPhases({ events }: DrillFacts, held: HeldFault): DrillPhase[] {
  const { region, untilMs } = held;
  if (!Number.isFinite(untilMs)) return [];
  const healthy = after(
    events,
    untilMs,
    (event) => event.kind === 'region.health' && event.region === region && event.healthy,
  );
  const seesLag = events.some((event) => event.kind === 'replication.lag' && event.region === region);
  const caughtUp = after(
    events,
    untilMs,
    (event) => event.kind === 'replication.lag' && event.region === region && event.waiting === 0,
  );
  const back = after(events, untilMs, (event) => event.kind === 'dns.answer' && event.region === region);
  const phases = healthy === undefined ? [] : chain(untilMs, [['heal', healthy]]);
  if (seesLag) phases.push(...chain(untilMs, [['catch-up', caughtUp ?? null]]));
  if (back !== undefined) phases.push(...chain(Math.min(healthy ?? untilMs, back), [['failback', back]]));
  return phases;
}

/** When something was first seen, not before an instant. */
function after(
  events: readonly ObservedEvent[],
  ms: number,
  is: (event: ObservedEvent) => boolean,
): number | undefined {
  return events.find((event) => event.t >= ms && is(event))?.t;
}
