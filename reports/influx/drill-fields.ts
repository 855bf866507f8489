/** The one point of a drill, and the words of what was seen in it. */
import type { RunEvent } from '../../measure/events.ts';
import type { Verdict } from '../../measure/verdict.ts';
import { PHASE_WORDS, phaseDuration, regionName } from '../drill-words.ts';
import { formatCount } from '../words.ts';
import type { FieldValues } from './schema.ts';

/** Null for a load. */
export function drillFields({ drill, claims, verdict }: Verdict): FieldValues<'drills'> | null {
  if (!drill) return null;
  const claimed = (id: string): number | null => claims.find((claim) => claim.id === id)?.claimed ?? null;
  const { rto, rpo, ledger, first_success_ms: first } = drill;
  const { cutover, healed } = ledger;
  return {
    verdict,
    failed: verdict === 'FAIL' ? 1 : 0,
    expected: drill.expected,
    rto_s: rto?.seconds ?? null,
    rto_low: rto?.low ?? null,
    rto_high: rto?.high ?? null,
    rto_claim: claimed('rto'),
    first_success_s: first === null ? null : first / 1000,
    rpo_s: rpo?.seconds ?? null,
    rpo_low: rpo?.low ?? null,
    rpo_high: rpo?.high ?? null,
    rpo_claim: claimed('rpo.seconds'),
    rpo_orders: rpo?.orders_low ?? null,
    rpo_orders_high: rpo?.orders_high ?? null,
    lost: cutover?.lost_acked ?? null,
    recovered: healed?.recovered ?? null,
    duplicated: healed?.duplicated ?? null,
    unexpected: healed?.unexpected ?? null,
    proved: drill.cause.proved ? 1 : 0,
    restored: drill.restored === null ? null : drill.restored ? 1 : 0,
  };
}

type Phase = Extract<RunEvent, { kind: 'phase' }>;

/** The phases of a drill as events, for annotations; none for a load. */
export const phaseEvents = ({ drill }: Verdict): Phase[] =>
  (drill?.phases ?? []).map(({ name, from_ms, to_ms }) => ({
    t: from_ms,
    kind: 'phase',
    observed: false,
    name: PHASE_WORDS[name],
    fromMs: from_ms,
    toMs: to_ms,
  }));

/** Null for what is no sight of a drill. */
export function drillAnnotation(event: RunEvent): FieldValues<'events'> | null {
  switch (event.kind) {
    case 'phase':
      return { title: event.name, text: phaseDuration(event) };
    case 'steady.state':
      return { title: event.held ? 'the steady state held' : 'no steady state', text: event.sentence };
    case 'fault.injected':
      return { title: `fault: ${event.fault}`, text: event.words };
    case 'fault.undone':
      return {
        title: event.restored ? `undone: ${event.fault}` : `NOT undone: ${event.fault}`,
        text: event.words,
      };
    case 'dns.answer': {
      const to = event.region === null ? event.answer : regionName(event.region);
      return { title: `DNS: ${to}`, text: event.answer };
    }
    case 'standby.tasks': {
      const text = `${formatCount(event.running)} of ${formatCount(event.desired)} tasks run`;
      return { title: `standby ${regionName(event.region)}`, text };
    }
    case 'listing.read': {
      const when = event.at === 'cutover' ? 'at cut-over' : 'after heal';
      return {
        title: `listing ${when}`,
        text: `${formatCount(event.keys)} keys of ${regionName(event.region)}`,
      };
    }
    default:
      return null;
  }
}
