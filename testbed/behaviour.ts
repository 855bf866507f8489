/** What a testbed does wrong on purpose: shares of orders by kind, and the time that an order takes. */
import { Problem, Problems } from '../measure/problem.ts';

/** Time added to each order before its answer. */
export type Latency =
  | { kind: 'none' }
  | { kind: 'constant'; ms: number }
  /** Lognormal, given by the two percentiles that people know of a service. */
  | { kind: 'lognormal'; p50Ms: number; p99Ms: number };

/** Shares are of all valid orders, by key, 0 to 1; their sum is at most 1. */
export interface Behaviour {
  latency: Latency;
  /** Answered 503; half of these orders are stored all the same. */
  errors: number;
  /** Answered 422 and not stored. */
  refusals: number;
  /** Accepted and never answered; half of these orders are stored. */
  hangs: number;
  /** The connection is reset (RST) without an answer; half of these orders are stored. */
  resets: number;
}

/** Every order is answered as soon as it is stored. */
export const HEALTHY: Readonly<Behaviour> = {
  latency: { kind: 'none' },
  errors: 0,
  refusals: 0,
  hangs: 0,
  resets: 0,
};

export const SHARES = ['errors', 'refusals', 'hangs', 'resets'] as const;
type Share = (typeof SHARES)[number];

/** A minute is longer than any timeout that a load test uses; timers of Node overflow at 24.8 days. */
const LONGEST_MS = 60_000;

/**
 * @throws Problem or Problems for shares outside [0, 1] or together above 1, and for latencies that are not 0 to
 * 60,000 ms or whose p99 lies below the p50
 */
export function checkBehaviour(behaviour: Behaviour): void {
  const problems: Problem[] = [];
  let sum = 0;
  for (const name of SHARES) {
    const share = behaviour[name];
    sum += share;
    if (!(share >= 0 && share <= 1)) {
      problems.push(
        new Problem(
          'E_SHARE',
          `${name} is ${share}. Expected a share of 0 to 1. Write 0.01 for 1 %.`,
          `behaviour.${name}`,
        ),
      );
    }
  }
  // Ten times 0.1 is a little more than 1 in binary.
  if (problems.length === 0 && sum > 1 + 1e-9) {
    problems.push(
      new Problem(
        'E_SHARE',
        `${SHARES.join(', ')} together are ${sum}. Expected at most 1. An order can fail in one way only.`,
        'behaviour',
      ),
    );
  }
  const latency = latencyProblem(behaviour.latency);
  if (latency !== null) problems.push(latency);
  if (problems.length === 1) throw problems[0]!;
  if (problems.length > 1) throw new Problems(`the testbed was given ${problems.length} mistakes`, problems);
}

function latencyProblem(latency: Latency): Problem | null {
  const where = 'behaviour.latency';
  switch (latency.kind) {
    case 'none':
      return null;
    case 'constant':
      return isLatency(latency.ms)
        ? null
        : new Problem('E_LATENCY', `the latency is ${latency.ms} ms. Expected 0 to ${LONGEST_MS} ms.`, where);
    case 'lognormal':
      if (
        isLatency(latency.p50Ms) &&
        isLatency(latency.p99Ms) &&
        latency.p50Ms > 0 &&
        latency.p99Ms >= latency.p50Ms
      )
        return null;
      return new Problem(
        'E_LATENCY',
        `the latency's p50 is ${latency.p50Ms} ms and its p99 ${latency.p99Ms} ms. ` +
          `Expected a p50 above 0 and a p99 from it to ${LONGEST_MS} ms.`,
        where,
      );
  }
}

const isLatency = (ms: number): boolean => ms >= 0 && ms <= LONGEST_MS;

/** Behaviour in words, a line each, for people: empty where nothing is planted. */
export function describeBehaviour(behaviour: Behaviour): string[] {
  const lines: string[] = [];
  const { latency } = behaviour;
  if (latency.kind === 'constant') lines.push(`each order takes ${latency.ms} ms`);
  if (latency.kind === 'lognormal')
    lines.push(`orders take p50 ${latency.p50Ms} ms, p99 ${latency.p99Ms} ms (lognormal)`);
  const words: Record<Share, string> = {
    errors: 'are answered 503, half of them stored all the same',
    refusals: 'are refused with 422',
    hangs: 'are accepted and never answered, half of them stored',
    resets: 'have their connection reset, half of them stored',
  };
  for (const name of SHARES) {
    if (behaviour[name] > 0) lines.push(`${Number((behaviour[name] * 100).toPrecision(6))} % ${words[name]}`);
  }
  return lines;
}
