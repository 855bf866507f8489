import { clock, type DrillFacts, heldAt, judgedOutages } from './drill-facts.ts';
import { formatRatioAsPercent } from './format.ts';

/** What makes every answer of a drill worthless, in a sentence; empty: nothing. */
export function whyWorthless(facts: DrillFacts): string {
  return unsteady(facts) || unbitten(facts);
}

/** Where the steady state did not hold before the fault, nothing after it is the fault's doing. */
function unsteady(facts: DrillFacts): string {
  const seen = facts.events.find((event) => event.kind === 'steady.state');
  if (seen?.kind === 'steady.state' && !seen.held) return `the steady state did not hold: ${seen.sentence}`;
  const { success, throughput } = facts.record.sustained;
  const percent = formatRatioAsPercent;
  for (const { population, baseline } of facts.baselines) {
    const { arrivals, served, due } = baseline;
    if (arrivals === 0)
      return `the baseline has no orders of ${population} clients: nothing says what normal is`;
    if (served < success * arrivals)
      return `the steady state did not hold: ${percent(served / arrivals)} of the baseline's ${population} orders were acknowledged, ${percent(success)} are needed`;
    if (served < throughput * due)
      return `the steady state did not hold: ${percent(served / due)} of the planned ${population} orders were acknowledged in the baseline, ${percent(throughput)} are needed`;
  }
  const early = judgedOutages(facts).find((outage) => heldAt(facts, outage.fromHighMs) === null);
  if (early !== undefined && facts.held.some(({ fromMs }) => fromMs !== null))
    return `an outage began at ${clock(facts, early.fromMs)}, before any fault`;
  return '';
}

/** Each drill declares what its faults do; where they do not, it has proved nothing. */
function unbitten(facts: DrillFacts): string {
  const { bite } = facts.record;
  const untouched = facts.held.find(({ fromMs }) => fromMs === null);
  if (untouched !== undefined) return `the fault never bit: nothing was done to ${untouched.region}`;
  switch (bite) {
    case 'outage': {
      const missed = facts.held.find((held) => !hasOutage(facts, held.fromMs!, held.untilMs));
      if (missed === undefined) return '';
      return `the fault never bit: ${missed.region} was to be lost at ${clock(facts, missed.fromMs!)}, and orders went on being served`;
    }
    case 'degradation':
      return facts.degraded || judgedOutages(facts).length > 0
        ? ''
        : 'the fault never bit: service was as in the baseline while it held';
    case 'failover':
      return facts.audits.some(({ cutoverMs }) => cutoverMs !== null)
        ? ''
        : 'the fault never bit: the standby served no order while it held';
    case 'none':
      return '';
  }
}

/** Whether clients lost service in the time of a loss. */
function hasOutage(facts: DrillFacts, fromMs: number, untilMs: number): boolean {
  return judgedOutages(facts).some(
    (outage) => outage.fromMs < untilMs && heldAt(facts, outage.fromHighMs)?.fromMs === fromMs,
  );
}
