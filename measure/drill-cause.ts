import { clock, type DrillFacts, heldAt, longestOutage } from './drill-facts.ts';
import type { ObservedEvent } from './events.ts';
import type { HeldFault } from './held-fault.ts';
import type { FoundOutage } from './outage.ts';

/** Whether the failover ended the outage, in a sentence. */
export interface Cause {
  proved: boolean;
  sentence: string;
}

const unproved = (sentence: string): Cause => ({ proved: false, sentence });

/** The cause that ended an outage: the longest by default. */
export function findCause(facts: DrillFacts, outage: FoundOutage | null = longestOutage(facts)): Cause {
  if (outage === null) return unproved('there was no outage to end');
  const held = heldAt(facts, outage.fromHighMs);
  if (held === null) return unproved('the outage began before any fault');
  if (outage.fromMs >= held.untilMs)
    return unproved(`the outage began after ${held.region} had been given back`);
  if (outage.sustainedMs === null) return unproved('service was not sustained again');
  if (outage.sustainedMs >= held.untilMs) return unproved(endedWithFault(facts, held));
  return causeWhileHeld(facts, { ...outage, sustainedMs: outage.sustainedMs }, held);
}

/** The outage lasted as long as its fault. */
export function endedWithFault(facts: DrillFacts, held: HeldFault): string {
  const how = held.expired ? 'expired' : 'was undone';
  return `the outage ended because the fault did: it ${how} at ${clock(facts, held.untilMs)}`;
}

function causeWhileHeld(
  facts: DrillFacts,
  outage: FoundOutage & { sustainedMs: number },
  held: HeldFault,
): Cause {
  const { region, survivor } = held;
  const at = clock(facts, outage.sustainedMs);
  if (outage.region === region)
    return unproved(`${region} itself answered again from ${at} while its fault held`);
  const answers = facts.events.filter((event) => event.kind === 'dns.answer');
  const flipped = answers.some(
    ({ t, region: answered }) =>
      answered === survivor && t >= held.fromMs! && t <= outage.sustainedMs + DNS_SEEN_MS,
  );
  if (answers.length > 0 && !flipped)
    return unproved(`clients recovered at ${at} although DNS never answered with ${survivor}`);
  if (outage.region !== survivor && !flipped)
    return unproved(`nothing says who answered from ${at} on: no region header, no DNS answer`);
  const until = Number.isFinite(held.untilMs) ? clock(facts, held.untilMs) : 'the end';
  const strength = standbyStrength(facts, held);
  return {
    proved: true,
    sentence:
      `failover proved: ${survivor} answered from ${at} while ${region} was down until ${until}` +
      (strength === '' ? '' : `; ${strength}`),
  };
}

/** Observers look every now and then: they may see an answer a little later than clients do. */
const DNS_SEEN_MS = 1000;

/**
 * Says where the standby was at full strength before the fault although the drill predicts that it has to scale; empty
 * where it was not.
 */
export function standbyStrength({ record, events }: DrillFacts, held: HeldFault): string {
  const scales = record.predicted.rto?.steps.some(({ name, highMs }) => name === 'scale' && highMs !== 0);
  const tasks = events.filter(
    (event): event is Extract<ObservedEvent, { kind: 'standby.tasks' }> =>
      event.kind === 'standby.tasks' && event.region === held.survivor,
  );
  if (!scales || held.fromMs === null || tasks.length === 0) return '';
  const before = tasks.filter(({ t }) => t <= held.fromMs!).at(-1);
  const most = Math.max(...tasks.filter(({ t }) => t <= held.untilMs).map(({ desired }) => desired));
  if (before === undefined || before.desired < most) return '';
  return `${held.survivor} had ${before.desired} tasks before the fault and never asked for more, though it was predicted to scale`;
}
