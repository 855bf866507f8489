/** The shapes of a configuration, and how zod's findings become sentences with a path. */
import { z } from 'zod';
import type { Stage } from '../measure/plan.ts';
import { Problem } from '../measure/problem.ts';
import { didYouMean } from '../measure/suggest.ts';
import { parseDuration } from './duration.ts';
import { isSecret, type Secret } from './secret.ts';
import { parseOrigin } from './targets.ts';

/** A field that `read` checks and converts; its Problem becomes the field's. */
function field<T>(read: (found: unknown) => T | Problem) {
  return z.unknown().transform((found, context): T => {
    const value = read(found);
    if (!(value instanceof Problem)) return value;
    context.addIssue({ code: 'custom', params: { problem: value } });
    return z.NEVER;
  });
}

const show = (found: unknown): string => {
  if (typeof found === 'string') return JSON.stringify(found);
  if (Array.isArray(found)) return 'a list';
  return typeof found === 'object' && found !== null ? 'an object' : String(found);
};

const wholeNumber = (min: number, max: number, what: string) =>
  field((found) => {
    if (typeof found === 'number' && Number.isInteger(found) && found >= min && found <= max) return found;
    const range = `${min.toLocaleString('en')} to ${max.toLocaleString('en')}`;
    return new Problem('E_NUMBER', `${show(found)} is not taken. Expected ${what}, ${range}.`);
  });

const matching = (pattern: RegExp, code: string, expected: string) =>
  field((found) => {
    if (typeof found === 'string' && pattern.test(found)) return found;
    return new Problem(code, `${show(found)} is not taken. Expected ${expected}.`);
  });

const ratesPerSecond = wholeNumber(0, 1_000_000, 'whole arrivals a second');
const anyDuration = field((found) => parseDuration(found));
const positiveDuration = field((found) => {
  const durationMs = parseDuration(found);
  if (durationMs !== 0) return durationMs;
  return new Problem('E_DURATION', 'nothing can be done in 0 s. Expected more. Write "1s".');
});
const share = field((found) => {
  if (typeof found === 'number' && found >= 0 && found <= 1) return found;
  return new Problem('E_NUMBER', `${show(found)} is not taken. Expected a share from 0 to 1.`);
});
const weight = field((found) => {
  if (typeof found === 'number' && found >= 0 && Number.isFinite(found)) return found;
  return new Problem('E_NUMBER', `${show(found)} is not taken. Expected a number from 0 up.`);
});

const httpVersion = field((found) => {
  if (found === '1.1' || found === '2') return found;
  return new Problem('E_HTTP', `${show(found)} is not taken. Expected "1.1" or "2", in quotes.`);
});

/** RFC 9110, 5.6.2: a header's name is a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const headerName = matching(TOKEN, 'E_HEADER', 'the name of a header, such as "x-region"');

/** Headers that a configuration cannot set, and what does. */
const OWNED_HEADERS: Readonly<Record<string, string>> = {
  host: 'Write service.host.',
  connection: 'It follows from the population of the profile.',
  'content-length': 'It follows from the body.',
  'transfer-encoding': 'It follows from the body.',
  // Go's transport then sends a POST again by itself, unseen; and one key for all orders makes them one order.
  'idempotency-key': 'The key of each order stands in its body.',
  'x-idempotency-key': 'The key of each order stands in its body.',
};

const headers = z
  .record(z.string(), z.unknown())
  .transform((found, context): Record<string, string | Secret> => {
    const taken: Record<string, string | Secret> = {};
    for (const [name, value] of Object.entries(found)) {
      const mistake = headerMistake(name, value);
      if (mistake === null) taken[name] = value as string | Secret;
      else context.addIssue({ code: 'custom', path: [name], params: { problem: mistake } });
    }
    return taken;
  });

/** The value is never shown: it may be a secret that should have stood in `env()`. */
function headerMistake(name: string, value: unknown): Problem | null {
  if (!TOKEN.test(name))
    return new Problem('E_HEADER', 'this is no name of a header. Expected letters, digits and dashes.');
  const owner = OWNED_HEADERS[name.toLowerCase()];
  if (owner !== undefined)
    return new Problem('E_HEADER', `this header cannot be set for every request. ${owner}`);
  if (isSecret(value)) return null;
  if (typeof value !== 'string')
    return new Problem('E_HEADER', 'the value is no text. Expected a string or env("NAME").');
  if (isHeaderValue(value)) return null;
  return new Problem(
    'E_HEADER',
    'the value holds a line break or another control character. Expected one line of text.',
  );
}

