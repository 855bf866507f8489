/** Drills with a known story, for tests of renderers: half of 2,000 orders a second is fresh, half sticky. */
import type {
  DrillPhase,
  DrillRecord,
  DrillVerdict,
  LedgerCounts,
  LostOrder,
  PlannedFault,
} from '../../measure/drill.ts';
import type { RunEvent } from '../../measure/events.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { Claim, JudgedClaim, VerdictWord } from '../../measure/verdict.ts';
import { seeded } from './latency-model.ts';
import { measurementOf, ZERO_MS } from './story.ts';

const STAGES = [
  { durationMs: 2_000, targetPerSecond: 2_000, hold: false },
  { durationMs: 60_000, targetPerSecond: 2_000, hold: true },
  { durationMs: 2_000, targetPerSecond: 0, hold: false },
];
const SCALE = 0.05;
const RTO: Claim = { id: 'rto', title: 'RTO', op: '<=', claimed: 6, unit: 's' };
const RPO: Claim = { id: 'rpo.seconds', title: 'RPO', op: '<=', claimed: 2, unit: 's' };
const KILL: PlannedFault = {
  id: 'kill',
  fault: 'region.kill',
  region: 'seoul',
  injectAtMs: 17_100,
  undoAtMs: 40_000,
  args: {},
};
const KILL_WORDS = 'kill seoul: every process of it, at once';
const STEPS = [
  {
    name: 'detect' as const,
    lowMs: 1_000,
    highMs: 1_700,
    arithmetic: '2 x 500 ms ... 3 x 500 ms + 200 ms timeout',
  },
  { name: 'propagate' as const, lowMs: 0, highMs: 250, arithmetic: 'from verdict to answer' },
  { name: 'ttl' as const, lowMs: 0, highMs: 3_000, arithmetic: 'what is left of a TTL of 3 s' },
  { name: 'scale' as const, lowMs: 1_000, highMs: 1_000, arithmetic: '2 to 6 tasks, 1 s each, at once' },
];

/** Seconds on the run's clock as epoch ms. */
const at = (seconds: number): number => ZERO_MS + Math.round(seconds * 1_000);

interface DrillStory {
  seed: number;
  record: Partial<DrillRecord> & Pick<DrillRecord, 'name' | 'hypothesis'>;
  verdict: VerdictWord;
  reasons: string[];
  claims: JudgedClaim[];
  drill: Partial<DrillVerdict>;
  lost?: LostOrder[];
  events: RunEvent[];
  /** Which region answers in a second, and which share of the arrivals it serves. */
  served: (second: number) => { region: string; share: number };
  cutAfterSeconds?: number;
}

const injected = (seconds: number, id: string, fault: string, words: string): RunEvent => ({
  t: at(seconds),
  kind: 'fault.injected',
  observed: true,
  id,
  fault,
  region: 'seoul',
  words,
});
const undone = (seconds: number, id: string, fault: string, words: string, restored = true): RunEvent => ({
  t: at(seconds),
  kind: 'fault.undone',
  observed: true,
  id,
  fault,
  region: 'seoul',
  by: 'drill',
  restored,
  words,
});
const health = (seconds: number, region: string, healthy: boolean, cause = ''): RunEvent => ({
  t: at(seconds),
  kind: 'region.health',
  observed: true,
  region,
  healthy,
  cause,
});
const dns = (seconds: number, region: 'seoul' | 'tokyo'): RunEvent => ({
  t: at(seconds),
  kind: 'dns.answer',
  observed: true,
  answer: region === 'seoul' ? '127.1.0.10' : '127.2.0.10',
  region,
});
const tasks = (seconds: number, desired: number, running: number): RunEvent => ({
  t: at(seconds),
  kind: 'standby.tasks',
  observed: true,
  region: 'tokyo',
  desired,
  running,
});
const lag = (seconds: number, waiting: number): RunEvent => ({
  t: at(seconds),
  kind: 'replication.lag',
  observed: true,
  region: 'seoul',
  waiting,
});
const listing = (seconds: number, when: 'cutover' | 'healed', keys: number): RunEvent => ({
  t: at(seconds),
  kind: 'listing.read',
  observed: true,
  region: 'tokyo',
  at: when,
  file: `keys-tokyo-${when}.csv`,
  keys,
  reads: 2,
  complete: true,
  cause: '',
});

