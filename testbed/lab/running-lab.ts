/** The lab at work: regions, what their checkers say, what the name resolves to, the standby's tasks, and the slots. */
import type { Timers } from '../../measure/drill.ts';
import type { ListingPage } from '../listing.ts';
import { applySlot } from './apply-slot.ts';
import type { LabState } from './control.ts';
import { FailoverRecord } from './failover.ts';
import { HealthCheck } from './health-check.ts';
import type { LabRegion } from './lab-region.ts';
import type { Zone } from './name-server.ts';
import { Observations } from './observations.ts';
import {
  ADDRESSES,
  CHECKERS,
  NAME,
  PRIMARY,
  REGIONS,
  type RegionName,
  STANDBY,
  type SupervisorSettings,
  timersOf,
} from './settings.ts';
import { type Expiry, type SlotName, Slots, type SlotValue } from './slots.ts';
import { StandbyScaling } from './standby-scaling.ts';
import type { TruthLine } from './truth-log.ts';

/** How often the queues of replication are looked at: their length is told, not what becomes of one order. */
const LOOK_MS = 500;

const PROCESS_TRUTH = { killed: 'death', frozen: 'freeze', running: 'started' } as const;

export class RunningLab {
  readonly slots: Slots;
  readonly observations = new Observations();
  readonly #settings: SupervisorSettings;
  readonly #pid: number;
  readonly #regions: Readonly<Record<RegionName, LabRegion>>;
  readonly #checks: Readonly<Record<RegionName, HealthCheck>>;
  readonly #record: FailoverRecord;
  readonly #scaling: StandbyScaling;
  readonly #write: (lines: readonly TruthLine[]) => void;
  readonly #waiting: Record<RegionName, number> = { seoul: 0, tokyo: 0 };
  #looking: NodeJS.Timeout | undefined;