/** Whether a text can stand behind a header's name (RFC 9110, 5.5): one line, no control characters but tabs. */
export function isHeaderValue(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);
}

const stages = z.array(z.unknown()).transform((found, context): Stage[] => {
  const taken: Stage[] = [];
  if (found.length === 0) {
    const problem = new Problem(
      'E_STAGES',
      'there is no stage. Expected at least one. Write [["20s", 500, "hold"]].',
    );
    context.addIssue({ code: 'custom', params: { problem } });
  }
  for (const [index, each] of found.entries()) {
    if (!Array.isArray(each) || each.length < 2 || each.length > 3) {
      const problem = new Problem(
        'E_STAGES',
        `${show(each)} is no stage. Expected [duration, rate] or [duration, rate, "hold"].`,
      );
      context.addIssue({ code: 'custom', path: [index], params: { problem } });
      continue;
    }
    const [duration, target, hold] = [anyDuration, ratesPerSecond, heldField].map((schema, at) =>
      schema.safeParse(each[at]),
    );
    for (const [name, part] of Object.entries({ duration: duration!, target: target!, hold: hold! })) {
      for (const issue of part.error?.issues ?? []) {
        context.addIssue({ ...issue, code: 'custom', path: [index, name] } as Parameters<
          typeof context.addIssue
        >[0]);
      }
    }
    if (!duration!.success || !target!.success || !hold!.success) continue;
    taken.push({
      durationMs: duration!.data as number,
      targetPerSecond: target!.data as number,
      hold: hold!.data as boolean,
    });
  }
  return taken;
});

const heldField = field((found) => {
  if (found === undefined || found === 'hold') return found === 'hold';
  return new Problem('E_STAGES', `${show(found)} is not taken. Expected "hold" or nothing.`);
});

/** Names that become part of a folder's or a file's name. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const NAME_EXPECTED = 'small letters, digits and dashes';

export function isName(text: string): boolean {
  return NAME.test(text);
}

export const serviceSchema = z.strictObject({
  url: matching(
    /^\/\S*$/,
    'E_PATH',
    'a path that begins with "/", such as "/api/v1/orders"; the origin belongs to targets',
  ).default('/api/v1/orders'),
  success: wholeNumber(200, 299, 'an HTTP status').default(201),
  regionHeader: headerName.default('x-region'),
  timeout: positiveDuration.default(1000),
  headers: headers.default({}),
  host: matching(
    /^(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?$/,
    'E_HOST',
    'a host, such as "api.example.com"',
  ).optional(),
  insecureSkipTLSVerify: z.boolean().default(false),
  http: httpVersion.default('1.1'),
});

export const profileSchema = z.strictObject({
  scenario: matching(NAME, 'E_NAME', NAME_EXPECTED).default('orders'),
  startRate: ratesPerSecond.optional(),
  stages,
  claims: z.record(z.string(), z.string()).default({}),
  population: z.strictObject({ sticky: share.optional(), fresh: share.optional() }).default({}),
  retries: wholeNumber(0, 10, 'a whole number').default(0),
  thinkTime: anyDuration.default(0),
  weights: z.record(z.string(), weight).default({}),
});

export const targetsSchema = z.array(
  field((found) =>
    typeof found === 'string'
      ? parseOrigin(found, '')
      : new Problem(
          'E_TARGET',
          `${show(found)} is no URL. Expected an origin, such as "https://staging.example.com".`,
        ),
  ),
);

/** The URL may be a secret's name, like all that stands in the environment. */
export const influxSchema = z.strictObject({
  url: field((found): string | Secret | Problem => {
    if (typeof found === 'string' || isSecret(found)) return found;
    return new Problem('E_INFLUX_URL', `${show(found)} is not taken. Expected a URL, or env("INFLUX_URL").`);
  }).optional(),
  database: z.string().min(1).default('stormproof'),
  retentionPolicy: z.string().min(1).optional(),
});