/** As the lab tells it when it is first asked. */
const PRESENT: RunEvent[] = [
  health(-0.8, 'seoul', true),
  health(-0.8, 'tokyo', true),
  dns(-0.8, 'seoul'),
  tasks(-0.8, 2, 2),
  lag(-0.8, 0),
];

const FAILOVER: RunEvent[] = [
  ...PRESENT,
  { t: at(15), kind: 'steady.state', observed: true, held: true, sentence: '' },
  injected(17.1, 'kill', 'region.kill', KILL_WORDS),
  lag(17.2, 37),
  health(19, 'seoul', false, '3 checks in a row were refused'),
  dns(19.2, 'tokyo'),
  tasks(19.3, 6, 2),
  tasks(20.3, 6, 6),
  listing(24.6, 'cutover', 35_021),
  undone(40, 'kill', 'region.kill', 'seoul was started again'),
  lag(40.1, 37),
  health(41.5, 'seoul', true, '3 checks in a row passed'),
  lag(42.6, 0),
  dns(43, 'seoul'),
  listing(60, 'healed', 118_460),
];

const counts = (over: Partial<LedgerCounts>): LedgerCounts => ({
  acknowledged: 32_201,
  found: 32_201,
  lost_acked: 0,
  unknown_present: 3,
  unknown_absent: 9,
  duplicated: 0,
  unexpected: 0,
  recovered: 0,
  ...over,
});

const judged = (claim: Claim, over: Partial<JudgedClaim>): JudgedClaim => ({
  ...claim,
  measured: null,
  low: null,
  high: null,
  verdict: 'INCONCLUSIVE',
  reason: '',
  ...over,
});

const phase = (name: DrillPhase['name'], from: number, to: number | null): DrillPhase => ({
  name,
  from_ms: at(from),
  to_ms: to === null ? null : at(to),
});

function lostOrders(count: number, from: number, to: number, seed: number): LostOrder[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => ({
    key: `20261121T001503Z-drill-region-loss-7f3a-${i % 2 === 0 ? 'f' : 's'}${15_000 + i}`,
    acknowledgedMs: at(from + ((to - from) * i) / count) + Math.floor(random() * 3),
    region: 'seoul',
    recovered: i % 18 !== 17,
  }));
}

function drillOf(story: DrillStory): Measurement {
  const plain = measurementOf({
    seed: story.seed,
    profile: 'quick',
    stages: STAGES,
    claims: [],
    verdict: story.verdict,
    reasons: story.reasons,
    weather: (second) => {
      const { region, share } = story.served(second);
      return {
        medianMs: 4,
        sigma: 0.7,
        unknownShare: 1 - share,
        errors: { timeout: 0.2, refused: 0.8 },
        regions: { [region]: 1 },
      };
    },
    events: story.events.filter(({ t }) => t < at(story.cutAfterSeconds ?? 64)),
    ...(story.cutAfterSeconds === undefined ? {} : { cutAfterSeconds: story.cutAfterSeconds }),
  });
  const run = '20261121T001503Z-drill-region-loss-7f3a';
  const record: DrillRecord = {
    bite: 'outage',
    expected: 'PASS',
    platform: 'lab',
    primary: 'seoul',
    standby: 'tokyo',
    faults: [KILL],
    losses: [{ region: 'seoul', atMs: 17_100, untilMs: 40_000 }],
    sustained: { windowMs: 1_000, success: 0.99, throughput: 0.95, latencyTimes: 3 },
    baseline: { fromMs: 5_000, toMs: 15_000 },
    claimsAsDeclared: [{ ...RTO, claimed: 120 }, RPO],
    predicted: {
      rto: { lowMs: 2_000, highMs: 5_950, steps: STEPS },
      rpo: { lowMs: 300, highMs: 1_200, arithmetic: 'replication lag p50 300 ms, p99 1.2 s' },
      verdict: 'PASS',
      reasons: ['RTO 2-5.95 s is within 6 s', 'RPO 0.3-1.2 s is within 2 s'],
    },
    ...story.record,
  };
  const drill: DrillVerdict = {
    name: record.name,
    bite: record.bite,
    expected: record.expected,
    rto: null,
    rpo: null,
    first_success_ms: null,
    sustained_ms: null,
    outages: [],
    phases: [phase('baseline', 5, 15)],
    ledger: { cutover: null, healed: null },
    capacity: { before: 2_000, after: null },
    cause: { proved: false, sentence: '' },
    predicted: { verdict: record.predicted.verdict, rto_low_s: 2, rto_high_s: 5.95, held: null },
    restored: true,
    ...story.drill,
  };
  return {
    ...plain,
    run: {
      ...plain.run,
      run,
      kind: 'drill',
      profile: record.name,
      target: { url: 'http://orders.stormproof.test:8080', testbed: true },
      command: `npm run drill -- ${record.name} --seed ${story.seed}`,
      timeScale: SCALE,
      claims: story.claims.map(({ id, title, op, claimed, unit }) => ({ id, title, op, claimed, unit })),
      drill: record,
    },
    verdict: { ...plain.verdict, run, kind: 'drill', claims: story.claims, drill },
    drill: { lost: story.lost ?? [] },
    events: [
      ...plain.events,
      ...story.claims.map(
        (claim): RunEvent => ({ t: at(64.4), kind: 'claim.judged', observed: false, claim }),
      ),
    ],
  };
}

