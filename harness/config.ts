/** `stormproof.config.ts`: what may be loaded, how the service speaks, which profiles there are. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import type { Stage } from '../measure/plan.ts';
import { Problem, Problems } from '../measure/problem.ts';
import { type CommandsInput, commandsSchema } from './commands-config.ts';
import { explainLoadError } from './config-error.ts';
import { BUILT_IN_PROFILES, type ProfileInput } from './profiles.ts';
import { findProfileMistakes } from './resolved-profile.ts';
import {
  drillSchema,
  influxSchema,
  isHeaderValue,
  isName,
  labSchema,
  namedSchema,
  problemsOf,
  profileSchema,
  rootSchema,
  serviceSchema,
  targetsSchema,
} from './schema.ts';
import { isSecret, revealSecret, type Secret } from './secret.ts';

export { env } from './secret.ts';

const DEFAULT_FILE = 'stormproof.config.ts';

/** What a person writes; everything may be left out. */
export interface ConfigInput {
  /** Origins that may be loaded, loopback aside: `['https://staging.example.com']`. */
  targets?: readonly string[];
  service?: {
    /** Path of the order operation. Default: `/api/v1/orders`. */
    url?: string;
    /** The status that acknowledges an order. Default: 201. */
    success?: number;
    /** The response header that names the region. Default: `x-region`. */
    regionHeader?: string;
    /** How long one request may take. Default: `'1s'`. */
    timeout?: string;
    /** Sent with every request; secrets by `env('NAME')`. */
    headers?: Readonly<Record<string, string | Secret>>;
    /** The `Host` to ask for, where it is not the target's own. */
    host?: string;
    /** Accept certificates that do not verify. Default: false. */
    insecureSkipTLSVerify?: boolean;
    /** Default: `'1.1'`. */
    http?: '1.1' | '2';
  };
  profiles?: Readonly<Record<string, ProfileInput>>;
  /** Where results go beside the run's folder. Credentials: INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD. */
  influx?: {
    /** Where it is set, every run is sent. Default: none. */
    url?: string | Secret;
    /** Default: `stormproof`. */
    database?: string;
    /** Default: the database's own. */
    retentionPolicy?: string;
  };
  /** What is to be different in a drill, by its name. */
  drills?: Readonly<Record<string, DrillInput>>;
  /** The built-in two regions that drills break by default. Times are a real platform's: `--time-scale` shortens them. */
  lab?: {
    /** Default: every `'10s'`, `3` in a row, `'6s'` to answer. */
    healthCheck?: { interval?: string; threshold?: number; timeout?: string };
    /** Of the DNS record. Default: `'60s'`. */
    ttl?: string;
    /** Default: 3 tasks. */
    primary?: { tasks?: number };
    /** A warm standby. Default: 1 task, 3 once it is answered, each `'20s'` to start. */
    standby?: { tasks?: number; scaleTo?: number; startTime?: string };
    /** Orders a second that one task can serve. Default: half as many again as the drill wants of each. */
    taskCapacity?: number;
    /** How long an order takes where nothing is wrong; never scaled. Default: `'20ms'`. */
    orderLatency?: string;
    /** Never scaled. Default: `'300ms'`, `'1.2s'`, never above `'1.7s'`. */
    replicationLag?: { p50?: string; p99?: string; max?: string };
  };
  /** Your own two regions, for `npm run drill -- --platform commands`. */
  commands?: CommandsInput;
}

/** What a configuration may change of a drill. */
export interface DrillInput {
  /** Arrivals a second, both populations together. Default: 2,000. */
  rate?: number | undefined;
  /** Shares of clients that open a connection for each request and of those that keep theirs. Default: half and half. */
  population?: { fresh?: number | undefined; sticky?: number | undefined } | undefined;
  /** By id: `{ rto: '<= 2m' }`. */
  claims?: Readonly<Record<string, string>> | undefined;
  sustained?: SustainedInput | undefined;
  /** How often an order whose fate is unknown is sent again, with the same key. Default: 0. */
  retries?: number | undefined;
}

/** When service counts as resumed (ISO 22301: at a minimum acceptable capacity). */
export interface SustainedInput {
  /** Default: `'10s'`; scaled, 1 s at least. */
  window?: string | undefined;
  /** Default: `'99%'`. */
  success?: string | undefined;
  /** Acknowledged against planned. Default: `'95%'`. */
  throughput?: string | undefined;
  /** Default: `'3x baseline p95'`. */
  latency?: string | undefined;
}

/** The lab as configured, before `--time-scale`; times in ms. */
export type LabConfig = z.output<typeof labSchema>;

