/** The sentences and titles of the HTML report, in one place. Numbers and units are in `reports/words.ts`. */
import type { Bite, DrillPhase, PredictedStep } from '../../measure/drill.ts';
import type { Outcome } from '../../measure/outcome.ts';

export const SECTIONS = {
  skip: 'Skip to the charts',
  claims: 'Claims',
  arrivals: 'Where every arrival went',
  charts: 'Second by second',
  distribution: 'The distribution of latency',
  method: 'How it was measured',
  differences: 'Claims, side by side',
} as const;

export const LINKS = { grafana: 'this run in Grafana' } as const;

/** For a claim whose reason is the page's first sentence. */
export const SAME_REASON = 'for the reason given at the top';

export const CHARTS = {
  throughput: {
    title: 'Planned and acknowledged',
    axis: 'arrivals, 1/s',
    says: 'Filled between the two: arrivals that were due and were not served. That is what users felt.',
  },
  latency: {
    title: 'Latency',
    axis: 'latency, ms (log scale)',
    says: 'Over planned arrivals, each timed from its send. An arrival that was not served counts as ∞.',
  },
  regions: {
    title: 'Who answered',
    axis: 'acknowledged, 1/s',
    says: 'Acknowledged arrivals by the region that answered.',
  },
  errors: {
    title: 'Errors by kind',
    axis: 'failed attempts, 1/s',
    says: 'Attempts that were not acknowledged, by status or cause.',
  },
  pressure: {
    title: 'Dropped and in flight',
    axis: 'arrivals',
    says: 'Dropped: due in that second and never started. In flight: started and not yet answered at its end.',
  },
  lateness: {
    title: 'Generator: how late its sends were',
    axis: 'late at p99, ms',
    says: 'Beyond the limit it is the generator that is measured, and latency claims are inconclusive.',
  },
  cpu: {
    title: 'Generator: processor',
    axis: 'share of CPUs',
    says: 'A full processor cannot start arrivals in time: drops are then on the generator’s account.',
  },
} as const;

export const LEGEND = {
  window: 'measured window',
  outside: 'Shaded grey: outside the measured window, not judged.',
  generator: 'Hatched: seconds on the generator’s account.',
  generatorAside:
    'Hatched: seconds on the generator’s account. The verdict does not lean on them: every claim holds with and without them.',
  faults: 'Shaded red: a fault is in place.',
  pointer:
    'Point at a chart, or tab to it and use the arrow keys: one cursor moves through all of them. Drag to zoom, double-click to see everything again.',
  thinned: (seconds: string) =>
    `Each pair of points is the least and the greatest of ${seconds}: the worst is never left out.`,
  partial: (length: string) => `The last second is left out: only ${length} of it were run.`,
  never: 'never served',
} as const;

export const DRILL = {
  title: (name: string) => `The drill: ${name}`,
  intervals: {
    title: 'RTO and RPO against their claims',
    says: 'Shaded: what the claim allows. Dashed box: what was predicted. Ring and bar: what was measured, with its error bar.',
  },
  waterfall: {
    title: 'Where the time went',
    says: (clock: string) =>
      `Seconds since the first order that was not served, at ${clock}. The ring is the first order that was served again.`,
  },
  ledger: {
    title: 'The ledger',
    says: 'What clients were told, against what the survivor holds. RPO is judged at cut-over, when the survivor served its first order.',
  },
  shorter: 'What would have to be shorter',
  spare: 'What there was to spare',
  facts: 'What else the drill says',
  noOutage: 'No outage was found: there is no time to be divided.',
  noLedger: 'No listing of the survivor’s keys was read: there is no ledger.',
  phases: {
    baseline: 'what is normal is learnt',
    detect: 'until the health checks call the region unhealthy',
    dns: 'until DNS answers with the standby',
    ttl: 'until clients have forgotten the old answer',
    scale: 'until the standby runs enough tasks',
    degraded: 'served, and not well enough yet',
    sustained: 'served again',
    heal: 'the faults are undone',
    'catch-up': 'what waited is replicated',
    failback: 'DNS answers with the first region again',
  } satisfies Record<DrillPhase['name'], string>,
  later: (name: 'heal' | 'catch-up' | 'failback' | string, primary: string) =>
    name === 'heal' ? 'faults undone' : name === 'failback' ? `back to ${primary}` : 'replication caught up',
  steps: { detect: 'detect', propagate: 'DNS', ttl: 'TTL', scale: 'scale' } satisfies Record<
    PredictedStep['name'],
    string
  >,
  bites: {
    outage: 'an outage: orders fail until the standby serves',
    degradation: 'a degradation: orders get slow or fail in part',
    failover: 'a failover although nothing failed',
    none: 'nothing that a client should feel',
  } satisfies Record<Bite, string>,
} as const;

