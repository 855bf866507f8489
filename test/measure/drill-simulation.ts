/** A drill played out with a hidden truth: when a region died, what it had replicated, who answered whom and when. */
import type { DrillRecord } from '../../measure/drill.ts';
import type { ObservedEvent } from '../../measure/events.ts';
import type { Plan } from '../../measure/plan.ts';
import { Ticks } from '../../measure/ticks.ts';
import { hold, planOf, population, seeded, ZERO_MS } from './simulation.ts';

export const RUN = 'r-1';
const TIMEOUT_MS = 1000;

/** Times on the run's clock, ms. */
export interface Script {
  seed: number;
  /** Orders a second of each population. */
  rate: number;
  lengthMs: number;
  kind: 'kill' | 'freeze';
  deathMs: number;
  /** The fault is undone and Seoul is back. */
  backMs: number;
  /** New connections reach Tokyo from then on; infinite: never. */
  flipMs: number;
  /** Tokyo fails this share of its orders until `strongMs`. */
  strongMs: number;
  weakShare: number;
  /** Tokyo's orders take this much longer until then. */
  slowMs: number;
  /** From the write in Seoul to that in Tokyo, at most; each order has its own lag below. */
  lagMs: number;
  /** Orders that fail all by themselves, by index of the tick. */
  failing: ReadonlySet<number>;
  /** Stretches in which everybody's orders fail with 503. */
  down: readonly [number, number][];
  populations: string;
}

const SCRIPT: Script = {
  seed: 1,
  rate: 200,
  lengthMs: 16_000,
  kind: 'kill',
  deathMs: 4000,
  backMs: 13_000,
  flipMs: 6000,
  strongMs: 0,
  weakShare: 0,
  slowMs: 0,
  lagMs: 300,
  failing: new Set(),
  down: [],
  populations: 'fs',
};

interface Line {
  endMs: number;
  text: string;
}

export interface Drilled {
  plan: Plan;
  lines: string[];
  /** Keys stored, `key,order_id,written_ms`. */
  cutover: string[];
  healed: { seoul: string[]; tokyo: string[] };
  truth: {
    deathMs: number;
    /** Keys that Seoul acknowledged and that Tokyo never got before the death. */
    lost: Set<string>;
    /** Start of the first order that Tokyo served, by population's letter. */
    firstTokyoMs: Map<string, number>;
    starts: Map<string, number>;
  };
}

export function drill(changes: Partial<Script> = {}): Drilled {
  const script = { ...SCRIPT, ...changes };
  const plan = planOf(
    [...script.populations].map((letter) =>
      population(letter, script.rate, [hold(script.lengthMs, script.rate)]),
    ),
  );
  const random = seeded(script.seed);
  const lines: Line[] = [];
  const stored = { seoul: [] as string[], tokyo: [] as string[] };
  const out: Drilled = {
    plan,
    lines: [],
    cutover: [],
    healed: stored,
    truth: { deathMs: ZERO_MS + script.deathMs, lost: new Set(), firstTokyoMs: new Map(), starts: new Map() },
  };
  for (const one of plan.populations) {
    const ticks = new Ticks(one);
    for (let seq = 0; seq < ticks.total; seq++) {
      const at = ticks.timeOf(seq + 1) + 0.05 + random() * 0.2;
      const order = serve(script, one.letter, seq, at, random);
      const key = `${RUN}-${one.letter}${seq}`;
      const startMs = Math.floor(ZERO_MS + at);
      const tookMs = Number(order.tookMs.toFixed(3));
      const region = order.status === 0 ? '' : order.region;
      const text = `${startMs},order,${one.letter}${seq},1,${order.status},${tookMs},0,${order.errorCode},${region}\n`;
      lines.push({ endMs: at + order.tookMs, text });
      out.truth.starts.set(`${one.letter}${seq}`, startMs);
      if (order.writtenMs === null) continue;
      const row = `${key},${order.region}-${seq}${one.letter},${Math.floor(ZERO_MS + order.writtenMs)}\n`;
      stored[order.region].push(row);
      if (order.region === 'tokyo') {
        if (!out.truth.firstTokyoMs.has(one.letter)) out.truth.firstTokyoMs.set(one.letter, startMs);
        out.cutover.push(row);
        continue;
      }
      const copied = order.writtenMs + order.lagMs;
      if (order.writtenMs < script.deathMs && copied < script.deathMs) out.cutover.push(row);
      else if (order.status === 201 && order.writtenMs < script.deathMs) out.truth.lost.add(key);
      // What was not on its way yet is delivered after Seoul is back.
      stored.tokyo.push(row);
    }
  }
  out.lines = lines.sort((a, b) => a.endMs - b.endMs).map(({ text }) => text);
  return out;
}

interface Served {
  region: 'seoul' | 'tokyo';
  status: number;
  errorCode: number;
  tookMs: number;
  /** Null: not stored. */
  writtenMs: number | null;
  lagMs: number;
}

