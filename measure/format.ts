/**
 * How numbers, units and times are written, everywhere: three significant digits and thousands separators; from 1,000
 * up they are whole.
 */
import type { ClaimOperator, ClaimUnit, JudgedClaim } from './verdict.ts';

/** How an infinite latency is written: the arrival was never served. */
const INFINITE = '∞';
/** How a value is written that there is none of. */
export const NO_VALUE = '–';

const OPERATOR_SIGNS: Record<ClaimOperator, string> = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' };

/** Verdicts are written with these digits unless the claim asks for more. */
const DIGITS = 3;
/** More digits than this say nothing that a measurement could know. */
const MOST_DIGITS = 9;

const formatters = new Map<string, Intl.NumberFormat>();

function intl(kind: 'maximumFractionDigits' | 'maximumSignificantDigits', digits: number): Intl.NumberFormat {
  const key = `${kind}${digits}`;
  let formatter = formatters.get(key);
  if (formatter === undefined) {
    formatter = new Intl.NumberFormat('en-US', { [kind]: digits });
    formatters.set(key, formatter);
  }
  return formatter;
}

/** A bare number with `digits` significant digits; whole from 1,000 up unless more digits are asked for. */
export function formatNumber(value: number, digits = DIGITS): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? NO_VALUE : value > 0 ? INFINITE : `-${INFINITE}`;
  const size = Math.abs(value);
  const wholeDigits = size < 1 ? 1 : Math.floor(Math.log10(size)) + 1;
  return intl('maximumSignificantDigits', Math.min(21, Math.max(digits, wholeDigits))).format(value);
}

/** A count: `202,000`. */
export function formatCount(n: number): string {
  return formatNumber(Math.round(n));
}

/** Milliseconds with their unit; null is infinite: `6.1 ms`, `∞`. */
export function formatMs(ms: number | null, digits = DIGITS): string {
  return ms === null || ms === Number.POSITIVE_INFINITY ? INFINITE : `${formatNumber(ms, digits)} ms`;
}

/** A rate a second: `10,099/s`. */
export function formatRate(n: number, digits = DIGITS): string {
  return `${formatNumber(n, digits)}/s`;
}

function percentNumber(ratio: number, digits: number): string {
  // Above a half the interesting digits are those of what is missing: 99.9896, not 100.
  const missing = 100 - ratio * 100;
  if (ratio <= 0.5 || missing <= 0) return formatNumber(ratio * 100, digits);
  const decimals = Math.max(0, digits - 2 - Math.floor(Math.log10(missing)));
  return intl('maximumFractionDigits', Math.min(12, decimals)).format(ratio * 100);
}

/** A ratio as a percentage: 0.00001 is `0.001 %`, 0.9999 is `99.99 %` and never rounds up to 100. */
export function formatRatioAsPercent(ratio: number, digits = DIGITS): string {
  return `${percentNumber(ratio, digits)} %`;
}

/** A moment on the run's own clock: `00:17.3`, after an hour `1:00:17.3`. */
export function formatClock(ms: number): string {
  const tenths = Math.round(Math.abs(ms) / 100);
  const hours = Math.floor(tenths / 36_000);
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = two(Math.floor(tenths / 600) % 60);
  const seconds = `${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
  return `${ms < 0 && tenths > 0 ? '-' : ''}${hours > 0 ? `${hours}:` : ''}${minutes}:${seconds}`;
}

/** A length of time in the unit that a person would use: `400 ms`, `20 s`, `2 min`, `1 h 30 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return ms === 0 ? '0 s' : `${formatNumber(ms)} ms`;
  if (ms < 120_000) return `${formatNumber(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ');
}

/** An instant in UTC, to the tenth of a second: `2026-11-21 00:15:03.2 UTC`. */
export function formatInstant(epochMs: number): string {
  const iso = new Date(Math.round(epochMs / 100) * 100).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 21)} UTC`;
}

/** Bytes in binary units: `7.8 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${formatNumber(bytes / 1_024 ** step)} ${units[step]}`;
}

/** The number of a claim's value without its unit, as intervals use it; null is infinite. */
function bareValue(unit: ClaimUnit, value: number | null, digits: number): string {
  if (value === null) return INFINITE;
  return unit === 'ratio' ? percentNumber(value, digits) : formatNumber(value, digits);
}

const UNIT_SUFFIXES: Record<ClaimUnit, string> = { ms: ' ms', '1/s': '/s', ratio: ' %', s: ' s', count: '' };

/** A value in its claim's unit; null is infinite: `6.1 ms`, `10,099/s`, `99.99 %`. */
export function formatClaimValue(unit: ClaimUnit, value: number | null, digits = DIGITS): string {
  const bare = bareValue(unit, value, digits);
  return bare === INFINITE ? INFINITE : `${bare}${UNIT_SUFFIXES[unit]}`;
}

/** What was promised: `≥ 10,000/s`, `< 100 ms`. */
export function formatClaimed(op: ClaimOperator, value: number, unit: ClaimUnit): string {
  return `${OPERATOR_SIGNS[op]} ${formatClaimValue(unit, value)}`;
}

/** As few digits as tell the value apart from the claim: 100.04 against 100 is not written `100`. */
function digitsToTell(claim: JudgedClaim): number {
  for (let digits = DIGITS; digits < MOST_DIGITS; digits += 1) {
    const claimed = bareValue(claim.unit, claim.claimed, digits);
    const told = [claim.measured, claim.low, claim.high].every(
      (value) =>
        value === null || value === claim.claimed || bareValue(claim.unit, value, digits) !== claimed,
    );
    if (told) return digits;
  }
  return MOST_DIGITS;
}

/** Whether there was nothing to measure a claim on. A value of null is infinite otherwise, and an infinity FAILs. */
export function isUnmeasured(claim: Pick<JudgedClaim, 'measured' | 'low' | 'high' | 'verdict'>): boolean {
  return claim.measured === null && claim.low === null && claim.high === null && claim.verdict !== 'FAIL';
}

/**
 * What was measured, with its error bar where that shows: `6.1 ms [5.9, 6.4]`, `10,099/s`, `∞`.
 * A claim that could not be measured at all is a dash; its reason says why.
 */
export function formatMeasured(claim: JudgedClaim): string {
  const { measured, low, high, unit } = claim;
  if (isUnmeasured(claim)) return NO_VALUE;
  const digits = digitsToTell(claim);
  const value = formatClaimValue(unit, measured, digits);
  const from = bareValue(unit, low, digits);
  const to = bareValue(unit, high, digits);
  const plain = bareValue(unit, measured, digits);
  return from === plain && to === plain ? value : `${value} [${from}, ${to}]`;
}

/** A moment on the run's own clock in whole seconds, for a clock that ticks: `00:17`, after an hour `1:00:17`. */
export function formatClockSeconds(ms: number): string {
  return formatClock(Math.floor(ms / 1_000) * 1_000).replace(/\.\d$/, '');
}
