/** Checks what a file of a person's own exports as a drill: every mistake at once. */
import { z } from 'zod';
import { drillSchema, problemsOf } from '../harness/schema.ts';
import { Problem, Problems } from '../measure/problem.ts';
import type { DrillDefinition } from './definition.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const faultSchema = z.strictObject({
  fault: z.string(),
  on: z.enum(['primary', 'standby']).optional(),
  at: z.string().optional(),
  until: z.string(),
  args: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
  loss: z.literal(true).optional(),
});

const definitionSchema = drillSchema.extend({
  name: z.string().regex(NAME, 'this name cannot be a folder. Expected small letters, digits and dashes'),
  hypothesis: z.string().min(1, 'it is empty. Expected what is believed of the system, as a sentence'),
  bite: z.enum(['outage', 'degradation', 'failover', 'none']),
  claims: z.record(z.string(), z.string()),
  expected: z.enum(['PASS', 'FAIL']).optional(),
  faults: z.array(faultSchema).min(1, 'nothing is broken. Expected one fault at least'),
  baseline: z.string().optional(),
  recovery: z.string().optional(),
});

/**
 * @param file as the person typed it, for messages
 * @throws Problem where it exports nothing, Problems with every mistake
 */
export function checkDefinition(found: unknown, file: string): DrillDefinition {
  if (typeof found !== 'object' || found === null) {
    throw new Problem(
      'E_DRILL_SHAPE',
      `${file} exports no drill. Expected: export default defineDrill({ name, hypothesis, bite, claims, faults }).`,
    );
  }
  const parsed = definitionSchema.safeParse(found, { reportInput: true });
  if (parsed.success) return parsed.data as DrillDefinition;
  throw new Problems(`${file} has mistakes`, problemsOf(parsed.error, definitionSchema, ''));
}
