/** What a drill will come to, by arithmetic over the platform's live timers: written down before anything is broken. */
import { formatDuration } from '../harness/duration.ts';
import type { Bite, PlannedFault, PredictedStep, PredictedVerdict, Prediction } from '../measure/drill.ts';
import type { Claim } from '../measure/verdict.ts';
import type { Timers } from './platform.ts';

/** The replication lag of a platform that names no maximum is taken as this many times its p99. */
const TAIL_OVER_P99 = 1.5;

/** What of a drill its prediction depends on. */
export interface Foreseen {
  bite: Bite;
  /** Times on the run's clock, as the drill runs. */
  faults: readonly PlannedFault[];
}

/**
 * Predicts RTO and RPO as ranges. Detection: (threshold - 1) x interval to threshold x interval + the check's timeout;
 * then propagation; then what is left of the TTL; then scaling up, where the failover triggers it. The ranges add up.
 * @param timers null where the platform does not tell
 * @param claims scaled, as they will be judged
 */
export function predict(drill: Foreseen, timers: Timers | null, claims: readonly Claim[]): Prediction {
  if (timers === null) {
    const reasons = ['the platform does not tell its timers: nothing is predicted'];
    return { rto: null, rpo: null, verdict: 'uncertain', reasons };
  }
  const claimed = (id: string): Claim | undefined =>
    drill.bite === 'outage' ? claims.find((claim) => claim.id === id) : undefined;
  const [rtoClaim, rpoClaim] = [claimed('rto'), claimed('rpo.seconds')];
  const rto = rtoClaim === undefined ? null : predictRto(drill, timers);
  const rpo = rpoClaim === undefined ? null : predictRpo(drill, timers);
  const judged: { verdict: PredictedVerdict; reason: string }[] = [];
  if (rto !== null) judged.push(against(rtoClaim!, 'RTO', rto));
  if (rpo !== null) judged.push(against(rpoClaim!, 'RPO', rpo));
  const reasons = judged.map(({ reason }) => reason);
  if (reasons.length === 0) reasons.push('no arithmetic speaks of these claims');
  return { rto, rpo, verdict: worst(judged.map(({ verdict }) => verdict)), reasons };
}

function worst(verdicts: readonly PredictedVerdict[]): PredictedVerdict {
  if (verdicts.includes('FAIL')) return 'FAIL';
  return verdicts.length === 0 || verdicts.includes('uncertain') ? 'uncertain' : 'PASS';
}

const find = ({ faults }: Foreseen, ...names: string[]): PlannedFault | undefined =>
  faults.find(({ fault }) => names.includes(fault));

/** When the first fault that takes the service away begins. */
const lossAtMs = ({ faults }: Foreseen): number =>
  Math.max(
    ...faults
      .filter(({ fault }) => TAKES_AWAY.test(fault))
      .map(({ injectAtMs }) => injectAtMs)
      .slice(0, 1),
    0,
  );

const TAKES_AWAY = /^(region\.(kill|freeze|refuse)|workers\.)/;