export interface Service {
  url: string;
  success: number;
  regionHeader: string;
  timeoutMs: number;
  headers: Readonly<Record<string, string | Secret>>;
  host: string | null;
  insecureSkipTLSVerify: boolean;
  http: '1.1' | '2';
}

export interface Profile {
  name: string;
  scenario: string;
  startRatePerSecond: number;
  stages: Stage[];
  /** By id, as they were written. */
  claims: Readonly<Record<string, string>>;
  /** Together 1. */
  population: { sticky: number; fresh: number };
  retries: number;
  thinkTimeMs: number;
  weights: Readonly<Record<string, number>>;
}

/** A checked configuration: durations in ms, origins normalised, built-in profiles included. */
export interface Config {
  /** Its name for messages, also where there is no such file. */
  file: string;
  targets: readonly string[];
  service: Service;
  profiles: Readonly<Record<string, Profile>>;
  influx: { url: string | Secret | undefined; database: string; retentionPolicy: string | null };
  drills: Readonly<Record<string, DrillInput>>;
  lab: LabConfig;
  /** Null where there are none. */
  commands: CommandsInput | null;
  /** The configuration's own path; null where there is no such file. */
  path: string | null;
}

/** Gives a configuration its types; it is checked when it is loaded. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

/**
 * Loads a configuration file and checks all of it.
 * @param file as given by `--config`; undefined: `stormproof.config.ts` in the working directory, if there is one
 * @throws Problem where it is missing or cannot be run; Problems with every mistake in it
 */
export async function loadConfig(file: string | undefined, cwd = process.cwd()): Promise<Config> {
  const path = resolve(cwd, file ?? DEFAULT_FILE);
  if (!existsSync(path)) {
    if (file === undefined) return parseConfig({}, DEFAULT_FILE);
    throw new Problem(
      'E_CONFIG_NOT_FOUND',
      `there is no ${file}. Expected a configuration file. Check the path.`,
      '--config',
    );
  }
  const name = basename(path);
  let found: unknown;
  try {
    // A module may export the promise of a configuration.
    found = await ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    throw explainLoadError(error, path, name);
  }
  // An empty file is a CommonJS module, which exports an empty object.
  if (found === undefined || isBlank(path)) {
    throw new Problem(
      'E_CONFIG_EMPTY',
      `${name} exports no configuration. Expected: export default defineConfig({ ... })`,
    );
  }
  try {
    return { ...parseConfig(found, name), path };
  } catch (error) {
    if (error instanceof Problem || error instanceof Problems) throw error;
    // A getter of its own threw.
    throw explainLoadError(error, path, name);
  }
}

const isBlank = (path: string): boolean => readFileSync(path, 'utf8').trim() === '';

/**
 * Checks a configuration as a whole.
 * @param file its name, for messages
 * @throws Problems with every mistake
 */
