import type { DrillVerdict } from './drill.ts';
import { findCause } from './drill-cause.ts';
import { type DrillFacts, decidingAudit, heldAt, lengthOf, longestOutage } from './drill-facts.ts';
import { findPhases } from './drill-phases.ts';
import { isRestored } from './held-fault.ts';
import type { FoundOutage } from './outage.ts';
import { measureRpo } from './rpo.ts';

/** Digits of a figure in seconds: microseconds, which are more than is known. */
const seconds = (ms: number): number => Math.round(ms * 1000) / 1e6;

/** The `drill` of `verdict.json`: what was found, before it is held against the claims. */
export function describeDrill(facts: DrillFacts): DrillVerdict {
  const { record } = facts;
  const { ledger } = decidingAudit(facts);
  const longest = longestOutage(facts);
  const found = (ms: number | null): number | null => (longest && ms !== null ? ms - longest.fromMs : null);
  return {
    name: record.name,
    bite: record.bite,
    expected: record.expected,
    rto: longest && describeRto(longest),
    rpo: measureRpo(facts),
    first_success_ms: found(longest?.firstSuccessMs ?? null),
    sustained_ms: found(longest?.sustainedMs ?? null),
    outages: facts.outages.map((outage) => ({
      population: outage.population,
      from_ms: outage.fromMs,
      from_low_ms: outage.fromLowMs,
      from_high_ms: outage.fromHighMs,
      first_success_ms: outage.firstSuccessMs,
      sustained_ms: outage.sustainedMs,
      region: outage.region,
    })),
    phases: findPhases(facts),
    ledger: { cutover: ledger.cutover, healed: ledger.healed },
    capacity: facts.capacity,
    cause: findCause(facts),
    predicted: {
      verdict: record.predicted.verdict,
      rto_low_s: secondsOrNever(record.predicted.rto?.lowMs),
      rto_high_s: secondsOrNever(record.predicted.rto?.highMs),
      held: isPredicted(facts, longest),
    },
    restored: isRestored(facts.events),
  };
}

const secondsOrNever = (ms: number | null | undefined): number | null => (ms == null ? null : seconds(ms));

function describeRto(outage: FoundOutage): DrillVerdict['rto'] {
  const length = lengthOf(outage);
  return {
    seconds: Number.isFinite(length) ? seconds(length) : null,
    low: seconds(outage.rtoLowMs),
    high: Number.isFinite(outage.rtoHighMs) ? seconds(outage.rtoHighMs) : null,
  };
}

/**
 * Whether the RTO's error bar meets what was predicted, never among it; null where nothing was predicted, or the fault's end
 * ended an outage that was to end by itself.
 */
function isPredicted(facts: DrillFacts, outage: FoundOutage | null): boolean | null {
  const { rto } = facts.record.predicted;
  if (rto === null || outage === null) return null;
  const held = heldAt(facts, outage.fromHighMs);
  const highMs = rto.highMs ?? Number.POSITIVE_INFINITY;
  const lowMs = rto.lowMs ?? Number.POSITIVE_INFINITY;
  // Only the end of the fault ended it, which is what was predicted.
  if (rto.lowMs === null && held !== null && outage.openUntilMs >= held.untilMs) return true;
  const late = outage.rtoLowMs > highMs;
  if (held === null || outage.openUntilMs >= held.untilMs) return late ? false : null;
  return !late && outage.rtoHighMs >= lowMs;
}