/** A drill of the configuration replaces the parts that it names of one that is there. */
export const drillSchema = z.strictObject({
  rate: wholeNumber(1, 1_000_000, 'whole arrivals a second').optional(),
  population: z.strictObject({ sticky: share.optional(), fresh: share.optional() }).optional(),
  claims: z.record(z.string(), z.string()).optional(),
  sustained: z
    .strictObject({
      window: z.string().optional(),
      success: z.string().optional(),
      throughput: z.string().optional(),
      latency: z.string().optional(),
    })
    .optional(),
  retries: wholeNumber(0, 10, 'a whole number').optional(),
});

const tasks = wholeNumber(1, 50, 'tasks');

/** The lab's timers are a real platform's; `--time-scale` shortens them. Latencies and lags are never scaled. */
export const labSchema = z.strictObject({
  healthCheck: z
    .strictObject({
      interval: positiveDuration.default(10_000),
      threshold: wholeNumber(1, 10, 'answers in a row').default(3),
      timeout: positiveDuration.default(6000),
    })
    .prefault({}),
  ttl: positiveDuration.default(60_000),
  primary: z.strictObject({ tasks: tasks.default(3) }).prefault({}),
  standby: z
    .strictObject({
      tasks: tasks.default(1),
      scaleTo: tasks.default(3),
      startTime: positiveDuration.default(20_000),
    })
    .prefault({}),
  /** Orders a second that one task can serve. Left out: half as many again as the drill wants of each. */
  taskCapacity: wholeNumber(1, 100_000, 'orders a second').nullable().default(null),
  orderLatency: anyDuration.default(20),
  replicationLag: z
    .strictObject({
      p50: positiveDuration.default(300),
      p99: positiveDuration.default(1200),
      max: positiveDuration.default(1700),
    })
    .prefault({}),
});

/** The sections of a configuration; each is parsed by itself, so that a mistake in one hides none in another. */
export const rootSchema = z
  .strictObject({
    targets: z.unknown(),
    service: z.unknown(),
    profiles: z.unknown(),
    influx: z.unknown(),
    drills: z.unknown(),
    lab: z.unknown(),
    commands: z.unknown(),
  })
  .partial();

/** Each profile and each drill by its name, parsed by itself. */
export const namedSchema = z.record(z.string(), z.unknown());

/** zod's findings as Problems with their whole path. */
export function problemsOf(error: z.ZodError, schema: z.ZodType, path: string): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const where = joinPath(path, issue.path);
    switch (issue.code) {
      case 'unrecognized_keys': {
        const known = keysAt(schema, issue.path);
        return issue.keys.map((key) => {
          const near = didYouMean(key, known) || ` Expected one of ${known.join(', ')}.`;
          return new Problem('E_CONFIG_KEY', `no such key.${near}`, joinPath(where, [key]));
        });
      }
      case 'custom': {
        const problem = (issue.params as { problem?: Problem } | undefined)?.problem;
        if (problem === undefined) return [new Problem('E_CONFIG_VALUE', `${issue.message}.`, where)];
        return [new Problem(problem.code, problem.message.slice(problem.code.length + 2), where)];
      }
      case 'invalid_type':
        return [
          new Problem(
            'E_CONFIG_VALUE',
            `${kindOf(issue.input)}. Expected ${WORDS[issue.expected] ?? issue.expected}.`,
            where,
          ),
        ];
      default:
        return [new Problem('E_CONFIG_VALUE', `${issue.message}.`, where)];
    }
  });
}

/** What was found, without showing it: it may be a secret in the wrong place. */
function kindOf(found: unknown): string {
  if (found === undefined) return 'it is missing';
  if (Array.isArray(found)) return 'a list is not taken';
  return found === null ? 'null is not taken' : `${WORDS[typeof found] ?? typeof found} is not taken`;
}

const WORDS: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'text in quotes',
  boolean: 'true or false',
  number: 'a number',
  function: 'a function',
};

/** `profiles.quick.stages[1].duration`; keys that are no plain words keep their dots, as in `claims.latency.p95`. */
function joinPath(path: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((sum, key) => {
    if (typeof key === 'number') return `${sum}[${key}]`;
    return sum === '' ? String(key) : `${sum}.${String(key)}`;
  }, path);
}

/** The keys that an object at this path may have. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: z.ZodType = unwrap(schema);
  for (const key of path) {
    if (!(at instanceof z.ZodObject)) return [];
    at = unwrap(at.shape[String(key)]);
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}
