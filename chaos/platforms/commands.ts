/** A person's own two regions, wherever they run: every fault and every look is a function of their configuration. */
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { $ } from 'zx';
import type { CommandContext, CommandKey, CommandsInput, Value } from '../../harness/commands-config.ts';
import { type Config, loadConfig } from '../../harness/config.ts';
import { parseDuration } from '../../harness/duration.ts';
import { checkTarget } from '../../harness/targets.ts';
import { Problem, Problems } from '../../measure/problem.ts';
import { didYouMean } from '../../measure/suggest.ts';
import { causeOf } from '../cause.ts';
import type { Fault, Json, ListedKey, Observation, Platform, Timers } from '../platform.ts';
import { within } from '../within.ts';
import { readHttpListing } from './http-listing.ts';

/** Between two looks at health and DNS. */
const LOOK_MS = 500;
/** A look that takes longer is a look that failed. */
const LONGEST_LOOK_MS = 5000;

/** What the journal holds: no secrets, since those stay in the environment. */
interface Journalled {
  config: string;
  /** Of the file, hexadecimal. */
  sha256: string;
}

/**
 * Opens the platform of a configuration.
 * @throws Problem or Problems where the section is missing or cannot be used
 */
export async function openCommands(config: Config): Promise<Platform> {
  const { commands, path } = config;
  if (commands === null || path === null) {
    throw new Problem(
      'E_COMMANDS_MISSING',
      `${config.file} has no commands. Expected your two regions and what breaks them. See docs/commands.md, or leave --platform out for the built-in lab.`,
    );
  }
  const target = checkTarget(commands.target, config.targets, config.file);
  const journalled: Journalled = { config: path, sha256: hashOf(path) };
  return platformOf(commands, target, readTimes(commands, config.file), { ...journalled });
}

/**
 * Opens it again from a journal.
 * @throws Problem where the configuration is gone or is not the one that broke things
 */
export async function reopenCommands(journalled: Json): Promise<Platform> {
  const { config: path, sha256 } = journalled as unknown as Journalled;
  const found = hashOf(path);
  if (found !== sha256) {
    throw new Problem(
      'E_CONFIG_CHANGED',
      `${path} has changed since the drill: its SHA-256 begins with ${found.slice(0, 12)}, the journal has ${sha256.slice(0, 12)}. Expected the functions that know how to undo what they did. Put the file back as it was and run npm run restore again, or undo by hand: the journal holds every prior value.`,
    );
  }
  return openCommands(await loadConfig(path));
}

function hashOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    throw new Problem(
      'E_CONFIG_NOT_FOUND',
      `${path} cannot be read (${causeOf(error)}). Expected the configuration that the drill ran with. Put it back and run npm run restore again.`,
    );
  }
}

interface Times {
  dnsTtlMs: number;
  timers: Timers | null;
}

function readTimes({ timers, dnsTtl = '1s' }: CommandsInput, file: string): Times {
  const problems: Problem[] = [];
  const ms = (text: string, path: string): number => {
    const read = parseDuration(text, `commands.${path}`);
    if (!(read instanceof Problem)) return read;
    problems.push(read);
    return 0;
  };
  const dnsTtlMs = ms(dnsTtl, 'dnsTtl');
  let read: Timers | null = null;
  if (timers !== undefined) {
    const { healthCheck, ttl, scale, replicationLag } = timers;
    read = {
      healthCheck: {
        intervalMs: ms(healthCheck.interval, 'timers.healthCheck.interval'),
        threshold: healthCheck.threshold,
        timeoutMs: ms(healthCheck.timeout, 'timers.healthCheck.timeout'),
      },
      propagationMs: { low: 0, high: 0 },
      ttlMs: ms(ttl, 'timers.ttl'),
      scale:
        scale === undefined ? null : { ...scale, startMs: ms(scale.startTime, 'timers.scale.startTime') },
      replicationLagMs:
        replicationLag === undefined
          ? null
          : {
              p50: ms(replicationLag.p50, 'timers.replicationLag.p50'),
              p99: ms(replicationLag.p99, 'timers.replicationLag.p99'),
              max:
                replicationLag.max === undefined ? null : ms(replicationLag.max, 'timers.replicationLag.max'),
            },
    };
  }
  if (problems.length > 0) throw new Problems(`${file} has mistakes`, problems);
  return { dnsTtlMs, timers: read };
}

function platformOf(commands: CommandsInput, target: string, times: Times, journalled: Json): Platform {
  const regions = [commands.primary, commands.standby];
  return {
    name: 'commands',
    primary: commands.primary,
    standby: commands.standby,
    target,
    enter: [],
    dnsTtlMs: times.dnsTtlMs,
    journalled,
    timers: async () => times.timers,
    fault: (name, region, args) => aim(commands, name, region, args),
    complaints: async () =>
      (await Promise.all(regions.map((region) => sicknessOf(commands, region)))).filter((why) => why !== ''),
    observe: async (tell) => observe(commands, regions, tell),
    listKeys: (region, signal) => listKeys(commands, region, signal),
    close: async () => '',
  };
}

const shell = $({ quiet: true });
const contextOf = (region: string, args: CommandContext['args'] = {}): CommandContext => ({
  $: shell,
  region,
  args,
});

