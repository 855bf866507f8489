/** Platforms by name: opened for a drill, and opened again from what a journal holds. */
import type { Config } from '../harness/config.ts';
import { Problem } from '../measure/problem.ts';
import { didYouMean } from '../measure/suggest.ts';
import type { Json, Platform } from './platform.ts';

export type PlatformName = Platform['name'];

/** What a drill is asked for, and its platform may need to know. */
export interface PlatformRequest {
  seed: number;
  timeScale: number;
  /** Arrivals a second. */
  perSecond: number;
  /** Of a standing lab, by its control socket; left out: one of its own. */
  lab?: string | undefined;
  /** Where a lab of its own writes what really happened: for tests alone. */
  labTruth?: string | undefined;
}

/** It has ended, and everything that was broken in it has ended with it: a sentence. */
export interface Gone {
  gone: string;
}

interface Opener {
  open(config: Config, request: PlatformRequest): Promise<Platform>;
  /**
   * Opens it so that its faults can be undone, in a process that knows nothing of the drill.
   * @throws Problem where it cannot be reached, or its configuration has changed since
   */
  reopen(journalled: Json): Promise<Platform | Gone>;
}

/** `reopenPlatform`, or another one in tests. */
export type ReopenByName = (name: string, journalled: Json) => Promise<Platform | Gone>;

/** Loaded when they are asked for: one platform's libraries are no matter of the other's. */
const PLATFORMS: Readonly<Record<string, () => Promise<Opener>>> = {
  lab: async () => {
    const { openLabFor, reopenLab } = await import('./platforms/lab.ts');
    return { open: openLabFor, reopen: reopenLab };
  },
  commands: async () => {
    const { openCommands, reopenCommands } = await import('./platforms/commands.ts');
    return { open: openCommands, reopen: reopenCommands };
  },
};

/** @throws Problem E_PLATFORM_UNKNOWN, and what the platform itself throws */
export async function openPlatform(
  name: PlatformName,
  config: Config,
  request: PlatformRequest,
): Promise<Platform> {
  return (await load(name)).open(config, request);
}

/**
 * @param name of the platform, as the journal has it
 * @throws Problem E_PLATFORM_UNKNOWN, and what the platform itself throws
 */
export async function reopenPlatform(name: string, journalled: Json): Promise<Platform | Gone> {
  return (await load(name)).reopen(journalled);
}

function load(name: string): Promise<Opener> {
  const platform = Object.hasOwn(PLATFORMS, name) ? PLATFORMS[name] : undefined;
  if (platform !== undefined) return platform();
  const known = Object.keys(PLATFORMS);
  throw new Problem(
    'E_PLATFORM_UNKNOWN',
    `there is no platform ${JSON.stringify(name)}.${didYouMean(name, known)} Expected ${known.join(' or ')}. Use the version of Stormproof that ran the drill.`,
  );
}