export function parseConfig(input: unknown, file: string): Config {
  const problems: Problem[] = [];
  const root = isRecord(input) ? input : {};
  if (!isRecord(input)) {
    problems.push(
      new Problem(
        'E_CONFIG_VALUE',
        'the configuration is no object. Expected: export default defineConfig({ ... })',
      ),
    );
  }
  const rootResult = rootSchema.safeParse(root, REPORT);
  if (!rootResult.success) problems.push(...problemsOf(rootResult.error, rootSchema, ''));

  const targets = targetsSchema.safeParse(root.targets ?? [], REPORT);
  if (!targets.success) problems.push(...problemsOf(targets.error, targetsSchema, 'targets'));

  const service = serviceSchema.safeParse(root.service ?? {}, REPORT);
  if (!service.success) problems.push(...problemsOf(service.error, serviceSchema, 'service'));

  const influx = influxSchema.safeParse(root.influx ?? {}, REPORT);
  if (!influx.success) problems.push(...problemsOf(influx.error, influxSchema, 'influx'));

  const lab = labSchema.safeParse(root.lab ?? {}, REPORT);
  if (!lab.success) problems.push(...problemsOf(lab.error, labSchema, 'lab'));

  const commands = commandsSchema.optional().safeParse(root.commands, REPORT);
  if (!commands.success) problems.push(...problemsOf(commands.error, commandsSchema, 'commands'));

  const drills: Record<string, DrillInput> = {};
  const ownDrills = namedSchema.safeParse(root.drills ?? {}, REPORT);
  if (!ownDrills.success) problems.push(...problemsOf(ownDrills.error, namedSchema, 'drills'));
  for (const [name, each] of Object.entries(ownDrills.data ?? {})) {
    const drill = drillSchema.safeParse(each, REPORT);
    if (drill.success) drills[name] = drill.data;
    else problems.push(...problemsOf(drill.error, drillSchema, `drills.${name}`));
  }

  const profiles: Record<string, Profile> = {};
  const own = namedSchema.safeParse(root.profiles ?? {}, REPORT);
  if (!own.success) problems.push(...problemsOf(own.error, namedSchema, 'profiles'));
  const inputs: Record<string, unknown> = { ...BUILT_IN_PROFILES };
  for (const [name, each] of Object.entries(own.data ?? {})) {
    const builtIn = Object.hasOwn(BUILT_IN_PROFILES, name) ? BUILT_IN_PROFILES[name] : undefined;
    inputs[name] = isRecord(each) && builtIn !== undefined ? { ...builtIn, ...each } : each;
  }
  for (const [name, each] of Object.entries(inputs)) {
    const profile = parseProfile(name, each);
    if (Array.isArray(profile)) problems.push(...profile);
    else profiles[name] = profile;
  }
  if (problems.length > 0 || !targets.success || !service.success || !influx.success || !lab.success) {
    const mistakes = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
    throw new Problems(`${file} has ${mistakes}`, problems);
  }
  const { timeout, host, ...rest } = service.data;
  return {
    file,
    targets: targets.data,
    service: { ...rest, timeoutMs: timeout, host: host ?? null },
    profiles,
    influx: {
      url: influx.data.url,
      database: influx.data.database,
      retentionPolicy: influx.data.retentionPolicy ?? null,
    },
    drills,
    lab: lab.data,
    // Checked; its functions are typed by who wrote them.
    commands: (root.commands as CommandsInput | undefined) ?? null,
    path: null,
  };
}

/** Without it zod tells the expected kind only. */
const REPORT = { reportInput: true };

function parseProfile(name: string, input: unknown): Profile | Problem[] {
  const where = `profiles.${name}`;
  const problems: Problem[] = [];
  if (!isName(name)) {
    problems.push(
      new Problem(
        'E_NAME',
        'this name cannot be a folder. Expected small letters, digits and dashes.',
        where,
      ),
    );
  }
  const parsed = profileSchema.safeParse(input, REPORT);
  if (!parsed.success) {
    problems.push(...problemsOf(parsed.error, profileSchema, where));
    // The claims may have mistakes of their own: say them in the same go.
    const claims = isRecord(input) ? profileSchema.shape.claims.safeParse(input.claims) : undefined;
    if (claims?.success) problems.push(...findProfileMistakes({ claims: claims.data }, where));
    return problems;
  }
  const { startRate, thinkTime, population, ...rest } = parsed.data;
  const first = rest.stages[0];
  const profile: Profile = {
    name,
    ...rest,
    // A profile that begins with its plateau begins at its rate: who writes [['20s', 500, 'hold']] wants no ramp.
    startRatePerSecond: startRate ?? (first?.hold ? first.targetPerSecond : 0),
    thinkTimeMs: thinkTime,
    population: completeShares(population),
  };
  problems.push(...findProfileMistakes(profile, where));
  return problems.length > 0 ? problems : profile;
}

/** One share gives the other; none means that every client keeps its connection. */
function completeShares({
  sticky,
  fresh,
}: {
  sticky?: number | undefined;
  fresh?: number | undefined;
}): Profile['population'] {
  if (sticky === undefined) return { sticky: 1 - (fresh ?? 0), fresh: fresh ?? 0 };
  return { sticky, fresh: fresh ?? 1 - sticky };
}

/**
 * The headers to send, secrets read out of the environment. They must not be written anywhere.
 * @throws Problems naming every variable that is unset
 */
export function resolveHeaders(
  config: Config,
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(config.service.headers)) {
    const where = `service.headers.${name}`;
    try {
      const text = isSecret(value) ? revealSecret(value, environment, where) : value;
      if (!isHeaderValue(text)) {
        const what = 'holds a line break or another control character. Expected one line of text.';
        throw new Problem('E_ENV_VALUE', `the environment variable of this header ${what}`, where);
      }
      headers[name] = text;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(error);
    }
  }
  if (problems.length > 0)
    throw new Problems(`${config.file} needs what the environment does not hold`, problems);
  return headers;
}

/** The same names with every value replaced: what `run.json` may hold. Plain values may be secrets too. */
export function redactHeaders(service: Service): Record<string, string> {
  return Object.fromEntries(Object.keys(service.headers).map((name) => [name, '[redacted]']));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
