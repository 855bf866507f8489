/** How a lab is set up: what a person chooses, and the times that follow from the time scale. */
import type { Timers } from '../../measure/drill.ts';
import { Problem } from '../../measure/problem.ts';
import type { Lag } from './replicator.ts';

export const REGIONS = ['seoul', 'tokyo'] as const;
export type RegionName = (typeof REGIONS)[number];

/** Seoul serves until it fails; Tokyo is its warm standby. */
export const PRIMARY: RegionName = 'seoul';
export const STANDBY: RegionName = 'tokyo';

/** Addresses of the lab's own loopback, which nobody outside sees. */
export const ADDRESSES: Readonly<Record<RegionName, string>> = { seoul: '127.1.0.10', tokyo: '127.2.0.10' };
export const SERVICE_PORT = 8080;
export const REPLICATION_PORT = 7070;
export const NAME = 'orders.stormproof.test';
export const NAME_SERVER = { host: '127.0.0.53', port: 53 } as const;

/** Route 53 takes a region's health from several places of the world; the lab from this many. */
export const CHECKERS = 8;

/** A real platform, times in ms and not scaled. */
export interface RealPlatform {
  healthCheck: { interval: number; threshold: number; timeout: number };
  ttl: number;
  primary: { tasks: number };
  standby: { tasks: number; scaleTo: number; startTime: number };
  /** Orders a second that one task serves. */
  taskCapacity: number;
  /** Never scaled. */
  replicationLag: Lag;
}

/** Fast health checks of Route 53, its advised TTL, a task of ECS on Fargate. */
export const REAL: RealPlatform = {
  healthCheck: { interval: 10_000, threshold: 3, timeout: 4000 },
  ttl: 60_000,
  primary: { tasks: 3 },
  standby: { tasks: 1, scaleTo: 3, startTime: 20_000 },
  taskCapacity: 1000,
  replicationLag: { p50: 300, p99: 1200, max: 1700 },
};
/** A minute back on the primary before the standby is made small again. */
const SCALE_BACK_MS = 60_000;
/** The name server hears a verdict at once; a busy machine may take this long to run it. */
const PROPAGATION_MS = { low: 0, high: 100 } as const;

/** Of a real platform's times. */
export const DEFAULT_TIME_SCALE = 0.05;
export const LOWEST_SCALE = 0.01;
export const HIGHEST_SCALE = 10;

export interface LabSettings {
  /**
   * `owned`: part of one drill, and ends with its starter however that ends. `standing`: a lab to aim drills at,
   * which runs until it is stopped.
   */
  mode: 'owned' | 'standing';
  /** A standing lab that ends with its starter all the same. Owned ones always do. */
  endsWithStarter?: boolean;
  /** 0 to 2^32 - 1, 1 where left out: lags, errors and the checkers' places in their interval depend on it. */
  seed?: number;
  /** Multiplies health checks, TTL and the start of tasks; 0.05 where left out. Latencies and lags are never scaled. */
  timeScale?: number;
  /** What is scaled and played; `REAL` where left out. */
  real?: RealPlatform;
  /** Where the lab writes what really happened, for tests alone. */
  truthFile?: string;
}

export interface LabTimes {
  healthCheck: Timers['healthCheck'];
  propagationMs: Timers['propagationMs'];
  /** Whole seconds, as in DNS. */
  ttlS: number;
  taskStartMs: number;
  scaleBackMs: number;
  replicationLagMs: Lag;
  tasks: { primary: number; warm: number; full: number };
}

/** What the supervisor is given: its one argument, as JSON. */
export interface SupervisorSettings {
  mode: LabSettings['mode'];
  seed: number;
  times: LabTimes;
  taskCapacity: number;
  truthFile: string | null;
  /** Of this lab alone, removed when it has ended: control socket, log, disks of the regions. */
  folder: string;
}

/** @throws Problem E_TIME_SCALE */
export function scaleTimes(scale: number, real: RealPlatform = REAL): LabTimes {
  const { healthCheck, standby } = real;
  if (!(scale >= LOWEST_SCALE && scale <= HIGHEST_SCALE)) {
    throw new Problem(
      'E_TIME_SCALE',
      `the lab cannot run at a time scale of ${scale}. Expected ${LOWEST_SCALE} to ${HIGHEST_SCALE}: ` +
        `health checks come every ${healthCheck.interval * LOWEST_SCALE} ms at least. Choose another --time-scale.`,
    );
  }
  const scaled = (ms: number): number => Math.round(ms * scale);
  return {
    healthCheck: {
      intervalMs: scaled(healthCheck.interval),
      threshold: healthCheck.threshold,
      timeoutMs: scaled(healthCheck.timeout),
    },
    propagationMs: PROPAGATION_MS,
    // A TTL is whole seconds.
    ttlS: Math.ceil(scaled(real.ttl) / 1000),
    taskStartMs: scaled(standby.startTime),
    scaleBackMs: scaled(SCALE_BACK_MS),
    replicationLagMs: real.replicationLag,
    tasks: { primary: real.primary.tasks, warm: standby.tasks, full: standby.scaleTo },
  };
}

/**
 * The lab's times in the words of a prediction.
 * @param standbyTasks desired tasks of the standby now
 */
export function timersOf(times: LabTimes, standbyTasks: number): Timers {
  return {
    healthCheck: times.healthCheck,
    propagationMs: times.propagationMs,
    ttlMs: times.ttlS * 1000,
    scale:
      standbyTasks >= times.tasks.full
        ? null
        : { tasks: standbyTasks, scaleTo: times.tasks.full, startMs: times.taskStartMs },
    replicationLagMs: times.replicationLagMs,
  };
}
