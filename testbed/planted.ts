/**
 * What is planted for one order: a pure function of the testbed's seed and the order's idempotency key, so that the
 * same run meets the same behaviour, in whatever sequence its orders arrive.
 */
import type { Behaviour, Latency } from './behaviour.ts';
import { draw, hashKey } from './key-hash.ts';

export type PlantedKind = 'serve' | 'error' | 'refuse' | 'hang' | 'reset';

export interface Planted {
  kind: PlantedKind;
  /**
   * Whether the order is stored. Of those that get no definite answer (error, hang, reset) half are: a service fails
   * before its commit as well as after, and a client cannot tell.
   */
  stored: boolean;
  /** Time to wait before the answer, whole ms: Node's timers know no others. */
  delayMs: number;
}

/** Draws of a key that must not depend on each other. */
const KIND = 0;
const STORED = 1;
const RADIUS = 2;
const ANGLE = 3;
const ROUNDING = 4;

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.3263478740408408;

/**
 * @param seed of the testbed, 0 to 2^32 - 1
 * @param key the order's idempotency key
 */
export function plant(seed: number, key: string, behaviour: Behaviour): Planted {
  return plantByHash(seed, hashKey(key), behaviour);
}

/** As `plant`, for a caller that has hashed the key already (`hashKey`). */
export function plantByHash(seed: number, hash: number, behaviour: Behaviour): Planted {
  const kind = kindOf(draw(hash, seed, KIND), behaviour);
  return {
    kind,
    stored: kind === 'serve' || (kind !== 'refuse' && draw(hash, seed, STORED) < 0.5),
    delayMs: delayOf(seed, hash, behaviour.latency),
  };
}

function kindOf(u: number, { errors, refusals, hangs, resets }: Behaviour): PlantedKind {
  let edge = errors;
  if (u < edge) return 'error';
  edge += refusals;
  if (u < edge) return 'refuse';
  edge += hangs;
  if (u < edge) return 'hang';
  edge += resets;
  return u < edge ? 'reset' : 'serve';
}

function delayOf(seed: number, hash: number, latency: Latency): number {
  if (latency.kind === 'none') return 0;
  const ms = latency.kind === 'constant' ? latency.ms : lognormal(seed, hash, latency.p50Ms, latency.p99Ms);
  // Up or down at random, by what is left over: truncation would make every latency half a millisecond too short.
  return Math.floor(ms + draw(hash, seed, ROUNDING));
}

/**
 * A draw of a key by its percentiles, ms: ln X is normal with mean ln p50 and deviation ln(p99 / p50) / z99
 * (Box and Muller 1958).
 */
export function lognormal(seed: number, hash: number, p50Ms: number, p99Ms: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draw(hash, seed, RADIUS)));
  const z = radius * Math.cos(2 * Math.PI * draw(hash, seed, ANGLE));
  return p50Ms * Math.exp((z * Math.log(p99Ms / p50Ms)) / Z99);
}
