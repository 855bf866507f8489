/** How a lab is set up: what a person chooses, and the times that follow from the time scale. */
import type { Timers } from '../../measure/drill.ts';
import { Problem } from '../../measure/problem.ts';

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

/** What the supervisor's process calls itself. */
export const SUPERVISOR_NAME = 'stormproof-lab';

/** Route 53 takes a region's health from several places of the world; the lab from this many. */
export const CHECKERS = 8;

/** What a lab is like before its time scale: times of a real platform, ms, and tasks of the order service. */
export interface LabShape {
  healthCheck: { interval: number; threshold: number; timeout: number };
  ttl: number;
  primary: { tasks: number };
  /** `scaleTo` on failover, each task after `startTime`. */
  standby: { tasks: number; scaleTo: number; startTime: number };
  /** Orders a second that one task serves. */
  taskCapacity: number;
  /** How long an order takes where nothing is wrong; never scaled. */
  orderLatency: number;
  /** Never scaled. */
  replicationLag: { p50: number; p99: number; max: number };
}

/** Fast health checks of Route 53, its advised TTL, tasks of ECS on Fargate. */
const USUAL_SHAPE: LabShape = {
  healthCheck: { interval: 10_000, threshold: 3, timeout: 6000 },
  ttl: 60_000,
  primary: { tasks: 3 },
  standby: { tasks: 1, scaleTo: 3, startTime: 20_000 },
  taskCapacity: 1000,
  orderLatency: 20,
  replicationLag: { p50: 300, p99: 1200, max: 1700 },
};

/** Of what is wanted of the primary: it has room to spare, and the standby, while it is small, has not. */
const CAPACITY_OVER_NEED = 1.5;

/**
 * A shape whose tasks can serve what is wanted of them, where it does not say itself what they can.
 * @param perSecond orders that will be sent
 */
export function shapeFor(
  shape: Omit<LabShape, 'taskCapacity'> & { taskCapacity: number | null },
  perSecond: number,
): LabShape {
  const wanted = Math.ceil((CAPACITY_OVER_NEED * perSecond) / shape.primary.tasks);
  return { ...shape, taskCapacity: shape.taskCapacity ?? wanted };
}

/** A minute back on the primary before the standby is made small again, ms; scaled. */
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
  /** As of a configuration; the usual one where left out. */
  shape?: LabShape;
  /** Orders that each task sends itself before it serves: what has just been started is slow. None where left out. */
  rehearsals?: number;
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
  replicationLagMs: { p50: number; p99: number; max: number };
}

/** Tasks of the order service; the standby is warm until the name resolves to it. */
export interface LabTasks {
  primary: number;
  warm: number;
  full: number;
}

/** What the supervisor is given: its one argument, as JSON. */
export interface SupervisorSettings {
  mode: LabSettings['mode'];
  seed: number;
  times: LabTimes;
  tasks: LabTasks;
  /** Orders a second that one task serves. */
  taskCapacity: number;
  orderLatencyMs: number;
  /** Orders that each task sends itself before it serves. */
  rehearsals: number;
  truthFile: string | null;
  /** Of this lab alone, removed when it has ended: control socket, log, disks of the regions. */
  folder: string;
}

/**
 * What the supervisor is given, its folder aside.
 * @throws Problem E_TIME_SCALE
 */
export function supervisorSettings(settings: LabSettings): Omit<SupervisorSettings, 'folder'> {
  const { mode, seed = 1, timeScale = DEFAULT_TIME_SCALE, shape = USUAL_SHAPE } = settings;
  const { rehearsals = 0, truthFile = null } = settings;
  const { primary, standby, taskCapacity, orderLatency } = shape;
  return {
    mode,
    seed,
    times: scaleTimes(timeScale, shape),
    // A standby that is as strong already is not made weaker by a failover.
    tasks: { primary: primary.tasks, warm: standby.tasks, full: Math.max(standby.tasks, standby.scaleTo) },
    taskCapacity,
    orderLatencyMs: orderLatency,
    rehearsals,
    truthFile,
  };
}

/** @throws Problem E_TIME_SCALE */
export function scaleTimes(scale: number, shape: LabShape = USUAL_SHAPE): LabTimes {
  if (!(scale >= LOWEST_SCALE && scale <= HIGHEST_SCALE)) {
    throw new Problem(
      'E_TIME_SCALE',
      `the lab cannot run at a time scale of ${scale}. Expected ${LOWEST_SCALE} to ${HIGHEST_SCALE}: ` +
        'beyond that its health checks would be faster than any machine, or slower than any patience. Choose another --time-scale.',
    );
  }
  const { healthCheck, ttl, standby, replicationLag } = shape;
  const scaled = (ms: number): number => Math.max(1, Math.round(ms * scale));
  return {
    healthCheck: {
      intervalMs: scaled(healthCheck.interval),
      threshold: healthCheck.threshold,
      timeoutMs: scaled(healthCheck.timeout),
    },
    propagationMs: PROPAGATION_MS,
    // A TTL is whole seconds.
    ttlS: Math.ceil(scaled(ttl) / 1000),
    taskStartMs: scaled(standby.startTime),
    scaleBackMs: scaled(SCALE_BACK_MS),
    replicationLagMs: replicationLag,
  };
}

/**
 * The lab's times in the words of a prediction.
 * @param standbyTasks desired tasks of the standby now
 */
export function timersOf(
  { times, tasks }: Pick<SupervisorSettings, 'times' | 'tasks'>,
  standbyTasks: number,
): Timers {
  return {
    healthCheck: times.healthCheck,
    propagationMs: times.propagationMs,
    ttlMs: times.ttlS * 1000,
    scale:
      standbyTasks >= tasks.full
        ? null
        : { tasks: standbyTasks, scaleTo: tasks.full, startMs: times.taskStartMs },
    replicationLagMs: times.replicationLagMs,
  };
}