const FRESH = {
  population: 'fresh' as const,
  from_ms: at(17.102),
  from_low_ms: at(17.09),
  from_high_ms: at(17.11),
  first_success_ms: at(19.2),
  sustained_ms: at(21.412),
  region: 'tokyo',
};
const STICKY = {
  ...FRESH,
  population: 'sticky' as const,
  first_success_ms: at(19.4),
  sustained_ms: at(21.6),
};
const PHASES = [
  phase('baseline', 5, 15),
  phase('detect', 17.102, 19),
  phase('dns', 19, 19.2),
  phase('ttl', 19.2, 20.2),
  phase('scale', 20.2, 21.412),
  phase('sustained', 21.412, 40),
  phase('heal', 40, 40.1),
  phase('catch-up', 40.1, 42.6),
  phase('failback', 42.6, 43),
];
/** Nothing at 17 and 18, some of it until the standby has scaled up, then all. */
function failover(second: number): { region: string; share: number } {
  if (second < 17 || second >= 43) return { region: 'seoul', share: 1 };
  if (second === 17) return { region: 'seoul', share: 0.1 };
  return { region: 'tokyo', share: second === 18 ? 0 : second === 19 ? 0.35 : second === 20 ? 0.6 : 1 };
}

/** PASS: Seoul is killed, Tokyo serves 4.31 s later; 37 acknowledged orders were on their way. */
export function regionLoss(seed = 41): Measurement {
  return drillOf({
    seed,
    record: { name: 'region-loss', hypothesis: 'Tokyo takes over within two minutes when Seoul is gone.' },
    verdict: 'PASS',
    reasons: [],
    claims: [
      judged(RTO, { measured: 4.31, low: 4.29, high: 4.33, verdict: 'PASS' }),
      judged(RPO, { measured: 0.42, low: 0.42, high: 0.43, verdict: 'PASS' }),
    ],
    drill: {
      rto: { seconds: 4.31, low: 4.29, high: 4.33 },
      rpo: { seconds: 0.42, low: 0.42, high: 0.43, orders_low: 37, orders_high: 46 },
      first_success_ms: 2_098,
      sustained_ms: 4_310,
      outages: [FRESH, STICKY],
      phases: PHASES,
      ledger: {
        cutover: counts({ found: 32_164, lost_acked: 37 }),
        healed: counts({ found: 32_199, lost_acked: 2, recovered: 35 }),
      },
      capacity: { before: 2_000, after: 1_998 },
      cause: {
        proved: true,
        sentence: 'tokyo answered from 00:19.2 while seoul was down until 00:40.0',
      },
      predicted: { verdict: 'PASS', rto_low_s: 2, rto_high_s: 5.95, held: true },
    },
    lost: lostOrders(37, 16.68, 17.09, seed),
    events: FAILOVER,
    served: failover,
  });
}

