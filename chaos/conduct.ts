/** A drill under way: its timeline on the run's clock, from the steady state to the last thing put back. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Life } from '../harness/life.ts';
import type { DrillRecord, PlannedFault } from '../measure/drill.ts';
import { formatRatioAsPercent } from '../measure/format.ts';
import { causeOf } from './cause.ts';
import { injectFault } from './inject.ts';
import type { Journal } from './journal.ts';
import { readListing } from './listing.ts';
import type { Observation, Platform } from './platform.ts';
import { type Undoing, undoAll, undoFault } from './undo.ts';
import { Witness } from './witness.ts';

/** A fault undoes itself this long after the drill should have done it, where the platform can. */
const EXPIRY_SLACK_MS = 30_000;
/** What was lost is waited for, at the end: replication that has not caught up by then never will. */
const CATCH_UP_MS = 15_000;
const LOOK_MS = 25;
/** Whether the platform is still there is asked this seldom. */
const BETWEEN_LOOKS_MS = 1000;
/** A listing that takes longer will not end: the verdict is not kept waiting for it. */
const LONGEST_LISTING_MS = 60_000;

export interface Conducting {
  life: Life;
  drill: DrillRecord;
  platform: Platform;
  journal: Journal;
}

type Action = { atMs: number; kind: 'inject' | 'undo'; fault: PlannedFault };

export class Conductor {
  readonly #life: Life;
  readonly #drill: DrillRecord;
  readonly #platform: Platform;
  readonly #journal: Journal;
  readonly #witness: Witness;
  /** Orders that wait to be replicated, by region, as the platform told last. */
  readonly #waiting = new Map<string, number>();
  readonly #injected = new Set<string>();
  #readings: Promise<void>[] = [];
  #lookedMs = 0;
  #isInTrouble = false;

  constructor({ life, drill, platform, journal }: Conducting) {
    this.#life = life;
    this.#drill = drill;
    this.#platform = platform;
    this.#journal = journal;
    this.#witness = new Witness(life.plan);
    life.watch((line, names) => this.#witness.see(line, names));
  }

  /** Heard from the platform. */
  hear(event: Observation): void {
    if (event.kind === 'replication.lag') this.#waiting.set(event.region, event.waiting);
    this.#life.log.write(event.kind === 'fault.undone' ? this.#withId(event) : event);
  }

  /** The platform knows faults by name; the drill by their ids. */
  #withId(event: Extract<Observation, { kind: 'fault.undone' }>): Observation {
    const own = this.#drill.faults.find(({ id, fault }) => fault === event.fault && this.#injected.has(id));
    return own === undefined ? event : { ...event, id: own.id };
  }

