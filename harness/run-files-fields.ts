/** The fields of a run's files: each says what was expected where it does not fit. */
import { z } from 'zod';
import type { Claim } from '../measure/verdict.ts';

/** The year 2100. */
const LATEST_MS = 4_102_444_800_000;
const MOST_BYTES = Number.MAX_SAFE_INTEGER;
const LONGEST_TEXT = 100_000;
const DAY_MS = 24 * 3_600_000;
/** Each second of the run's clock takes a millisecond to measure, whether anything was in it or not. */
export const LONGEST_PLAN_MS = 2 * DAY_MS;

export const count = (min: number, max: number): z.ZodType<number> => {
  const expected = `a whole number, ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
  return z.int({ error: expected }).min(min, { error: expected }).max(max, { error: expected });
};

export const number = (min: number, max: number): z.ZodType<number> => {
  const expected = `a number, ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
  return z.number({ error: expected }).min(min, { error: expected }).max(max, { error: expected });
};

export const bytes = count(0, MOST_BYTES);
export const text = z.string({ error: 'text' }).max(LONGEST_TEXT, { error: 'a shorter text' });
export const flag = z.boolean({ error: 'true or false' });
export const oneOf = <const T extends string>(words: readonly T[]): z.ZodType<T> =>
  z.enum(words, { error: words.map((word) => JSON.stringify(word)).join(' or ') });
export const object = <S extends z.ZodRawShape>(shape: S) => z.object(shape, { error: 'an object' });
export const list = <T>(each: z.ZodType<T>, most: number) =>
  z.array(each, { error: 'a list' }).max(most, { error: `a list of ${most.toLocaleString('en')} at most` });
/** It becomes a part of files' names. */
export const runName = z
  .string({ error: 'the name of a run' })
  .regex(/^\w[\w.-]{0,199}$/, { error: 'the name of a run' });

export const durationMs = number(0, LONGEST_PLAN_MS);
/** Epoch ms. */
export const instant = number(0, LATEST_MS);
export const observed = z.literal(true, { error: 'true' });

export const claim: z.ZodType<Claim> = object({
  id: text,
  title: text,
  op: oneOf(['<', '<=', '>', '>=']),
  claimed: number(0, Number.MAX_SAFE_INTEGER),
  unit: oneOf(['ms', '1/s', 'ratio', 's', 'count']),
});