/** FAIL on RPO: replication stood still for 8 s before Seoul was lost. The drill expects it. */
export function replicationStall(seed = 43): Measurement {
  const pause: PlannedFault = {
    id: 'stall',
    fault: 'replication.pause',
    region: 'seoul',
    injectAtMs: 9_000,
    undoAtMs: 40_000,
    args: {},
  };
  const reason = 'RPO 8.1 s, claimed ≤ 2 s: 16,120 acknowledged orders were lost, the earliest at 00:09.0';
  return drillOf({
    seed,
    record: {
      name: 'replication-stall',
      hypothesis: 'A stalled replication followed by the loss of Seoul loses what was not sent.',
      expected: 'FAIL',
      faults: [pause, KILL],
      predicted: {
        rto: { lowMs: 2_000, highMs: 5_950, steps: STEPS },
        rpo: { lowMs: 8_100, highMs: 9_300, arithmetic: 'replication is paused for 8.1 s before the loss' },
        verdict: 'FAIL',
        reasons: ['RPO 8.1-9.3 s is beyond 2 s'],
      },
    },
    verdict: 'FAIL',
    reasons: [reason],
    claims: [
      judged(RTO, { measured: 4.31, low: 4.29, high: 4.33, verdict: 'PASS' }),
      judged(RPO, { measured: 8.1, low: 8.1, high: 8.11, verdict: 'FAIL', reason }),
    ],
    drill: {
      rto: { seconds: 4.31, low: 4.29, high: 4.33 },
      rpo: { seconds: 8.1, low: 8.1, high: 8.11, orders_low: 16_120, orders_high: 16_132 },
      first_success_ms: 2_098,
      sustained_ms: 4_310,
      outages: [FRESH, STICKY],
      phases: PHASES,
      ledger: {
        cutover: counts({ found: 16_081, lost_acked: 16_120, unknown_present: 0, unknown_absent: 12 }),
        healed: counts({ recovered: 16_120, duplicated: 4, unknown_present: 12, unknown_absent: 0 }),
      },
      capacity: { before: 2_000, after: 1_998 },
      cause: {
        proved: true,
        sentence: 'tokyo answered from 00:19.2 while seoul was down until 00:40.0',
      },
      predicted: { verdict: 'FAIL', rto_low_s: 2, rto_high_s: 5.95, held: true },
    },
    lost: lostOrders(16_120, 9.01, 17.09, seed).map((order) => ({ ...order, recovered: true })),
    events: [
      injected(9, 'stall', 'replication.pause', 'pause replication: nothing leaves seoul'),
      ...FAILOVER,
      undone(40.1, 'stall', 'replication.pause', 'replication goes on'),
    ].sort((a, b) => a.t - b.t),
    served: failover,
  });
}

/** FAIL on RTO: health checks keep saying that Seoul is well, so nothing ends the outage but the drill. */
export function noFailover(seed = 47): Measurement {
  const reason =
    'RTO is beyond the claim of 6 s: the outage that began at 00:17.1 was still open while the fault held, until 00:40.0';
  return drillOf({
    seed,
    record: {
      name: 'no-failover',
      hypothesis: 'A health check that lies keeps the failover from happening.',
      expected: 'FAIL',
      faults: [{ ...KILL, id: 'lie', fault: 'health.stuck', injectAtMs: 15_000 }, KILL],
      predicted: {
        rto: {
          lowMs: null,
          highMs: null,
          steps: [
            { name: 'detect', lowMs: null, highMs: null, arithmetic: 'health checks never say unhealthy' },
          ],
        },
        rpo: null,
        verdict: 'FAIL',
        reasons: ['nothing ends the outage within 6 s'],
      },
    },
    verdict: 'FAIL',
    reasons: [reason],
    claims: [
      judged(RTO, { low: 22.9, verdict: 'FAIL', reason }),
      judged(RPO, { verdict: 'INCONCLUSIVE', reason: 'there was no cut-over: the standby never served' }),
    ],
    drill: {
      rto: { seconds: null, low: 22.9, high: null },
      outages: [{ ...FRESH, first_success_ms: null, sustained_ms: null, region: '' }],
      phases: [phase('baseline', 5, 15), phase('detect', 17.102, null), phase('heal', 40, 40.2)],
      cause: { proved: false, sentence: 'tokyo never answered; the outage ended when the fault did' },
      predicted: { verdict: 'FAIL', rto_low_s: null, rto_high_s: null, held: true },
      restored: false,
    },
    events: [
      ...PRESENT,
      injected(15, 'lie', 'health.stuck', 'health checks of seoul say healthy, whatever they see'),
      injected(17.1, 'kill', 'region.kill', KILL_WORDS),
      undone(40, 'kill', 'region.kill', 'seoul was started again'),
      undone(40.1, 'lie', 'health.stuck', 'health checks of seoul', false),
    ],
    served: (second) => ({
      region: 'seoul',
      share: second === 17 ? 0.1 : second > 17 && second < 41 ? 0 : 1,
    }),
  });
}