  /** While the load runs: every fault in and out at its time. Stopped, it leaves what is in place to `end`. */
  async conduct(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      this.#tellTrouble(error);
      this.#life.stop();
    }
  }

  #tellTrouble(error: unknown): void {
    this.#isInTrouble = true;
    const sentence = `the drill could not go on: ${causeOf(error)}`;
    this.#life.log.write({ t: Date.now(), kind: 'drill.trouble', observed: true, sentence });
    this.#life.say(sentence);
  }

  async #follow(): Promise<void> {
    const zeroMs = await this.#zero();
    if (zeroMs === null) return;
    const actions = timeline(this.#drill);
    for (const { atMs, kind, fault } of actions) {
      if (!(await this.#until(zeroMs + atMs))) return;
      if (kind === 'undo') {
        await this.#undo(fault);
        continue;
      }
      if (this.#injected.size === 0 && !(await this.#isSteady())) return;
      await this.#inject(fault, zeroMs);
    }
    await Promise.all(this.#readings);
  }

  /**
   * When the load has ended: what is left is put back, and the ledger's last pages are read. It does not throw.
   * @returns whether everything is as it was, read back
   */
  async end(): Promise<boolean> {
    const restored = await this.#undoRest();
    if (!restored) this.#life.say('not everything is as it was: run npm run restore');
    await Promise.all(this.#readings);
    // Stopped by a person or by itself: what there is is judged, and nothing more is waited for.
    if (!this.#life.wasStopped() && !this.#isInTrouble && this.#injected.size > 0) await this.#listHealed();
    return restored;
  }

  async #undoRest(): Promise<boolean> {
    const fromMs = Date.now();
    try {
      const { undoings, restored, trouble } = await undoAll(this.#journal, this.#platform, 'drill');
      for (const undoing of undoings) this.#tellUndone(undoing, fromMs);
      if (trouble !== '') this.#life.say(`the journal could not be written: ${trouble}`);
      return restored;
    } catch (error) {
      this.#tellTrouble(error);
      return false;
    }
  }

  async #listHealed(): Promise<void> {
    const { log, folder, run } = this.#life;
    await this.#catchUp();
    for (const region of [this.#platform.primary, this.#platform.standby]) {
      const request = { platform: this.#platform, region, at: 'healed', folder, run: run.run } as const;
      log.write(await readListing({ ...request, signal: AbortSignal.timeout(LONGEST_LISTING_MS) }));
    }
  }

  async #zero(): Promise<number | null> {
    for (;;) {
      const zeroMs = this.#life.zeroMs();
      if (zeroMs !== null) return zeroMs;
      if (!(await this.#wait(LOOK_MS))) return null;
    }
  }

  /** @returns false where the load was over before */
  async #until(epochMs: number): Promise<boolean> {
    for (;;) {
      await this.#refuseIfEnded();
      const leftMs = epochMs - Date.now();
      if (leftMs <= 0) return !this.#life.over.aborted;
      if (!(await this.#wait(Math.min(leftMs, 200)))) return false;
    }
  }

  /** Nothing that is seen of a platform that has ended says anything about the system. */
  async #refuseIfEnded(): Promise<void> {
    if (Date.now() - this.#lookedMs < BETWEEN_LOOKS_MS) return;
    this.#lookedMs = Date.now();
    const why = (await this.#platform.ended?.()) ?? '';
    if (why !== '') throw new Error(why);
  }

  async #wait(ms: number): Promise<boolean> {
    try {
      await pause(ms, undefined, { signal: this.#life.over });
      return true;
    } catch {
      return false;
    }
  }

  /** Nothing is broken in a system that is not well: what would be measured is not the fault's doing. */
  async #isSteady(): Promise<boolean> {
    const complaints = await this.#platform.complaints().catch((error: unknown) => [causeOf(error)]);
    const served = this.#witness.servedShare();
    const { success } = this.#drill.sustained;
    if (served < success)
      complaints.push(
        `${formatRatioAsPercent(served)} of orders were served before the fault, ${formatRatioAsPercent(success)} are normal`,
      );
    const sentence = complaints.join('; ');
    this.#life.log.write({
      t: Date.now(),
      kind: 'steady.state',
      observed: true,
      held: complaints.length === 0,
      sentence,
    });
    if (complaints.length === 0) return true;
    this.#life.stop();
    return false;
  }

  async #inject(fault: PlannedFault, zeroMs: number): Promise<void> {
    const { id, fault: name, region, args } = fault;
    const handle = this.#platform.fault(name, region, args);
    const expiresMs = Math.max(0, zeroMs + fault.undoAtMs - Date.now()) + EXPIRY_SLACK_MS;
    // A fault that could not be injected is in the journal all the same; the drill goes on to put back what there is.
    const { fromMs } = await injectFault(this.#journal, { id, fault: name, region, args, expiresMs }, handle);
    this.#injected.add(id);
    this.#life.log.write({
      t: fromMs,
      kind: 'fault.injected',
      observed: true,
      id,
      fault: name,
      region,
      words: handle.words,
    });
    const loss = this.#drill.losses.find(
      (each) => each.region === region && each.atMs === fault.injectAtMs && each.untilMs === fault.undoAtMs,
    );
    if (loss !== undefined) this.#readings.push(this.#audit(loss, fromMs, zeroMs));
  }

  /** Reads the survivor's keys as soon as it has served an order, or before its region comes back. */
  async #audit(loss: DrillRecord['losses'][number], fromMs: number, zeroMs: number): Promise<void> {
    const { primary, standby } = this.#platform;
    const survivor = loss.region === primary ? standby : primary;
    const { folder, run, log } = this.#life;
    const lastMs = zeroMs + loss.untilMs - LATEST_LISTING_MS;
    this.#witness.waitFor(survivor, fromMs);
    while (!this.#witness.hasCutOver() && Date.now() < lastMs) {
      if (!(await this.#wait(LOOK_MS))) return;
    }
    const wanted = this.#witness.issued();
    const request = {
      platform: this.#platform,
      region: survivor,
      at: 'cutover',
      folder,
      run: run.run,
    } as const;
    log.write(await readListing({ ...request, wanted, signal: this.#life.over }));
  }

  async #undo({ id }: PlannedFault): Promise<void> {
    // A listing of the survivor must not see what a region that is back has sent it.
    await Promise.race([Promise.all(this.#readings), pause(LONGEST_HOLD_MS)]);
    const fromMs = Date.now();
    const undoing = await undoFault(this.#journal, this.#platform, id);
    if (undoing !== null) this.#tellUndone(undoing, fromMs);
  }

  #tellUndone({ id, fault, region, outcome, restored, words }: Undoing, fromMs: number): void {
    if (outcome === 'was-never-injected') return;
    const told = words === '' ? `${fault} undone` : `${fault}: ${words}`;
    this.#life.log.write({
      t: fromMs,
      kind: 'fault.undone',
      observed: true,
      id,
      fault,
      region,
      by: 'drill',
      restored,
      words: told,
    });
  }

  /** A platform that does not tell has caught up when two reads agree. */
  async #catchUp(): Promise<void> {
    const until = Date.now() + CATCH_UP_MS;
    while (Date.now() < until && [...this.#waiting.values()].some((waiting) => waiting > 0)) await pause(100);
  }
}

/** A listing takes well under a second where it can be had at all, and must be read before the region is back. */
const LATEST_LISTING_MS = 1500;
/** A listing that takes longer than that keeps nobody from putting a region back. */
const LONGEST_HOLD_MS = 5000;

/** In the order of time; what is undone at an instant comes before what is broken at it. */
function timeline({ faults }: DrillRecord): Action[] {
  const actions = faults.flatMap((fault): Action[] => [
    { atMs: fault.injectAtMs, kind: 'inject', fault },
    { atMs: fault.undoAtMs, kind: 'undo', fault },
  ]);
  return actions.sort((a, b) => a.atMs - b.atMs || Number(a.kind === 'inject') - Number(b.kind === 'inject'));
}
