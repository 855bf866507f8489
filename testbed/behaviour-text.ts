/** Behaviour as people type it into flags: `1%`, `0.01`, `5ms`, `p50=5ms,p99=80ms`. */
import { Problem, Problems } from '../measure/problem.ts';
import { type Behaviour, checkBehaviour, type Latency, SHARES } from './behaviour.ts';

/**
 * @param texts by the names of the flags
 * @throws Problem or Problems: every mistake at once
 */
export function parseBehaviour(texts: Readonly<Record<keyof Behaviour, string>>): Behaviour {
  const problems: Problem[] = [];
  const keep = <T>(parsed: T | Problem, instead: T): T => {
    if (!(parsed instanceof Problem)) return parsed;
    problems.push(parsed);
    return instead;
  };
  const behaviour: Behaviour = {
    latency: keep<Latency>(parseLatency(texts.latency, '--latency'), { kind: 'none' }),
    errors: 0,
    refusals: 0,
    hangs: 0,
    resets: 0,
  };
  for (const name of SHARES) behaviour[name] = keep(parseShare(texts[name], `--${name}`), 0);
  if (problems.length === 1) throw problems[0]!;
  if (problems.length > 1) throw new Problems(`the testbed was given ${problems.length} mistakes`, problems);
  checkBehaviour(behaviour);
  return behaviour;
}

/**
 * @param text `1%` or `0.01`
 * @param where the flag, for the mistake
 * @returns 0 to 1
 */
export function parseShare(text: string, where: string): number | Problem {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim()) ?? [];
  // Shifting the decimal point and not dividing: 0.07 is not 7 / 100 in binary for all digits.
  const share = digits === undefined ? Number.NaN : Number(percent ? `${digits}e-2` : digits);
  if (share >= 0 && share <= 1) return share;
  return new Problem(
    'E_SHARE',
    `${JSON.stringify(text)} is no share of orders. Expected 0% to 100%. Write "1%" or "0.01".`,
    where,
  );
}

/**
 * @param text `5ms`, `0.5s`, `p50=5ms,p99=80ms` or `none`
 * @param where the flag, for the mistake
 */
export function parseLatency(text: string, where: string): Latency | Problem {
  const words = text.trim();
  if (words === 'none') return { kind: 'none' };
  const ms = parseMs(words);
  if (ms !== null) return { kind: 'constant', ms };
  const [, p50, p99] = /^p50=([^,]+),\s*p99=([^,]+)$/.exec(words) ?? [];
  const p50Ms = parseMs(p50 ?? '');
  const p99Ms = parseMs(p99 ?? '');
  if (p50Ms !== null && p99Ms !== null) return { kind: 'lognormal', p50Ms, p99Ms };
  return new Problem(
    'E_LATENCY',
    `${JSON.stringify(text)} is no latency. Expected one duration, or two percentiles. Write "5ms" or "p50=5ms,p99=80ms".`,
    where,
  );
}

/** Fractions stay: a service that answers in 0.4 ms is worth planting. */
function parseMs(text: string): number | null {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  return Number(unit === 's' ? `${digits}e3` : digits);
}