export const OUTCOME_MEANINGS: Record<Outcome | 'dropped' | 'planned' | 'started', string> = {
  planned: 'arrivals that the plan made due',
  started: 'arrivals that were begun',
  acknowledged: 'the success status was received',
  refused: 'the server definitely said no (4xx save 408)',
  unsent: 'cannot have arrived: DNS, dial or TLS handshake failed',
  unknown: 'may or may not have been done: timeout, reset, 5xx; never counted as saved nor as lost',
  dropped: 'due and never started',
};

export const EMPTY = {
  charts: 'The run ended before its first second: there is nothing to draw.',
  errors: 'No attempt failed.',
  distribution: 'No arrival was planned in the window: there is no distribution to draw.',
  script:
    'The charts are drawn by a script in this file, and scripts are switched off. All tables are complete.',
} as const;

export const METHOD = {
  errorBars:
    'The true value lies in [low, high] with 95 % confidence. For percentiles the interval is that of binomial order statistics over planned arrivals; counts are exact, so that low and high are the same and no interval is shown.',
  verdicts:
    'A claim PASSes when all of its error bar holds, FAILs when none of it does, and is INCONCLUSIVE between. Missing data never passes. The run’s verdict is its worst claim’s.',
  openModel:
    'Arrivals are started by the clock, whatever the answers do (an open model): a slow service does not slow the load down. What was due and never started, or never acknowledged, counts as a failure.',
  generator:
    'How late the generator’s sends were is measured too. Beyond a tenth of the tightest latency claim, latency claims are inconclusive: it would be the generator that is measured.',
  heapAsUsual: 'collected as usual: there is too little memory to wait',
  heapUpTo: (size: string) => `not collected before it holds ${size}: a collection makes sends late`,
  again: 'The verdict and this page can be derived again from the run’s folder, byte for byte:',
} as const;

export const COMPARISON = {
  first: 'A',
  second: 'B',
  withinBars: 'within the error bars',
  same: 'the same',
  onlyIn: (name: string) => `claimed in ${name} only`,
  title: 'Two runs, side by side',
  settings: 'What differs beside the numbers',
  sameSettings: 'Both runs were made with the same profile, target, versions, machine and seed.',
  clock: 'Both runs are drawn on their own clock: 00:00.0 is the first planned arrival of each.',
} as const;

export const COMPARED_CHARTS = {
  throughput: { title: 'Acknowledged', says: '', axis: 'arrivals, 1/s' },
  p50: { title: 'P50 latency', says: '', axis: 'p50, ms (log scale)' },
  p95: { title: 'P95 latency', says: '', axis: 'p95, ms (log scale)' },
  p99: { title: 'P99 latency', says: '', axis: 'p99, ms (log scale)' },
  errors: { title: 'Errors', says: '', axis: 'started, not served, 1/s' },
  dropped: { title: 'Dropped', says: '', axis: 'arrivals' },
  cpu: { title: 'Generator: processor', says: '', axis: 'share of CPUs' },
} as const;
