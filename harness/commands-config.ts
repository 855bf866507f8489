/** The `commands` section of a configuration: a person's own two regions, drilled by functions of their own. */
import { z } from 'zod';
import type { Shell } from 'zx';

/** What can be written into a journal and read out of it unchanged. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** What every function is given. */
export interface CommandContext {
  /** zx: `` await $`kubectl ...` ``. Quiet; what fails throws with its stderr. */
  $: Shell;
  /** The region it is about, as the region header names it; empty where the fault is nobody's. */
  region: string;
  /** Of the fault on the drill's timeline. */
  args: Readonly<Record<string, number | string>>;
}

/** One fault of a person's own system. */
interface CommandFault {
  /** What it does, in words. */
  words?: string;
  /** The value before, for the journal: it is on the disk before `inject` is called. Default: null. */
  read?(context: CommandContext): Promise<Value> | Value;
  /** Breaks it. What it returns is kept in the journal and comes back to `undo`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is what most write
  inject(context: CommandContext & { prior: Value }): Promise<Value | void> | Value | void;
  /**
   * Puts it back; called in another process after a crash, perhaps twice, perhaps for an injection that never was.
   * `injected` is undefined where that is not known.
   */
  undo(context: CommandContext & { prior: Value; injected: Value | undefined }): Promise<unknown> | unknown;
  /** Reads back: true, or why it is not as it was. Default: the region is healthy. */
  verify?(context: CommandContext & { prior: Value }): Promise<boolean | string> | boolean | string;
}

/** A key of the system of record: `key`, or the key with what is known of it. */
export type CommandKey = string | { key: string; orderId?: string | null; writtenMs?: number | null };

export interface CommandsInput {
  /** As the service's region header names them. */
  primary: string;
  standby: string;
  /** Origin that orders are sent to; it fails over. Loopback, or one of `targets`. */
  target: string;
  /** By name: `region.kill`. A drill may use those that are here. */
  faults: Readonly<Record<string, CommandFault>>;
  /** True, or why not. */
  healthy(context: CommandContext): Promise<boolean | string> | boolean | string;
  /** A host name, or what it resolves to now: an address or a region. Left out: not watched. */
  dnsAnswer?: string | ((context: CommandContext) => Promise<string> | string);
  /** Which region an answer of DNS belongs to. */
  addresses?: Readonly<Record<string, string>>;
  /** All keys that a region has stored: a function, or the URL of a listing by region. */
  listKeys:
    | Readonly<Record<string, string>>
    | ((
        context: CommandContext,
      ) => AsyncIterable<CommandKey> | Promise<Iterable<CommandKey>> | Iterable<CommandKey>);
  /** How long the generator keeps an answer of DNS. Default: `'1s'`. */
  dnsTtl?: string;
  /** For the prediction, as they are; left out: nothing is predicted. */
  timers?: {
    healthCheck: { interval: string; threshold: number; timeout: string };
    ttl: string;
    scale?: { tasks: number; scaleTo: number; startTime: string };
    replicationLag?: { p50: string; p99: string; max?: string };
  };
}

const callable = z.custom<(...args: never[]) => unknown>(
  (found) => typeof found === 'function',
  'it is no function. Expected a function',
);
const url = z.string().regex(/^https?:\/\//, 'it is no URL. Expected http:// or https://');
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/,
    'it is no name of a region. Expected letters, digits and dashes, as the region header has them',
  );

/** Durations are read where they are used. */
export const commandsSchema = z.strictObject({
  primary: name,
  standby: name,
  target: url,
  faults: z.record(
    z.string(),
    z.strictObject({
      words: z.string().optional(),
      read: callable.optional(),
      inject: callable,
      undo: callable,
      verify: callable.optional(),
    }),
  ),
  healthy: callable,
  dnsAnswer: z.union([z.string(), callable]).optional(),
  addresses: z.record(z.string(), z.string()).optional(),
  listKeys: z.union([z.record(z.string(), url), callable]),
  dnsTtl: z.string().optional(),
  timers: z
    .strictObject({
      healthCheck: z.strictObject({
        interval: z.string(),
        threshold: z.number().int().min(1),
        timeout: z.string(),
      }),
      ttl: z.string(),
      scale: z.strictObject({ tasks: z.number(), scaleTo: z.number(), startTime: z.string() }).optional(),
      replicationLag: z
        .strictObject({ p50: z.string(), p99: z.string(), max: z.string().optional() })
        .optional(),
    })
    .optional(),
});