function predictRto(drill: Foreseen, timers: Timers): NonNullable<Prediction['rto']> {
  const { healthCheck, propagationMs, ttlMs, scale } = timers;
  const { intervalMs, threshold, timeoutMs } = healthCheck;
  const [low, high] = [(threshold - 1) * intervalMs, threshold * intervalMs + timeoutMs];
  const interval = formatDuration(intervalMs);
  const lie = drill.faults.some(({ fault, args }) => fault === 'health.lie' && args.says === 'healthy');
  const never = lie || find(drill, 'dns.stale') !== undefined;
  const steps: PredictedStep[] = [
    never
      ? {
          name: 'detect',
          lowMs: null,
          highMs: null,
          arithmetic: 'never: a fault keeps the name on the lost region',
        }
      : {
          name: 'detect',
          lowMs: low,
          highMs: high,
          arithmetic: `${threshold - 1} x ${interval} to ${threshold} x ${interval} + ${formatDuration(timeoutMs)} timeout`,
        },
    {
      name: 'propagate',
      lowMs: propagationMs.low,
      highMs: propagationMs.high,
      arithmetic: `${formatDuration(propagationMs.low)} to ${formatDuration(propagationMs.high)}`,
    },
    { name: 'ttl', lowMs: 0, highMs: ttlMs, arithmetic: `what is left of ${formatDuration(ttlMs)}` },
  ];
  if (scale !== null) {
    const pin = find(drill, 'standby.pin');
    const freeMs = pin === undefined ? 0 : pin.undoAtMs - lossAtMs(drill);
    const held = pin === undefined ? '' : `, not before ${formatDuration(freeMs)} after the loss`;
    steps.push({
      name: 'scale',
      lowMs: scale.startMs + Math.max(0, freeMs - low - propagationMs.low),
      highMs: scale.startMs + Math.max(0, freeMs - high - propagationMs.high),
      arithmetic: `${scale.tasks} to ${scale.scaleTo} tasks, ${formatDuration(scale.startMs)} to start${held}`,
    });
  }
  const range = {
    lowMs: sum(steps.map(({ lowMs }) => lowMs)),
    highMs: sum(steps.map(({ highMs }) => highMs)),
  };
  // What waits for a pinned standby anyway waits the longer, the sooner the loss is noticed.
  return { ...range, steps: steps.map((step) => ({ ...step, ...ordered(step) })) };
}

const ordered = ({ lowMs, highMs }: PredictedStep): Pick<PredictedStep, 'lowMs' | 'highMs'> =>
  lowMs !== null && highMs !== null && lowMs > highMs ? { lowMs: highMs, highMs: lowMs } : { lowMs, highMs };

/** One that never comes makes the whole never come. */
const sum = (addends: readonly (number | null)[]): number | null =>
  addends.reduce<number | null>((all, each) => (all === null || each === null ? null : all + each), 0);

function predictRpo(drill: Foreseen, { replicationLagMs }: Timers): Prediction['rpo'] {
  if (replicationLagMs === null) return null;
  const { p50, p99, max } = replicationLagMs;
  const tail = max ?? Math.round(p99 * TAIL_OVER_P99);
  const words =
    max === null ? `${TAIL_OVER_P99} x p99 ${formatDuration(p99)}` : `at most ${formatDuration(max)}`;
  const lag = `replication lag p50 ${formatDuration(p50)}, ${words}`;
  const stall = find(drill, 'replication.pause', 'replication.cut');
  if (stall === undefined) return { lowMs: p50, highMs: tail, arithmetic: lag };
  const stalledMs = lossAtMs(drill) - stall.injectAtMs;
  return {
    lowMs: stalledMs,
    highMs: stalledMs + tail,
    arithmetic: `stalled for ${formatDuration(stalledMs)} before the loss, and ${lag}`,
  };
}

function against(
  claim: Claim,
  name: string,
  { lowMs, highMs }: { lowMs: number | null; highMs: number | null },
): { verdict: PredictedVerdict; reason: string } {
  const claimedMs = claim.claimed * 1000;
  const claimed = `claimed ${claim.op === '<' ? '<' : '≤'} ${seconds(claimedMs)} s`;
  if (lowMs === null || highMs === null) return { verdict: 'FAIL', reason: `${name} never ends, ${claimed}` };
  const range = `${seconds(lowMs)}-${seconds(highMs)} s`;
  if (highMs <= claimedMs) return { verdict: 'PASS', reason: `${name} ${range}, ${claimed}: inside` };
  if (lowMs > claimedMs) return { verdict: 'FAIL', reason: `${name} ${range}, ${claimed}: outside` };
  return { verdict: 'uncertain', reason: `${name} ${range}, ${claimed}: the claim lies within the range` };
}

const seconds = (ms: number): string => String(Number((ms / 1000).toPrecision(3)));
