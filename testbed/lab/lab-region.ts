/** One region of the lab as its supervisor sees it: a process group that can be killed, frozen and started again. */
import type { ListingPage } from '../listing.ts';
import { writeProgram } from './bundle.ts';
import type { RegionState } from './channel.ts';
import { RegionGroup } from './region-group.ts';
import type { Lag, ReplicationState } from './replicator.ts';
import { countUndelivered, type LabEntry, readTruth } from './truth.ts';

export type { ReplicationState } from './replicator.ts';

export interface LabRegionSettings {
  /** Part of order ids (`seoul-1`) and of the `x-region` header. */
  name: string;
  /** An address of this machine: of the service and of the port that replicated orders come in by. */
  host: string;
  port: number;
  replicationPort: number;
  /** The other region: its name, and where it takes replicated orders. */
  peer: { name: string; host: string; replicationPort: number };
  /** Of this region alone; made where it is missing. What is in it is loaded. */
  folder: string;
  /** 0 to 2^32 - 1: what fails, and how long an order takes to the peer, depend on it and the order's key. */
  seed: number;
  /** Desired tasks at first; these are up when `startLabRegion` is done. */
  tasks: number;
  /** Orders a second that one task serves. */
  taskCapacity: number;
  /** How long an order takes where nothing is wrong, ms. */
  latencyMs: number;
  /** Processes that wait to become tasks. */
  spareTasks: number;
  /** Orders that each task sends itself before it serves: the first ones are slow. */
  rehearsals: number;
  /** From the wish for one more task until it serves. */
  taskStartMs: number;
  /** From the write until the peer has it. */
  replicationLagMs: Lag;
}

export interface TaskCounts {
  desired: number;
  running: number;
}

/** A region that ended although nobody had asked it to. */
export interface LabRegionExit {
  region: string;
  atMs: number;
  /** A sentence. */
  cause: string;
}

export interface LabRegion {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `killed` also where it ended by itself. */
  readonly process: 'running' | 'frozen' | 'killed';
  /** The region's process first, then its tasks; empty where it is killed. */
  pids(): number[];
  /** One SIGKILL to the whole process group. Dead already: no harm. @returns epoch ms of it */
  kill(): number;
  /** One SIGSTOP to the whole process group. @returns epoch ms of it */
  freeze(): number;
  /** SIGCONT. @returns epoch ms of it */
  thaw(): number;
  /** After a kill: again from its disk, with all that was set meanwhile. Done when its desired tasks serve. */
  start(): Promise<void>;
  /*
   * What is set is in force when its promise is done; for a region that is killed or frozen that is at once, and it
   * comes into force when the region runs again.
   */
  /** `refused`: the listening socket is closed and every connection reset; the store and replication go on. */
  setPort(port: 'open' | 'refused'): Promise<void>;
  /** Added to each order, ms. */
  setSlow(ms: number): Promise<void>;
  /** Share of the orders that are answered 503, by seed and key; half of them are stored all the same. */
  setErrors(share: number): Promise<void>;
  /** What leaves this region. */
  setReplication(state: ReplicationState): Promise<void>;
  /** Each task more comes up `taskStartMs` later; those that are too many finish what they have. */
  setDesired(tasks: number): Promise<void>;
  /** SIGKILL to this many tasks (or all there are), which are not replaced. @returns epoch ms of it */
  killWorkers(tasks: number): number;
  /** Replaces killed tasks: each comes up `taskStartMs` later. */
  restoreWorkers(): Promise<void>;
  tasks(): TaskCounts;
  /** Own orders that the peer has not acknowledged; of a killed region, from its disk. */
  waitingToReplicate(): Promise<number>;
  /** A page as of the service, however the port is. Null where the region is killed or frozen, or the cursor is none. */
  listing(cursor: number, limit: number): Promise<ListingPage | null>;
  /** Told of each change of `tasks()`. */
  onTasks(listener: (tasks: TaskCounts) => void): void;
  /** Told of an end that was not asked for. */
  onExit(listener: (exit: LabRegionExit) => void): void;
  /** Every order that is on its disk, as it is now, in the order of the listing. */
  truth(): LabEntry[];
  /** Ends every process of it. Asked twice, it does no harm. */
  stop(): Promise<void>;
}

/**
 * Starts a region from what is in its folder, and waits until its tasks serve.
 * @throws Problem E_PORT_IN_USE, E_ADDRESS where it cannot listen there
 */
export async function startLabRegion(settings: LabRegionSettings): Promise<LabRegion> {
  const region = new Region(settings, await writeProgram(settings.folder));
  await region.start();
  return region;
}

class Region implements LabRegion {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly #settings: LabRegionSettings;
  readonly #program: string;
  readonly #state: RegionState;
  #group: RegionGroup | null = null;
  /** The group before, which may still be ending. */
  #before: RegionGroup | null = null;
  #frozen = false;
  /** One higher with each start and each kill: a start that was overtaken gives up. */
  #turn = 0;
  /** Known of a region that does nothing. */
  #waitingOnDisk: number | null = null;
  #told: TaskCounts;
  readonly #onTasks: ((tasks: TaskCounts) => void)[] = [];
  readonly #onExit: ((exit: LabRegionExit) => void)[] = [];

