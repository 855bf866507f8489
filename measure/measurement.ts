import { parseClaimId } from './claims.ts';
import type { DrillVerdict } from './drill.ts';
import { DrillMeasuring, type MeasuredDrill } from './drill-measuring.ts';
import type { ObservedEvent, RunEvent, Second } from './events.ts';
import { EvidenceDecoder } from './evidence.ts';
import { formatClock, formatCount, formatDuration } from './format.ts';
import {
  blameFor,
  bottleneck,
  type GeneratorSample,
  latenessLimitMs,
  meanCpu,
  patienceOf,
  tooFewClients,
} from './generator.ts';
import { excusedAround } from './held-fault.ts';
import { type Doubt, type DrillFindings, judge, type Stretch, worst } from './judge.ts';
import type { ListingTime } from './ledger.ts';
import { clientsOf, type Plan, wholeSeconds } from './plan.ts';
import type { Distribution, EvidenceHealth, RunRecord } from './run.ts';
import type { OpenSecond } from './seconds.ts';
import { sliding } from './sliding.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';
import { type JudgedClaim, ordersOf, type Verdict } from './verdict.ts';
import { worstStretch } from './worst-stretch.ts';

/** All that a renderer needs of one run: the same object at the end of a run and years later. */
export interface Measurement {
  run: RunRecord;
  plan: Plan;
  verdict: Verdict;
  /** Epoch ms of the run's clock zero. */
  zeroMs: number;
  seconds: Second[];
  /** Arrivals of the measured window. */
  window: { planned: number; unserved: number };
  /** By operation, the order first. */
  distributions: Distribution[];
  evidence: EvidenceHealth;
  /** Observed events and derived ones, seconds left out, by time. */
  events: RunEvent[];
  /** The lost orders, the earliest first; null where the run was no drill. */
  drill: Pick<MeasuredDrill, 'lost'> | null;
}

/** Where the distribution is told: denser towards the tail, as its axis is. */
const PERCENTILES: readonly number[] = [
  0, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 97.5, 98, 98.5, 99, 99.25, 99.5, 99.7,
  99.8, 99.9, 99.95, 99.98, 99.99, 99.995, 99.999, 100,
];

/**
 * Measures a run from what is on disk and nothing else: the same evidence, plan, run record and observed events give
 * the same measurement, byte for byte.
 */
export class Measuring {
  readonly #run: RunRecord;
  readonly #plan: Plan;
  readonly #events: readonly ObservedEvent[];
  readonly #samples: GeneratorSample[];
  readonly #decoder = new EvidenceDecoder();
  readonly #timeline: Timeline;
  readonly #seconds: Second[] = [];
  readonly #drill: DrillMeasuring | null;
  #bytes = 0;

