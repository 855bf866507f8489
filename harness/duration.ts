/** Durations as people write them: `500ms`, `20s`, `2m`, `1h`, `1m30s`. Inside they are whole milliseconds. */
import { Problem } from '../measure/problem.ts';

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** A slip of the unit ("100h") is likelier than a run of days; timers of Node overflow at 24.8 days. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * Parses a duration into whole milliseconds.
 * @param found what stands in the configuration, of any type
 * @param where path into the configuration, for the mistake
 */
export function parseDuration(found: unknown, where = ''): number | Problem {
  const shown = typeof found === 'string' ? JSON.stringify(found) : String(found);
  const mistake = (sentences: string): Problem => new Problem('E_DURATION', sentences, where);
  if (typeof found === 'number' || (typeof found === 'string' && /^\d+(\.\d+)?$/.test(found.trim()))) {
    return mistake(`${shown} has no unit. Write "${String(found).trim()}s".`);
  }
  if (typeof found !== 'string' || !WHOLE.test(found.trim())) {
    const what = typeof found === 'string' ? shown : typeof found;
    return mistake(`${what} is no duration. Expected a number and ms, s, m or h. Write "20s" or "1m30s".`);
  }
  let sum = 0;
  for (const [, digits, unit] of found.trim().matchAll(PART)) sum += Number(digits) * MS_PER_UNIT[unit!]!;
  const durationMs = Math.round(sum);
  if (durationMs > LONGEST_MS) return mistake(`${shown} is longer than a day. Expected at most "24h".`);
  if (durationMs === 0 && sum > 0)
    return mistake(`${shown} is less than a millisecond. Expected at least "1ms".`);
  return durationMs;
}

/** The shortest way to write whole milliseconds that `parseDuration` reads back: 90,000 is `1m30s`, 1,500 is `1.5s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  if (durationMs < 1000) return `${durationMs}ms`;
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const seconds = (durationMs % 60_000) / 1000;
  return `${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}${seconds ? `${seconds}s` : ''}`;
}