  constructor(settings: LabRegionSettings, program: string) {
    this.#settings = settings;
    this.#program = program;
    this.name = settings.name;
    this.host = settings.host;
    this.port = settings.port;
    this.#state = {
      port: 'open',
      slowMs: settings.latencyMs,
      errors: 0,
      replication: 'running',
      desired: settings.tasks,
      missing: 0,
      dead: [],
    };
    this.#told = this.tasks();
  }

  get process(): LabRegion['process'] {
    if (this.#group === null) return 'killed';
    return this.#frozen ? 'frozen' : 'running';
  }

  pids(): number[] {
    const group = this.#group;
    return group === null ? [] : [group.pid, ...group.running, ...group.starting];
  }

  kill(): number {
    this.#group?.signal('SIGKILL');
    const atMs = Date.now();
    this.#letGo();
    return atMs;
  }

  freeze(): number {
    this.#group?.signal('SIGSTOP');
    const atMs = Date.now();
    this.#frozen = this.#group !== null;
    this.#waitingOnDisk = null;
    return atMs;
  }

  thaw(): number {
    this.#group?.signal('SIGCONT');
    const atMs = Date.now();
    this.#frozen = false;
    return atMs;
  }

  async start(): Promise<void> {
    if (this.#group !== null) return;
    this.#turn++;
    const turn = this.#turn;
    await this.#before?.gone();
    if (turn !== this.#turn) return;
    const { tasks: _tasks, ...settings } = this.#settings;
    const group = new RegionGroup(
      this.#program,
      { ...settings, state: this.#state },
      {
        onTasks: () => this.#tellTasks(),
        onExit: (cause) => {
          if (this.#group === group) this.#ended(cause);
        },
      },
    );
    this.#group = group;
    await group.serving;
  }

  setPort(port: 'open' | 'refused'): Promise<void> {
    this.#state.port = port;
    return this.#apply();
  }

  setSlow(ms: number): Promise<void> {
    this.#state.slowMs = this.#settings.latencyMs + ms;
    return this.#apply();
  }

  setErrors(share: number): Promise<void> {
    this.#state.errors = share;
    return this.#apply();
  }

  setReplication(state: ReplicationState): Promise<void> {
    this.#state.replication = state;
    return this.#apply();
  }

  setDesired(tasks: number): Promise<void> {
    this.#state.desired = tasks;
    this.#tellTasks();
    return this.#apply();
  }

  killWorkers(tasks: number): number {
    const group = this.#group;
    const dead = this.pids().slice(1, 1 + tasks);
    group?.killTasks(dead);
    const atMs = Date.now();
    this.#state.missing += dead.length;
    group?.tell({ ...this.#state, dead });
    this.#tellTasks();
    return atMs;
  }

  restoreWorkers(): Promise<void> {
    this.#state.missing = 0;
    return this.#apply();
  }

  tasks(): TaskCounts {
    return { desired: this.#state.desired, running: this.#group?.running.length ?? 0 };
  }

  async waitingToReplicate(): Promise<number> {
    const group = this.#group;
    const waiting = group === null || this.#frozen ? null : await group.waiting();
    if (waiting !== null) return Number(waiting);
    this.#waitingOnDisk ??= countUndelivered(this.#settings.folder);
    return this.#waitingOnDisk;
  }

  async listing(cursor: number, limit: number): Promise<ListingPage | null> {
    if (this.#group === null || this.#frozen) return null;
    const page = await this.#group.listing(`cursor=${cursor}&limit=${limit}`);
    return page === null ? null : (JSON.parse(String(page)) as ListingPage);
  }

  onTasks(listener: (tasks: TaskCounts) => void): void {
    this.#onTasks.push(listener);
  }

  onExit(listener: (exit: LabRegionExit) => void): void {
    this.#onExit.push(listener);
  }

  truth(): LabEntry[] {
    return readTruth(this.#settings.folder, this.name, this.#settings.peer.name);
  }

  async stop(): Promise<void> {
    this.kill();
    await this.#before?.gone();
  }

  async #apply(): Promise<void> {
    if (this.#frozen) this.#group?.tell(this.#state);
    else await this.#group?.set(this.#state);
  }

  #letGo(): void {
    this.#turn++;
    if (this.#group === null) return;
    this.#before = this.#group;
    this.#group = null;
    this.#frozen = false;
    this.#waitingOnDisk = null;
    this.#tellTasks();
  }

  #ended(cause: string): void {
    const atMs = Date.now();
    this.#letGo();
    for (const listener of this.#onExit) listener({ region: this.name, atMs, cause });
  }

  #tellTasks(): void {
    const tasks = this.tasks();
    if (tasks.desired === this.#told.desired && tasks.running === this.#told.running) return;
    this.#told = tasks;
    for (const listener of this.#onTasks) listener(tasks);
  }
}
