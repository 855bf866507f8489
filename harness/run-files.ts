/** What a run's folder says of the run: read back, and believed only where it is whole and within bounds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ObservedEvent } from '../measure/events.ts';
import type { Plan } from '../measure/plan.ts';
import { Problem } from '../measure/problem.ts';
import type { RunRecord } from '../measure/run.ts';
import { observedEventSchemas, planSchema, runSchema } from './run-files-schema.ts';
import { codeOf } from './run-folder.ts';

/**
 * `run.json` of a folder.
 * @throws Problem where it is damaged, or of another schema
 */
export const readRunRecord = (folder: string): RunRecord =>
  readFile(folder, 'run.json', 'stormproof.run/1', runSchema);

/**
 * `plan.json` of a folder.
 * @throws Problem where it is damaged, of another schema, or larger than can be measured
 */
export const readPlan = (folder: string): Plan =>
  readFile(folder, 'plan.json', 'stormproof.plan/1', planSchema);

/**
 * Whether what a plan leaves behind can be measured: said before the load, not after it.
 * @throws Problem where it could not
 */
export function checkPlan(plan: Plan): void {
  const { error } = planSchema.safeParse(plan);
  if (error === undefined) return;
  const { path, message } = error.issues[0]!;
  throw new Problem(
    'E_PLAN_TOO_LARGE',
    `${z.core.toDotPath(path)} of the plan cannot be measured. Expected ${message}. Lower --time-scale, --rate or the stages.`,
  );
}

/**
 * The observed events of a log, by `events.jsonl` of a folder. Torn or foreign lines are left out, as a full disk or
 * another version leaves them; none where there is no such file.
 * @throws Problem for an event that is whole and says what cannot be
 */
export function readObservedEvents(file: string): ObservedEvent[] {
  const events: ObservedEvent[] = [];
  for (const [i, line] of readLines(file).entries()) {
    const found = parseOrNothing(line);
    const kind = (found as { kind?: unknown } | null | undefined)?.kind;
    const schema = typeof kind === 'string' ? observedEventSchemas.get(kind) : undefined;
    if (schema === undefined) continue;
    const read = schema.safeParse(found);
    if (!read.success) throw damaged(`${file}:${i + 1}`, read.error, found);
    events.push(read.data);
  }
  return events;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw unreadable(file, error);
  }
}

function parseOrNothing(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function readFile<T>(folder: string, name: string, version: string, schema: z.ZodType<T>): T {
  const file = join(folder, name);
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw unreadable(file, error);
  }
  const said = (found as { schema?: unknown } | null)?.schema;
  if (said !== version) {
    throw new Problem(
      'E_RUN_SCHEMA',
      `${file} says schema ${show(said)}. Expected ${version}. Use the version that wrote it.`,
    );
  }
  const read = schema.safeParse(found);
  if (read.success) return read.data;
  throw damaged(file, read.error, found);
}

function unreadable(file: string, error: unknown): Problem {
  return new Problem(
    'E_RUN_DAMAGED',
    `${file} cannot be read (${codeOf(error)}). Expected the file as the run wrote it. Use another run.`,
  );
}

/** The first mistake: a file that was changed by hand has one, and one that was not has none. */
function damaged(file: string, { issues }: z.ZodError, found: unknown): Problem {
  const { path, message } = issues[0]!;
  const where = path.length === 0 ? 'the whole' : z.core.toDotPath(path);
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null)?.[key], found);
  return new Problem(
    'E_RUN_DAMAGED',
    `${file} says ${where} = ${show(value)}. Expected ${message}. Restore the file as the run wrote it.`,
  );
}

/** Short enough for a line, whatever stands there. */
function show(found: unknown): string {
  if (found === undefined) return 'nothing';
  const text = JSON.stringify(found);
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}...`;
}

const LONGEST_SHOWN = 60;
