/** Flags of a command as data, and those that several commands share. */

import { INFLUX_CREDENTIALS } from './influx.ts';
import { DEFAULT_PROFILE } from './profiles.ts';

interface FlagText {
  /** One line for `--help`. */
  help: string;
}

/** `switch` takes no value; the others take one, checked before the command runs. */
export type Flag =
  | (FlagText & { type: 'switch' })
  | (FlagText & { type: 'text'; metavar: string; default?: string; choices?: readonly string[] })
  | (FlagText & {
      type: 'number';
      metavar: string;
      default?: number;
      /** The least and the greatest value that is taken. */
      min?: number;
      max?: number;
      /** Whole numbers only. */
      integer?: boolean;
    })
  /** `http:` or `https:`, without a user name or password. */
  | (FlagText & {
      type: 'url';
      metavar: string;
      default?: string;
      /** The flag may stand alone: its value is empty then. */
      valueOptional?: true;
      /** Where user names and passwords belong instead: a sentence. */
      credentials?: string;
    });

/** A word that belongs to no flag. */
export interface Word {
  metavar: string;
  default: string;
  /** One line for `--help`. */
  help: string;
}

/** By name, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

type Taken<F extends Flag> = F extends { type: 'number' } ? number : string;

/** What `run` is given: a value by flag name; undefined where it was not given and has no default. */
export type FlagValues<F extends Flags> = {
  [Name in keyof F]: F[Name] extends { type: 'switch' }
    ? boolean
    : F[Name] extends { default: string | number }
      ? Taken<F[Name]>
      : Taken<F[Name]> | undefined;
};

/** Flags that mean the same wherever they appear: a command takes those that it honours. */
export const SHARED_FLAGS = {
  profile: {
    type: 'text',
    metavar: 'NAME',
    default: DEFAULT_PROFILE,
    help: 'how much load, and when: smoke, quick, staged, soak, spike, or one of the configuration',
  },
  rate: {
    type: 'number',
    metavar: 'N',
    min: 1,
    max: 1_000_000,
    integer: true,
    help: 'highest rate of the profile, arrivals a second; its other rates and throughput claims follow',
  },
  target: {
    type: 'url',
    metavar: 'URL',
    help: 'service to load instead of the built-in one; loopback, or listed under targets',
  },
  config: {
    type: 'text',
    metavar: 'FILE',
    help: 'configuration to read (stormproof.config.ts where there is one)',
  },
  engine: { type: 'text', metavar: 'NAME', choices: ['k6'], default: 'k6', help: 'who generates the load' },
  'runs-dir': { type: 'text', metavar: 'DIR', default: 'runs', help: 'where the folders of runs are' },
  'time-scale': {
    type: 'number',
    metavar: 'X',
    default: 1,
    min: 0.0001,
    max: 1000,
    help: "multiplies the profile's durations and its claims' windows: 0.02 makes 2 minutes 2.4 s",
  },
  seed: {
    type: 'number',
    metavar: 'N',
    min: 0,
    max: 4_294_967_295,
    integer: true,
    help: 'seed of everything random; a new one each time where it is left out',
  },
  influx: {
    type: 'url',
    metavar: 'URL',
    valueOptional: true,
    credentials: INFLUX_CREDENTIALS,
    help: 'send results to this InfluxDB; alone: to INFLUX_URL, or http://127.0.0.1:8086',
  },
  json: { type: 'switch', help: 'print the verdict as JSON, and nothing else, on stdout (with npm run -s)' },
} as const satisfies Flags;