/** INCONCLUSIVE: the fault was to slow Seoul down, and nothing got slower. */
export function withoutBite(seed = 53): Measurement {
  const reason = 'the fault did not bite: orders were served as in the baseline while seoul was slow';
  return drillOf({
    seed,
    record: {
      name: 'slow-region',
      hypothesis: 'A slow Seoul is left before customers notice.',
      bite: 'degradation',
      faults: [{ ...KILL, id: 'slow', fault: 'region.slow', args: { ms: 5 } }],
      predicted: { rto: null, rpo: null, verdict: 'uncertain', reasons: ['no outage is meant to happen'] },
    },
    verdict: 'INCONCLUSIVE',
    reasons: [reason],
    claims: [judged(RTO, { reason }), judged(RPO, { reason })],
    drill: {
      cause: { proved: false, sentence: 'there was no outage' },
      predicted: { verdict: 'uncertain', rto_low_s: null, rto_high_s: null, held: null },
    },
    events: [
      ...PRESENT,
      injected(17.1, 'slow', 'region.slow', 'slow seoul: 5 ms more for each order'),
      undone(40, 'slow', 'region.slow', 'seoul is as fast as before'),
    ],
    served: () => ({ region: 'seoul', share: 1 }),
  });
}

/** ABORTED: ctrl-c 2.4 s into the outage; the faults were undone. */
export function abortedDrill(seed = 59): Measurement {
  const reason = 'stopped by SIGINT after 19.5 s of 64 s';
  return drillOf({
    seed,
    record: { name: 'region-loss', hypothesis: 'Tokyo takes over within two minutes when Seoul is gone.' },
    verdict: 'ABORTED',
    reasons: [reason],
    claims: [judged(RTO, { verdict: 'ABORTED', reason }), judged(RPO, { verdict: 'ABORTED', reason })],
    drill: {
      rto: { seconds: null, low: 2.4, high: null },
      outages: [{ ...FRESH, first_success_ms: at(19.2), sustained_ms: null }],
      first_success_ms: 2_098,
      phases: [...PHASES.slice(0, 3), phase('ttl', 19.2, null)],
      cause: { proved: false, sentence: 'the drill ended before the outage did' },
      predicted: { verdict: 'PASS', rto_low_s: 2, rto_high_s: 5.95, held: null },
    },
    events: [
      ...FAILOVER.filter(({ t }) => t < at(19.5)),
      { t: at(19.5), kind: 'signal', observed: true, signal: 'SIGINT' },
      undone(19.8, 'kill', 'region.kill', 'seoul was started again'),
      {
        t: at(19.9),
        kind: 'generator.exited',
        observed: true,
        code: 105,
        signal: null,
        complete: false,
        cause: 'k6 was told to stop',
      },
    ],
    served: failover,
    cutAfterSeconds: 20,
  });
}

export const DRILLS = {
  'region-loss': regionLoss,
  'replication-stall': replicationStall,
  'no-failover': noFailover,
  'without-bite': withoutBite,
  'aborted-drill': abortedDrill,
};

const EVIL = `</script><script>window.broken = 1</script><img src=x onerror="window.broken=1">'"&<!-- | \u001b[31m\u0000`;

/** Region loss in which every text that comes from outside tries to leave its place. */
export function hostileDrill(seed = 61): Measurement {
  const measurement = regionLoss(seed);
  const { drill: record } = measurement.run;
  const { drill } = measurement.verdict;
  return {
    ...measurement,
    run: {
      ...measurement.run,
      drill: {
        ...record!,
        name: EVIL,
        hypothesis: EVIL,
        platform: EVIL,
        primary: EVIL,
        predicted: { ...record!.predicted, reasons: [EVIL], rpo: { lowMs: 1, highMs: 2, arithmetic: EVIL } },
      },
    },
    verdict: {
      ...measurement.verdict,
      reasons: [EVIL],
      claims: measurement.verdict.claims.map((claim) => ({ ...claim, title: EVIL, reason: EVIL })),
      drill: {
        ...drill!,
        cause: { proved: false, sentence: EVIL },
        outages: drill!.outages.map((outage) => ({ ...outage, region: EVIL })),
      },
    },
    drill: {
      ...measurement.drill!,
      lost: measurement.drill!.lost.map((order) => ({ ...order, key: EVIL, region: EVIL })),
    },
    events: measurement.events.map((event) => ({
      ...event,
      ...('words' in event ? { words: EVIL } : {}),
      ...('cause' in event ? { cause: EVIL } : {}),
      ...('answer' in event ? { answer: `${EVIL}${event.region}`, region: null } : {}),
      ...('file' in event ? { file: EVIL, region: EVIL, complete: false } : {}),
    })) as RunEvent[],
  };
}
