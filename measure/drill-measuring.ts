import { ByStart } from './by-start.ts';
import type { DrillClaimKind } from './claims.ts';
import type { DrillRecord, DrillVerdict, LostOrder, Outage } from './drill.ts';
import { type Audit, type DrillFacts, decidingAudit, heldAt, longestOutage } from './drill-facts.ts';
import { describeDrill } from './drill-verdict.ts';
import type { ObservedEvent } from './events.ts';
import type { EvidenceDecoder, EvidenceLine } from './evidence.ts';
import { type HeldFault, heldFaults } from './held-fault.ts';
import type { DrillFindings, Finding } from './judge.ts';
import { Ledger, type ListingTime } from './ledger.ts';
import { Orders } from './orders.ts';
import { findOutages, gapAt, isDegraded, learnBaseline } from './outage.ts';
import { outcomeOf } from './outcome.ts';
import { mainOperation, type Plan } from './plan.ts';
import { judgeDuplicated, judgeRpoOrders, judgeRpoSeconds } from './rpo.ts';
import { judgeRto } from './rto.ts';
import { Ticks } from './ticks.ts';
import type { Claim } from './verdict.ts';

/** A start or an answer this far outside the plan is a torn number. */
const ASTRAY_MS = 60_000;
const BEFORE_MS = 1000;

/** What a drill found, for renderers. */
export interface MeasuredDrill {
  verdict: DrillVerdict;
  /** Of every population, by their beginning. */
  outages: Outage[];
  /** The earliest first; at most 100,000 of them. */
  lost: LostOrder[];
}

/** How the run went, as the timeline knows it. Epoch ms. */
export interface DrillEnd {
  zeroMs: number;
  /** Of each population's plan, in the plan's order. */
  zerosMs: readonly number[];
  /** Ticks were due until then. */
  endMs: number;
  complete: boolean;
  /** Lines of the evidence that could not be read. */
  torn: number;
  /** When the generator could not keep up, in order. */
  blamed: DrillFacts['blamed'];
  events: readonly ObservedEvent[];
}

/** Folds a drill's evidence and listings, in any order, into its outages and its ledger. */
export class DrillMeasuring {
  readonly #record: DrillRecord;
  readonly #plan: Plan;
  readonly #decoder: EvidenceDecoder;
  readonly #orders: Orders[];
  readonly #ticks: Ticks[];
  readonly #ledger: Ledger;
  readonly #success: number;
  readonly #main: string;

  /** @param decoder the decoder of the lines that will come: its tables give their names */
  constructor(run: string, record: DrillRecord, plan: Plan, decoder: EvidenceDecoder) {
    this.#record = record;
    this.#plan = plan;
    this.#decoder = decoder;
    this.#ticks = plan.populations.map((population) => new Ticks(population));
    this.#orders = plan.populations.map(
      ({ letter, kind }, p) => new Orders(letter, kind, this.#ticks[p]!.total),
    );
    this.#ledger = new Ledger(run, this.#orders, decoder.regions);
    this.#main = mainOperation(plan);
    this.#success = plan.operations[this.#main]!.success;
  }