  /**
   * @param regions started already
   * @param pid of the supervisor, as those outside know it
   * @param write takes down what really happened
   */
  constructor(
    settings: SupervisorSettings,
    pid: number,
    regions: Readonly<Record<RegionName, LabRegion>>,
    write: (lines: readonly TruthLine[]) => void,
  ) {
    this.#settings = settings;
    this.#pid = pid;
    this.#regions = regions;
    this.#write = write;
    this.#scaling = new StandbyScaling(
      settings.tasks,
      (tasks) => this.#scaleStandby(tasks),
      settings.times.scaleBackMs,
    );
    this.#record = new FailoverRecord((region) => this.#tellAnswer(region, true));
    this.#checks = {
      seoul: this.#checkOf('seoul', 0),
      tokyo: this.#checkOf('tokyo', 1),
    };
    this.slots = new Slots(
      (name, value, former) => this.#apply(name, value, former),
      (expiry) => this.#tellExpiry(expiry),
    );
  }

  /** Begins to look at itself. */
  start(): void {
    for (const region of REGIONS) {
      this.#tellHealth(region, true, this.#checks[region].cause());
      this.#tellWaiting(region);
      this.#checks[region].start();
      this.#regions[region].onExit(({ atMs, cause }) => {
        this.#write([{ kind: 'ended', t: atMs, region }]);
        process.stderr.write(`${cause}\n`);
      });
    }
    this.#tellAnswer(PRIMARY, false);
    this.#tellTasks();
    this.#regions[STANDBY].onTasks(() => this.#tellTasks());
    this.#look();
  }

  /** Ends the regions, then says which orders each of them has. */
  async stop(): Promise<void> {
    clearTimeout(this.#looking);
    this.slots.close();
    this.#scaling.close();
    for (const region of REGIONS) this.#checks[region].close();
    await Promise.all(REGIONS.map((region) => this.#regions[region].stop()));
    for (const region of REGIONS) {
      this.#write(this.#regions[region].truth().map((entry) => ({ kind: 'order', region, ...entry })));
    }
  }

  zone(): Zone {
    return { name: NAME, ttlS: this.#settings.times.ttlS, address: ADDRESSES[this.#record.answer] };
  }

  timers(): Timers {
    return timersOf(this.#settings, this.#regions[STANDBY].tasks().desired);
  }

  async state(): Promise<LabState> {
    const { mode, seed, times } = this.#settings;
    const [seoul, tokyo] = await Promise.all(REGIONS.map((region) => this.#stateOf(region)));
    return {
      slots: this.slots.read(),
      regions: { seoul: seoul!, tokyo: tokyo! },
      dns: { name: NAME, region: this.#record.answer, ttlS: times.ttlS },
      health: { seoul: this.#healthOf('seoul'), tokyo: this.#healthOf('tokyo') },
      pid: this.#pid,
      mode,
      seed,
    };
  }

  /** Null where the region cannot be asked. */
  listing(region: RegionName, cursor: number, limit: number): Promise<ListingPage | null> {
    return this.#regions[region].listing(cursor, limit);
  }

  #checkOf(region: RegionName, stream: number): HealthCheck {
    const { host, port } = this.#regions[region];
    const { times, seed } = this.#settings;
    const settings = { ...times.healthCheck, host, port, checkers: CHECKERS, seed, stream };
    return new HealthCheck(settings, (healthy, cause) => {
      this.#tellHealth(region, healthy, cause);
      this.#record.setHealth(region, healthy);
    });
  }

  #healthOf(region: RegionName): LabState['health'][RegionName] {
    const check = this.#checks[region];
    return { healthy: check.healthy, checkers: check.checkers() };
  }

  async #stateOf(name: RegionName): Promise<LabState['regions'][RegionName]> {
    const region = this.#regions[name];
    return {
      up: region.process === 'running',
      address: `${region.host}:${region.port}`,
      ...region.tasks(),
      usual: name === PRIMARY ? this.#settings.tasks.primary : this.#settings.tasks.warm,
      waitingToReplicate: await region.waitingToReplicate(),
    };
  }

  async #apply(name: SlotName, value: SlotValue, former: SlotValue): Promise<number> {
    const targets = {
      regions: this.#regions,
      checks: this.#checks,
      record: this.#record,
      scaling: this.#scaling,
    };
    const atMs = await applySlot(targets, name, value, former);
    const [region, slot] = name.split('.') as [RegionName, string];
    if (slot === 'process' && value !== former) {
      const kind =
        former === 'frozen' && value === 'running'
          ? 'thaw'
          : PROCESS_TRUTH[value as keyof typeof PROCESS_TRUTH];
      this.#write([{ kind, t: atMs, region }]);
    }
    return atMs;
  }

  #tellHealth(region: RegionName, healthy: boolean, cause: string): void {
    const t = Date.now();
    this.#write([{ kind: 'health', t, region, healthy }]);
    this.observations.tell({ t, kind: 'region.health', observed: true, region, healthy, cause });
  }

  #tellAnswer(region: RegionName, changed: boolean): void {
    const t = Date.now();
    this.#write([{ kind: 'dns', t, region }]);
    this.observations.tell({ t, kind: 'dns.answer', observed: true, answer: ADDRESSES[region], region });
    if (changed) this.#scaling.setServing(region === STANDBY);
  }

  #scaleStandby(tasks: number): void {
    this.#write([{ kind: 'desired', t: Date.now(), region: STANDBY, tasks }]);
    this.#regions[STANDBY].setDesired(tasks).catch((error: Error) => {
      process.stderr.write(`${STANDBY} could not be scaled to ${tasks} tasks: ${error.message}\n`);
    });
  }

  #tellTasks(): void {
    const t = Date.now();
    const { desired, running } = this.#regions[STANDBY].tasks();
    this.#write([{ kind: 'running', t, region: STANDBY, tasks: running }]);
    this.observations.tell({ t, kind: 'standby.tasks', observed: true, region: STANDBY, desired, running });
  }

  #tellWaiting(region: RegionName): void {
    const waiting = this.#waiting[region];
    this.observations.tell({ t: Date.now(), kind: 'replication.lag', observed: true, region, waiting });
  }

  #look(): void {
    this.#looking = setTimeout(async () => {
      for (const region of REGIONS) await this.#lookAt(region);
      this.#look();
    }, LOOK_MS);
  }

  async #lookAt(region: RegionName): Promise<void> {
    // The queue of a region that does not run stays as it is.
    if (this.#regions[region].process !== 'running') return;
    const waiting = await this.#regions[region].waitingToReplicate().catch(() => this.#waiting[region]);
    if (waiting === this.#waiting[region]) return;
    this.#waiting[region] = waiting;
    this.#tellWaiting(region);
  }

  #tellExpiry({ name, expired, value, failure }: Expiry): void {
    const [first, second] = name.split('.');
    const region = REGIONS.find((each) => each === first || each === second) ?? null;
    const was = `${name} was ${JSON.stringify(expired)} and its time ran out`;
    this.observations.tell({
      t: Date.now(),
      kind: 'fault.undone',
      observed: true,
      id: name,
      fault: name,
      region,
      by: 'expiry',
      restored: failure === '',
      words: `${was}: ${failure === '' ? `it is ${JSON.stringify(value)} again` : failure}`,
    });
  }
}
