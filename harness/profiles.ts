/** How much load and when: the profiles that are built in, as a configuration would write them. */

/** One straight piece: how long, the rate at its end in arrivals a second, and `'hold'` where claims are judged. */
type StageInput = readonly [duration: string, targetPerSecond: number, hold?: 'hold'];

/** A profile as a configuration writes it. One with a built-in name replaces only the parts that it names. */
export interface ProfileInput {
  /** What a client does: the name of a file in `scenarios/`. Default: `orders`. */
  scenario?: string;
  /** The rate that the first stage starts from, arrivals a second. Default: 0, or its own where it is held. */
  startRate?: number;
  stages?: readonly StageInput[];
  /** By id: `{ 'latency.p95': '< 100ms' }`. At least one. */
  claims?: Readonly<Record<string, string>>;
  /** Shares of clients that keep their connection and of those that open one for each request; together 1. */
  population?: { sticky?: number; fresh?: number };
  /** How often an order whose fate is unknown is sent again, with the same key. Default: 0. */
  retries?: number;
  /** A client's pause between operations. Default: `'0s'`. */
  thinkTime?: string;
  /** How often an operation is chosen, relative to the others. Default: the scenario's own. */
  weights?: Readonly<Record<string, number>>;
}

export const DEFAULT_PROFILE = 'quick';

/** 10,100/s is 1 % over the throughput claim: the system decides it, and not rounding. */
const PEAK = 10_100;

const PLATFORM_CLAIMS = {
  throughput: '>= 10000/s',
  'latency.p95': '< 100ms',
  'latency.p99': '< 200ms',
  errors: '< 1%',
  availability: '>= 99.99%',
} as const;

export const BUILT_IN_PROFILES: Readonly<Record<string, ProfileInput>> = {
  smoke: {
    stages: [['10s', 200, 'hold']],
    claims: { 'latency.p95': '< 100ms', 'latency.p99': '< 200ms', errors: '< 1%' },
  },
  quick: {
    stages: [
      ['5s', PEAK],
      ['20s', PEAK, 'hold'],
      ['5s', 0],
    ],
    claims: PLATFORM_CLAIMS,
  },
  // The platform's published test, with a hold added at the peak: a ramp has no plateau to judge.
  staged: {
    stages: [
      ['2m', 100],
      ['5m', 1000],
      ['10m', PEAK],
      ['2m', PEAK, 'hold'],
      ['5m', 1000],
      ['2m', 0],
    ],
    claims: PLATFORM_CLAIMS,
  },
  // A tenth of the peak for an hour: what shows only with time (leaks, full disks, expiring things) shows per minute.
  soak: {
    stages: [
      ['1m', 1010],
      ['1h', 1010, 'hold'],
      ['1m', 0],
    ],
    claims: {
      throughput: '>= 1000/s',
      'latency.p95@60s': '< 100ms',
      'latency.p99': '< 200ms',
      'errors@60s': '< 1%',
      availability: '>= 99.99%',
    },
  },
  // Tenfold within a second. Judged from the surge until the recovery: throughput follows the curve, so it is not
  // claimed; the last claim says that no five seconds of it were slow for half of the clients.
  spike: {
    startRate: 1000,
    stages: [
      ['15s', 1000],
      ['1s', 10_000, 'hold'],
      ['10s', 10_000, 'hold'],
      ['1s', 1000, 'hold'],
      ['20s', 1000, 'hold'],
      ['3s', 0],
    ],
    claims: {
      'latency.p99': '< 500ms',
      errors: '< 1%',
      availability: '>= 99.9%',
      'latency.p50@5s': '< 100ms',
    },
  },
};