  /** Folds one line in. The caller may reuse it. */
  push(line: EvidenceLine): void {
    const orders = this.#orders.find(({ letter }) => letter === line.population);
    const tookMs = line.waitMs + line.durationMs;
    if (orders === undefined || tookMs > this.#plan.iterationMaxMs + ASTRAY_MS) return;
    const op = this.#decoder.ops[line.op]!;
    if (op === this.#main) {
      const outcome = outcomeOf(line.status, line.errorCode, this.#success);
      orders.push(line.seq, line.startMs, tookMs, outcome, line.region);
    } else if (op === 'exception') {
      orders.pushOther(line.seq, line.startMs, 'exception');
    } else if (op in this.#plan.operations) {
      const outcome = outcomeOf(line.status, line.errorCode, this.#plan.operations[op]!.success);
      orders.pushOther(line.seq, line.startMs, outcome === 'acknowledged' ? 'served' : 'failed');
    }
  }

  /** Takes the next bytes of `keys-<region>-<at>.csv`. */
  pushListing(at: ListingTime, region: string, chunk: Uint8Array): void {
    this.#ledger.push(at, region, chunk);
  }

  /** Folds all that came into what the drill found. */
  finish(end: DrillEnd): { measured: MeasuredDrill; findings: DrillFindings } {
    // A whole listing of nothing has no bytes to push.
    for (const event of end.events)
      if (event.kind === 'listing.read' && event.complete)
        this.#ledger.push(event.at, event.region, new Uint8Array(0));
    this.#ledger.end();
    const facts = this.#facts(end);
    return {
      measured: {
        verdict: describeDrill(facts),
        outages: facts.outages.map(({ openUntilMs: _, ...outage }) => outage),
        lost: decidingAudit(facts).ledger.lost,
      },
      findings: (kind, claim) => JUDGES[kind](claim, facts),
    };
  }

  #facts(end: DrillEnd): DrillFacts {
    const planMs = Math.max(...this.#ticks.map(({ durationMs }) => durationMs));
    for (const orders of this.#orders) orders.settle(end.zeroMs - BEFORE_MS, end.zeroMs + planMs + ASTRAY_MS);
    const arrivals = this.#orders.map(
      (orders, p) =>
        new ByStart(orders, { ticks: this.#ticks[p]!, zeroMs: end.zerosMs[p]!, endMs: end.endMs }),
    );
    const held = heldFaults(this.#record, end.events);
    const learnt = this.#learn(arrivals, held, end);
    const facts: DrillFacts = {
      record: this.#record,
      events: end.events,
      zeroMs: end.zeroMs,
      endMs: end.endMs,
      held,
      ...learnt,
      audits: held.map((each) => this.#audit(arrivals, each, learnt.outages, end)),
      listed: (at, region) => this.#ledger.lines(at, region),
      blamed: end.blamed,
      unwritten: { startsMs: unwrittenStarts(this.#orders), torn: end.torn },
      gapMs: 1 / arrivals.reduce((sum, each) => sum + 1 / gapAt(each, held[0]?.fromMs ?? end.endMs), 0),
      capacity: { before: 0, after: null },
    };
    return { ...facts, capacity: this.#capacity(arrivals, facts) };
  }

  #learn(
    arrivals: readonly ByStart[],
    held: readonly HeldFault[],
    end: DrillEnd,
  ): Pick<DrillFacts, 'outages' | 'baselines' | 'degraded'> {
    const { baseline, sustained: rule } = this.#record;
    const baselines = arrivals.map((each) => ({
      population: each.orders.kind,
      baseline: learnBaseline(each, end.zeroMs + baseline.fromMs, end.zeroMs + baseline.toMs),
    }));
    const lostAt = (ms: number): string => heldAt({ held }, ms)?.region ?? this.#record.primary;
    const regions = this.#decoder.regions;
    const outages = arrivals
      .flatMap((each, p) => findOutages(each, { rule, baseline: baselines[p]!.baseline, regions, lostAt }))
      .sort((a, b) => a.fromMs - b.fromMs);
    const degraded = arrivals.some((each, p) =>
      held.some(
        ({ fromMs, untilMs }) =>
          fromMs !== null &&
          isDegraded(each, fromMs, Math.min(untilMs, end.endMs), { rule, baseline: baselines[p]!.baseline }),
      ),
    );
    return { outages, baselines, degraded };
  }

  #audit(
    arrivals: readonly ByStart[],
    held: HeldFault,
    outages: DrillFacts['outages'],
    { endMs, complete, torn }: DrillEnd,
  ): Audit {
    const cutoverMs = this.#cutover(arrivals, held, outages);
    const lost = this.#decoder.regions.indexOf(held.region);
    const declared = this.#record.losses.length > 0;
    // Where nobody took over, the lost region's acknowledgements are those before it came back.
    const cameBackMs = declared ? held.untilMs : Infinity;
    const ledger = this.#ledger.reconcile({
      isLost: (region) => region === lost || region === 0,
      cutoverMs: (declared ? cutoverMs : null) ?? Math.min(endMs + ASTRAY_MS, cameBackMs),
      survivor: held.survivor,
      complete: complete && torn === 0,
    });
    return { held, cutoverMs, ledger };
  }

  /** The first order that the survivor served after a loss; where regions have no names, that anybody served. */
  #cutover(arrivals: readonly ByStart[], held: HeldFault, outages: DrillFacts['outages']): number | null {
    if (held.fromMs === null) return null;
    const own = outages.filter(
      ({ fromMs, fromHighMs }) => fromHighMs >= held.fromMs! && fromMs < held.untilMs,
    );
    const fromMs = own[0]?.fromMs ?? held.fromMs;
    const survivor = this.#decoder.regions.indexOf(held.survivor);
    let earliest = Infinity;
    for (const each of arrivals)
      for (let i = each.positionAt(fromMs); i < each.count && each.startMs(i) < held.untilMs; i++) {
        const seq = each.seq(i);
        if (!each.orders.isAcknowledged(seq) || each.orders.region(seq) !== survivor) continue;
        earliest = Math.min(earliest, each.startMs(i));
        break;
      }
    if (Number.isFinite(earliest)) return earliest;
    return survivor < 0 && this.#decoder.regions.length === 1 ? (own[0]?.firstSuccessMs ?? null) : null;
  }

  #capacity(arrivals: readonly ByStart[], facts: DrillFacts): DrillFacts['capacity'] {
    const perSecond = (fromMs: number, toMs: number): number => {
      const served = arrivals.reduce((sum, each) => sum + learnBaseline(each, fromMs, toMs).served, 0);
      return toMs > fromMs ? Math.round((served * 1e6) / (toMs - fromMs)) / 1000 : 0;
    };
    const { baseline, sustained } = this.#record;
    const before = perSecond(facts.zeroMs + baseline.fromMs, facts.zeroMs + baseline.toMs);
    const from = longestOutage(facts)?.sustainedMs ?? null;
    if (from === null) return { before, after: null };
    return { before, after: perSecond(from, Math.min(facts.endMs, from + sustained.windowMs)) };
  }
}

const JUDGES: Record<DrillClaimKind, (claim: Claim, facts: DrillFacts) => Finding> = {
  rto: judgeRto,
  'rpo.seconds': judgeRpoSeconds,
  'rpo.orders': judgeRpoOrders,
  duplicated: judgeDuplicated,
};

function unwrittenStarts(populations: readonly Orders[]): number[] {
  const starts: number[] = [];
  for (const orders of populations)
    for (let seq = 0; seq <= orders.highest; seq++)
      if (orders.isUnwritten(seq)) starts.push(orders.startMs(seq));
  return starts;
}