function serve(script: Script, letter: string, seq: number, at: number, random: () => number): Served {
  const latency = 2 + random() ** 3 * 20;
  const order: Served = {
    region: regionFor(script, letter, at),
    status: 201,
    errorCode: 0,
    tookMs: latency,
    writtenMs: at + latency / 2,
    lagMs: script.lagMs * (0.5 + random() / 2),
  };
  const fails = (status: number, errorCode: number, tookMs: number, writtenMs: number | null): Served => ({
    ...order,
    status,
    errorCode,
    tookMs,
    writtenMs,
  });
  const weak = order.region === 'tokyo' && at < script.strongMs && random() < script.weakShare;
  const down = script.down.some(([from, to]) => at >= from && at < to);
  if (weak || down || script.failing.has(seq)) return fails(503, 0, latency, null);
  if (order.region === 'tokyo' && at < script.strongMs) return { ...order, tookMs: latency + script.slowMs };
  if (order.region === 'tokyo' || at + latency < script.deathMs || at >= script.backMs) return order;
  const written = order.writtenMs! < script.deathMs;
  if (script.kind === 'kill') {
    if (at >= script.deathMs) return fails(0, 1212, 1, null);
    return fails(0, 1220, script.deathMs - at, written ? order.writtenMs : null);
  }
  // Frozen: it does what it was asked for after the thaw, whether its client still waits or not.
  const done = written ? order.writtenMs : script.backMs;
  const gone = at + TIMEOUT_MS < script.backMs + latency;
  return gone
    ? fails(0, 1050, TIMEOUT_MS, done)
    : { ...order, tookMs: script.backMs - at + latency, writtenMs: done };
}

function regionFor({ kind, flipMs, deathMs, backMs }: Script, letter: string, at: number): 'seoul' | 'tokyo' {
  if (at < flipMs) return 'seoul';
  // A connection that is kept leaves Seoul when it breaks, and not when names change.
  if (letter === 's' && (kind === 'freeze' || at < deathMs)) return 'seoul';
  return at < backMs || letter === 's' ? 'tokyo' : 'seoul';
}

/** What the drill declares of a script. */
export function recordOf(script: Partial<Script> = {}, changes: Partial<DrillRecord> = {}): DrillRecord {
  const { deathMs, backMs, kind } = { ...SCRIPT, ...script };
  return {
    name: 'region-loss',
    hypothesis: 'Tokyo serves when Seoul is lost.',
    bite: 'outage',
    expected: 'PASS',
    platform: 'lab',
    primary: 'seoul',
    standby: 'tokyo',
    faults: [
      { id: 'f1', fault: `region.${kind}`, region: 'seoul', injectAtMs: deathMs, undoAtMs: backMs, args: {} },
    ],
    losses: [{ region: 'seoul', atMs: deathMs, untilMs: backMs }],
    sustained: { windowMs: 3000, success: 0.99, throughput: 0.95, latencyTimes: 3 },
    baseline: { fromMs: 1000, toMs: 3500 },
    claimsAsDeclared: [],
    predicted: {
      rto: { lowMs: 1000, highMs: 3000, steps: [] },
      rpo: null,
      verdict: 'PASS',
      reasons: [],
    },
    ...changes,
  };
}

const at = (ms: number): number => Math.round(ZERO_MS + ms);

/** What was observed while a script played, as the lab tells it. */
export function eventsOf(script: Partial<Script> = {}): ObservedEvent[] {
  const { deathMs, backMs, flipMs, lengthMs } = { ...SCRIPT, ...script };
  const fault = { observed: true, id: 'f1', fault: 'region.kill', region: 'seoul' } as const;
  const events: ObservedEvent[] = [
    dnsAnswer(0, 'seoul'),
    { t: at(0), kind: 'standby.tasks', observed: true, region: 'tokyo', desired: 2, running: 2 },
    { t: at(deathMs), kind: 'fault.injected', ...fault, words: 'kill seoul' },
    health(deathMs + 500, false),
    { t: at(flipMs), kind: 'standby.tasks', observed: true, region: 'tokyo', desired: 6, running: 2 },
    dnsAnswer(flipMs - 100, 'tokyo'),
    listingRead('tokyo', 'cutover'),
    { t: at(backMs), kind: 'fault.undone', ...fault, by: 'drill', restored: true, words: 'start seoul' },
    health(backMs + 200, true),
    { t: at(backMs + 700), kind: 'replication.lag', observed: true, region: 'seoul', waiting: 0 },
    dnsAnswer(backMs + 300, 'seoul'),
    listingRead('tokyo', 'healed'),
    listingRead('seoul', 'healed'),
    exited(lengthMs + 100),
  ];
  return events.filter(({ t }) => Number.isFinite(t)).sort((a, b) => a.t - b.t);
}

const dnsAnswer = (ms: number, region: string): ObservedEvent => ({
  t: at(ms),
  kind: 'dns.answer',
  observed: true,
  answer: region === 'tokyo' ? '127.2.0.10' : '127.1.0.10',
  region,
});

const health = (ms: number, healthy: boolean): ObservedEvent => ({
  t: at(ms),
  kind: 'region.health',
  observed: true,
  region: 'seoul',
  healthy,
  cause: healthy ? '' : 'three checks failed',
});

export const listingRead = (
  region: string,
  when: 'cutover' | 'healed',
  changes: Partial<Extract<ObservedEvent, { kind: 'listing.read' }>> = {},
): ObservedEvent => ({
  t: at(when === 'cutover' ? 12_500 : 15_500),
  kind: 'listing.read',
  observed: true,
  region,
  at: when,
  file: `keys-${region}-${when}.csv`,
  keys: 0,
  reads: 2,
  complete: true,
  cause: '',
  ...changes,
});

const exited = (ms: number): ObservedEvent => ({
  t: at(ms),
  kind: 'generator.exited',
  observed: true,
  code: 0,
  signal: null,
  complete: true,
  cause: '',
});

export const NEVER = Number.POSITIVE_INFINITY;