  /** @param events the observed ones, in the order in which they were logged */
  constructor(run: RunRecord, plan: Plan, events: readonly ObservedEvent[]) {
    this.#run = run;
    this.#plan = plan;
    this.#events = events;
    this.#samples = events.filter((event) => event.kind === 'generator.sample');
    this.#drill = run.drill ? new DrillMeasuring(run.run, run.drill, plan, this.#decoder) : null;
    const blame = blameFor(
      this.#samples,
      latenessLimitMs(run.claims),
      patienceOf(run.claims, clientsOf(plan)),
    );
    const isExcused = excusedAround(events);
    this.#timeline = new Timeline(plan, this.#decoder, {
      onSecond: (second) => this.#seconds.push(second),
      blame: (stretch) => (isExcused(stretch) ? 'none' : blame(stretch)),
      keepSeconds: run.claims.some((claim) => parseClaimId(claim.id)?.windowMs),
    });
  }

  /** Takes the next bytes of `evidence.csv`. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#decoder.push(chunk, (line) => {
      this.#timeline.push(line);
      this.#drill?.push(line);
    });
  }

  /** Takes the next bytes of `keys-<region>-<at>.csv`; a run that is no drill has none. */
  pushListing(at: ListingTime, region: string, chunk: Uint8Array): void {
    this.#drill?.pushListing(at, region, chunk);
  }

  finish(): Measurement {
    this.#decoder.end();
    const signal = this.#events.find((event) => event.kind === 'signal');
    const exited = this.#events.find((event) => event.kind === 'generator.exited');
    const complete = signal === undefined && exited?.complete === true && !this.#isCut(exited);
    const endedAtMs = signal?.t ?? exited?.t ?? null;
    this.#timeline.finish({ complete, torn: this.#decoder.malformed, endedAtMs });
    const drill = this.#finishDrill(complete, endedAtMs);
    const window = this.#windowStretch();
    const doubt = this.#doubt(signal, exited);
    const claims = this.#judge(window, doubt, drill?.findings ?? null);
    const verdict = { ...this.#verdict(claims, window, doubt), drill: drill?.measured.verdict ?? null };
    return {
      run: this.#run,
      plan: this.#plan,
      verdict,
      zeroMs: Math.round(this.#timeline.zeroMs),
      seconds: this.#seconds,
      window: { planned: window.all.planned, unserved: window.all.unserved },
      distributions: this.#distributions(window.all),
      evidence: this.#health(),
      events: this.#allEvents(claims, drill?.measured.verdict.phases ?? []),
      drill: drill && { lost: drill.measured.lost },
    };
  }

  #finishDrill(complete: boolean, endedAtMs: number | null): ReturnType<DrillMeasuring['finish']> | null {
    const { zeroMs, populations, latestMs } = this.#timeline;
    if (this.#drill === null || Number.isNaN(zeroMs)) return null;
    const planEndMs = zeroMs + Math.max(...populations.map(({ ticks }) => ticks.durationMs));
    return this.#drill.finish({
      zeroMs: Math.round(zeroMs),
      zerosMs: populations.map((track) => track.zeroMs),
      endMs: complete ? planEndMs : Math.min(planEndMs, endedAtMs ?? latestMs),
      complete,
      torn: this.#decoder.malformed,
      blamed: this.#timeline.bins().filter(({ blame }) => blame !== 'none'),
      events: this.#events,
    });
  }

  /** The evidence has lost its end since it was written: what is missing was not dropped. */
  #isCut({ evidenceBytes }: Extract<ObservedEvent, { kind: 'generator.exited' }>): boolean {
    return evidenceBytes !== undefined && this.#bytes < evidenceBytes;
  }

  #windowStretch(): Stretch {
    const { fromMs, toMs } = this.#plan.window;
    const all = this.#emptyTally();
    const clean = this.#emptyTally();
    for (const bin of this.#timeline.bins()) {
      if (!bin.inWindow) continue;
      all.addCounts(bin.tally);
      if (bin.blame === 'none') clean.addCounts(bin.tally);
    }
    const latencies = this.#timeline.window;
    clean.addLatencies(latencies.clean);
    all.addLatencies(latencies.clean);
    all.addLatencies(latencies.blamed);
    return { all, clean, fromMs, toMs };
  }

  #emptyTally(): Tally {
    return new Tally(this.#timeline.operationNames.length);
  }

  /** Every stretch of whole seconds inside the window, one beginning each second; each is good until the next is asked for. */
  *#stretches(windowMs: number, window: Stretch): Generator<Stretch> {
    const length = Math.ceil(windowMs / 1000);
    const { first, end } = wholeSeconds(this.#plan.window);
    const last = Math.min(end, this.#timeline.seconds.length) - length;
    const isClean = (second: OpenSecond): boolean => second.bins.every((bin) => bin.blame === 'none');
    const { seconds, operationNames } = this.#timeline;
    const all = sliding(seconds, operationNames.length, length);
    const clean = sliding(seconds, operationNames.length, length, isClean);
    const { fromMs, toMs } = this.#plan.window;
    // A window that begins within a second may hold the length of a stretch and no whole stretch: then it is one.
    if (last < first && windowMs <= toMs - fromMs) yield window;
    for (let from = first; from <= last; from++) {
      const stretch = { fromMs: from * 1000, toMs: (from + length) * 1000 };
      const whole = all(from);
      yield { ...stretch, all: whole, clean: clean(from) };
    }
  }

  #doubt(signal: ObservedEvent | undefined, exited: ObservedEvent | undefined): Doubt {
    const zero = this.#timeline.zeroMs;
    const planMs = Math.max(...this.#timeline.populations.map((track) => track.ticks.durationMs));
    if (signal?.kind === 'signal') {
      const after = formatDuration(Math.max(0, Math.min(planMs, Math.round((signal.t - zero) / 100) * 100)));
      return {
        aborted: true,
        cause: `stopped by ${signal.signal} after ${after} of ${formatDuration(planMs)}`,
      };
    }
    const steady = this.#events.find((event) => event.kind === 'steady.state');
    if (steady?.kind === 'steady.state' && !steady.held) {
      return {
        aborted: false,
        cause: `nothing was broken, the steady state did not hold: ${steady.sentence}`,
      };
    }
    const trouble = this.#events.find((event) => event.kind === 'drill.trouble');
    if (trouble?.kind === 'drill.trouble') return { aborted: false, cause: trouble.sentence, isVoid: true };
    if (exited?.kind !== 'generator.exited') {
      return { aborted: false, cause: 'the run has no end: the harness died before the generator ended' };
    }
    if (!exited.complete) return { aborted: false, cause: exited.cause };
    if (this.#isCut(exited)) {
      const sizes = `${formatCount(this.#bytes)} of ${formatCount(exited.evidenceBytes!)} bytes`;
      return { aborted: false, cause: `evidence.csv is shorter than the generator left it: ${sizes}` };
    }
    if (this.#run.claims.length === 0) return { aborted: false, cause: 'nothing was claimed' };
    const sick = this.#events.find(
      (event) => event.kind === 'region.health' && !event.healthy && !this.#isDrilled(event.t),
    );
    if (sick?.kind === 'region.health') {
      const at = formatClock(Math.max(0, sick.t - zero));
      return { aborted: false, cause: `region ${sick.region} of the testbed ${sick.cause} at ${at}` };
    }
    if (this.#decoder.lines === 0) {
      return {
        aborted: false,
        cause: 'the generator ended without a line of evidence; engine.log may say why',
      };
    }
    const { exceptions, late } = this.#timeline.evidence;
    if (exceptions > 0) {
      const detail = exited.cause === '' ? 'engine.log says where' : exited.cause;
      return {
        aborted: false,
        cause: `${formatCount(exceptions)} iterations of the scenario threw: ${detail}`,
      };
    }
    if (late > 0) {
      return {
        aborted: false,
        cause: `${formatCount(late)} evidence lines repeat an arrival that had its answer`,
      };
    }
    return { aborted: false, cause: '' };
  }

  /** From its first fault on, the health of a drill's regions is what it is about. */
  #isDrilled(ms: number): boolean {
    const fault = this.#events.find((event) => event.kind === 'fault.injected');
    return this.#drill !== null && fault !== undefined && ms >= fault.t;
  }

  #judge(window: Stretch, doubt: Doubt, drill: DrillFindings | null): JudgedClaim[] {
    const samples = this.#samplesIn(window);
    const judged = judge({
      claims: this.#run.claims,
      operations: this.#timeline.operationNames,
      main: this.#timeline.main,
      window,
      stretches: (windowMs) => this.#stretches(windowMs, window),
      lateLimitMs: latenessLimitMs(this.#run.claims),
      bottleneck: this.#bottleneck(samples),
      doubt,
      drill,
    });
    const seconds = this.#seconds.filter(
      ({ index }) => index * 1000 >= window.fromMs && index * 1000 + 1000 <= window.toMs,
    );
    return judged.map((claim) => {
      const when = claim.verdict === 'FAIL' && !claim.id.includes('@') ? worstStretch(claim, seconds) : null;
      if (when === null) return claim;
      return {
        ...claim,
        reason: `${claim.reason}; worst at ${formatClock(when.fromMs)}-${formatClock(when.toMs)}`,
      };
    });
  }

  #bottleneck(samples: readonly GeneratorSample[]): string {
    const blames = new Set(this.#timeline.bins().map((bin) => (bin.inWindow ? bin.blame : 'none')));
    return blames.has('clients') && !blames.has('starved')
      ? tooFewClients(clientsOf(this.#plan))
      : bottleneck(samples, this.#run.machine.allowedCpus);
  }

  #samplesIn({ fromMs, toMs }: Stretch): GeneratorSample[] {
    const zero = this.#timeline.zeroMs;
    const inside = this.#samples.filter(({ t }) => t > zero + fromMs && t <= zero + toMs + 1000);
    return inside.length > 0 ? inside : this.#samples;
  }

  #verdict(claims: JudgedClaim[], window: Stretch, doubt: Doubt): Verdict {
    const total = this.#emptyTally();
    for (const bin of this.#timeline.bins()) total.addCounts(bin.tally);
    const ofDoubt = doubt.aborted ? 'ABORTED' : doubt.cause === '' ? 'PASS' : 'INCONCLUSIVE';
    const verdict = worst([ofDoubt, ...claims.map((claim) => claim.verdict)]);
    const of = (word: string): string[] =>
      claims.filter((claim) => claim.verdict === word).map((claim) => claim.reason);
    const reasons =
      verdict === 'ABORTED' ? [doubt.cause] : [...of('FAIL'), doubt.cause, ...of('INCONCLUSIVE')];
    const zero = this.#timeline.zeroMs;
    const late = window.all.lateP99Ms;
    const limit = latenessLimitMs(this.#run.claims);
    const cpu = meanCpu(this.#samplesIn(window));
    return {
      schema: 'stormproof.verdict/1',
      run: this.#run.run,
      kind: this.#run.kind,
      verdict,
      reasons: [...new Set(reasons.filter((reason) => reason !== ''))],
      claims,
      orders: ordersOf(total),
      window: { from_ms: Math.round(zero + window.fromMs), to_ms: Math.round(zero + window.toMs) },
      generator: {
        cpu: cpu === null ? null : Math.round(cpu * 1000) / 1000,
        late_p99_ms: late,
        saturated: (late !== null && limit !== null && late > limit) || this.#starved(),
      },
      drill: null,
      gate: null,
    };
  }

  #starved(): boolean {
    return this.#timeline
      .bins()
      .some((bin) => bin.inWindow && (bin.blame === 'starved' || bin.blame === 'clients'));
  }

  #distributions(all: Tally): Distribution[] {
    const { operationNames, main } = this.#timeline;
    const order = [main, ...operationNames.keys()].filter((op, i, ops) => ops.indexOf(op) === i);
    return order.map((op) => {
      const { served } = all.operations[op]!;
      const planned = served.count + all.infinite(op, main);
      const ranks = PERCENTILES.map((percentile) =>
        Math.max(1, Math.ceil((planned * percentile) / 100 - 1e-9)),
      );
      const values = planned === 0 ? [] : served.atRanks(ranks);
      return {
        op: operationNames[op]!,
        planned,
        acknowledged: served.count,
        points: values.map((ms, i) => ({ percentile: PERCENTILES[i]!, ms: Number.isFinite(ms) ? ms : null })),
      };
    });
  }

  #health(): EvidenceHealth {
    const { late, gaps, exceptions, astray } = this.#timeline.evidence;
    return {
      lines: this.#decoder.lines - astray,
      malformed: this.#decoder.malformed + astray,
      late,
      gaps,
      exceptions,
    };
  }

  #allEvents(claims: readonly JudgedClaim[], drillPhases: DrillVerdict['phases']): RunEvent[] {
    const zero = Math.round(this.#timeline.zeroMs);
    const stages: RunEvent[] = [];
    let at = 0;
    for (const [i, stage] of (this.#plan.populations[0]?.stages ?? []).entries()) {
      const target = this.#plan.populations.reduce(
        (sum, one) => sum + (one.stages[i]?.targetPerSecond ?? 0),
        0,
      );
      stages.push({
        t: zero + at,
        kind: 'stage.entered',
        observed: false,
        stage: i,
        targetPerSecond: target,
        hold: stage.hold,
      });
      at += stage.durationMs;
    }
    const end = Math.max(zero + at, ...this.#events.map((event) => event.t));
    const judged: RunEvent[] = claims.map((claim) => ({
      t: end,
      kind: 'claim.judged',
      observed: false,
      claim,
    }));
    const phases = drillPhases.map(
      (phase): RunEvent => ({
        t: phase.from_ms,
        kind: 'phase',
        observed: false,
        name: phase.name,
        fromMs: phase.from_ms,
        toMs: phase.to_ms,
      }),
    );
    return [...this.#events, ...stages, ...phases, ...judged].sort((a, b) => a.t - b.t);
  }
}
