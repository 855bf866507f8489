/**
 * What became of an order: the four answers of a started arrival.
 *
 * - `acknowledged`: the operation's declared success status was received.
 * - `refused`: the server definitely said no (4xx save 408).
 * - `unsent`: the request cannot have arrived (DNS, dial or TLS handshake failed).
 * - `unknown`: everything else. It may or may not have been done: never counted as saved nor as lost.
 *
 * The vocabulary is Jepsen's (`:ok`, `:fail`, `:info`) with `:fail` split in two.
 */
export type Outcome = 'acknowledged' | 'refused' | 'unsent' | 'unknown';

/** From best to worst: an arrival of several operations takes the worst of those it reached. */
const OUTCOMES: readonly Outcome[] = ['acknowledged', 'refused', 'unsent', 'unknown'];

/**
 * `error_code` of an evidence line whose iteration threw instead of answering.
 * k6's own codes begin at 1000, so that small numbers are ours.
 */
export const SCENARIO_EXCEPTION = 1;

/**
 * k6's error codes that prove that no request left: DNS (11xx), dial (1210-1213) and TLS handshake (13xx).
 * A reset (1220), a broken pipe (1201) or an end of file (1000) may come after the server acted.
 * Source: k6, lib/netext/httpext/error_codes.go.
 */
const isUnsentCode = (errorCode: number): boolean =>
  (errorCode >= 1100 && errorCode < 1200) ||
  (errorCode >= 1210 && errorCode <= 1213) ||
  (errorCode >= 1300 && errorCode < 1400);

/**
 * Classifies one attempt.
 * @param status HTTP status, 0 where no whole response was received
 * @param errorCode k6's `error_code`, 0 for none
 * @param success the status that acknowledges this operation (201 for an order)
 */
export function outcomeOf(status: number, errorCode: number, success: number): Outcome {
  if (status === success) return 'acknowledged';
  if (status >= 400 && status < 500 && status !== 408) return 'refused';
  if (status === 0 && isUnsentCode(errorCode)) return 'unsent';
  return 'unknown';
}

/** Attempts of one operation: acknowledged if any was, else unknown if any was, else refused, else unsent. */
export function mergeAttempts(a: Outcome, b: Outcome): Outcome {
  for (const outcome of ['acknowledged', 'unknown', 'refused'] as const) {
    if (a === outcome || b === outcome) return outcome;
  }
  return 'unsent';
}

/** Operations of one arrival: the worst of those reached. */
export function worseOutcome(a: Outcome, b: Outcome): Outcome {
  return OUTCOMES.indexOf(a) >= OUTCOMES.indexOf(b) ? a : b;
}

/** A short word for what went wrong in one attempt, for charts and tables: `503`, `timeout`, `reset`... */
export function errorLabel(status: number, errorCode: number): string {
  if (status !== 0) return String(status);
  if (errorCode === SCENARIO_EXCEPTION) return 'exception';
  if (errorCode === 1050) return 'timeout';
  if (errorCode === 1220 || errorCode === 1201) return 'reset';
  if (errorCode === 1212) return 'dial refused';
  if (errorCode >= 1210 && errorCode <= 1213) return 'dial failed';
  if (errorCode >= 1100 && errorCode < 1200) return 'dns';
  if (errorCode >= 1300 && errorCode < 1400) return 'tls';
  if (errorCode >= 1600 && errorCode < 1700) return 'http/2';
  if (errorCode === 1000) return 'broken response';
  return `error ${errorCode}`;
}