function aim(
  commands: CommandsInput,
  name: string,
  region: string | null,
  args: Readonly<Record<string, number | string>>,
): Fault {
  const fault = Object.hasOwn(commands.faults, name) ? commands.faults[name] : undefined;
  if (fault === undefined) {
    const known = Object.keys(commands.faults);
    const near = didYouMean(name, known) || ` There are ${known.join(', ') || 'none'}.`;
    throw new Problem(
      'E_FAULT_UNKNOWN',
      `the drill wants ${JSON.stringify(name)}, and commands.faults has no such fault.${near} Write it, or run a drill without it.`,
      `commands.faults.${name}`,
    );
  }
  const context = contextOf(region ?? '', args);
  return {
    words: fault.words ?? `${name}${region === null ? '' : ` ${region}`}`,
    read: async () => asJson(await fault.read?.(context), `${name}.read`),
    inject: async (prior) =>
      asJson(await fault.inject({ ...context, prior: prior as Value }), `${name}.inject`),
    undo: async (prior, ours) => {
      await fault.undo({ ...context, prior: prior as Value, injected: ours as Value | undefined });
      return 'undone';
    },
    verify: async (prior) => {
      const where = `${name}.verify`;
      if (fault.verify !== undefined)
        return asReason(await fault.verify({ ...context, prior: prior as Value }), where);
      return region === null ? '' : sicknessOf(commands, region);
    },
  };
}

/** What a journal can keep; a function that returns nothing has nothing to keep. */
function asJson(found: unknown, where: string): Json {
  if (found === undefined) return null;
  try {
    const text = JSON.stringify(found);
    if (text !== undefined) return JSON.parse(text) as Json;
  } catch {
    // Told below.
  }
  throw new Problem(
    'E_COMMANDS_VALUE',
    `${where} returned what JSON cannot hold. Expected text, numbers, lists or objects of them.`,
  );
}

/** True is well; anything else says why not. */
function asReason(found: unknown, where: string): string {
  if (found === true) return '';
  if (found === false) return `${where} says no`;
  return typeof found === 'string' && found !== ''
    ? found
    : `${where} returned ${JSON.stringify(found)}, expected true or a reason`;
}

async function sicknessOf(commands: CommandsInput, region: string): Promise<string> {
  try {
    const found = await within(LONGEST_LOOK_MS, `looking at ${region}`, async () =>
      commands.healthy(contextOf(region)),
    );
    return asReason(found, `commands.healthy of ${region}`);
  } catch (error) {
    return `${region} could not be looked at: ${causeOf(error)}`;
  }
}

/** Looks at everything again and again; tells what has changed. */
async function observe(
  commands: CommandsInput,
  regions: readonly string[],
  tell: (event: Observation) => void,
): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const last = new Map<string, string>();
  const isNew = (what: string, value: string): boolean => {
    const changed = last.get(what) !== value;
    last.set(what, value);
    return changed;
  };
  const look = async (): Promise<void> => {
    const looks = regions.map(async (region) => {
      const cause = await sicknessOf(commands, region);
      if (isNew(`health ${region}`, String(cause === '')))
        tell({ t: Date.now(), kind: 'region.health', observed: true, region, healthy: cause === '', cause });
    });
    await Promise.all([...looks, lookAtDns(commands, isNew, tell)]);
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await pause(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  return async () => {
    stop.abort();
    await looking;
  };
}

async function lookAtDns(
  { dnsAnswer, addresses = {}, primary, standby }: CommandsInput,
  isNew: (what: string, value: string) => boolean,
  tell: (event: Observation) => void,
): Promise<void> {
  if (dnsAnswer === undefined) return;
  let answer: string;
  try {
    answer = await within(LONGEST_LOOK_MS, 'asking for the name', async () =>
      typeof dnsAnswer === 'string' ? (await lookup(dnsAnswer)).address : await dnsAnswer(contextOf('')),
    );
  } catch (error) {
    answer = `none (${causeOf(error)})`;
  }
  if (!isNew('dns', answer)) return;
  const region = [primary, standby].find((each) => each === answer || addresses[each] === answer) ?? null;
  tell({ t: Date.now(), kind: 'dns.answer', observed: true, answer, region });
}

async function* listKeys(
  { listKeys: source }: CommandsInput,
  region: string,
  signal: AbortSignal,
): AsyncIterable<ListedKey> {
  if (typeof source !== 'function') {
    const from = source[region];
    if (from === undefined)
      throw new Problem(
        'E_COMMANDS_LISTING',
        `there is no listing for ${region}. Expected its URL.`,
        `commands.listKeys.${region}`,
      );
    yield* readHttpListing(from, signal);
    return;
  }
  const found = await source(contextOf(region));
  for await (const key of found as AsyncIterable<CommandKey>) {
    signal.throwIfAborted();
    yield readKey(key);
  }
}

function readKey(found: CommandKey): ListedKey {
  if (typeof found === 'string') return { key: found, orderId: null, writtenMs: null };
  if (typeof found?.key === 'string')
    return { key: found.key, orderId: found.orderId ?? null, writtenMs: found.writtenMs ?? null };
  throw new Problem(
    'E_COMMANDS_LISTING',
    `commands.listKeys gave ${JSON.stringify(found)}. Expected a key, or { key, orderId, writtenMs }.`,
  );
}
