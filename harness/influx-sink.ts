/** Sends a run's points while it runs, beside the load and never in its way. */
import { join } from 'node:path';
import type { RunEvent } from '../measure/events.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { Plan } from '../measure/plan.ts';
import type { RunRecord } from '../measure/run.ts';
import { InfluxClient, type InfluxConnection } from '../reports/influx/client.ts';
import { Delivery } from '../reports/influx/delivery.ts';
import { PointMaker } from '../reports/influx/points.ts';
import type { Point } from '../reports/influx/schema.ts';
import { Spool } from './spool.ts';

/** A second closes once a second: more often there is nothing to send. */
const ROUND_MS = 1000;
/** How long the end of a run waits for the database. */
const LAST_MS = 5000;

type State = Extract<RunEvent, { kind: 'sink.influx' }>['state'];

export interface Sent {
  url: string;
  database: string;
  sent: number;
  unsent: number;
  /** Points that the database would not store. */
  leftOut: number;
  series: number;
  /** One sentence without a full stop; empty while all is well. */
  cause: string;
}

export class InfluxSink {
  readonly #connection: InfluxConnection;
  readonly #client: InfluxClient;
  readonly #maker: PointMaker;
  readonly #spool: Spool;
  readonly #delivery: Delivery;
  readonly #tell: (event: RunEvent) => void;
  #state: State = 'sending';
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();

  /** @param tell writes what became of the points into the run's log */
  constructor(
    connection: InfluxConnection,
    { folder, run, plan }: { folder: string; run: RunRecord; plan: Plan },
    tell: (event: RunEvent) => void,
  ) {
    this.#connection = connection;
    this.#client = new InfluxClient(connection);
    this.#maker = new PointMaker(run, plan);
    this.#spool = new Spool(join(folder, 'influx.jsonl'));
    this.#delivery = new Delivery(this.#client, this.#spool);
    this.#tell = tell;
  }

  /** A listener of the run's log. */
  event(event: RunEvent): void {
    this.#take(this.#maker.take(event));
  }

  start(): void {
    const again = (): void => {
      this.#timer = setTimeout(() => {
        this.#round = this.#spoolAndSend().finally(() => {
          if (this.#timer !== null) again();
        });
      }, ROUND_MS);
    };
    again();
  }

  /** Sends the claims and all that waits, until a deadline. */
  async finish(measurement: Measurement): Promise<Sent> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const deadlineMs = Date.now() + LAST_MS;
    this.#take(this.#maker.conclude(measurement));
    await withDeadline(this.#finish(deadlineMs), deadlineMs);
    this.#client.close();
    this.#note('finished');
    await this.#spool.close();
    const { sent, leftOut, cause } = this.#delivery.state;
    const { url, database } = this.#connection;
    return { url, database, sent, leftOut, unsent: this.#spool.unsent, series: this.#maker.series, cause };
  }

  /** Lets go of everything, where the run itself failed. */
  abandon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#client.close();
  }

  async #finish(deadlineMs: number): Promise<void> {
    await this.#round;
    await this.#spool.flush();
    await this.#delivery.sendAll(deadlineMs);
  }

  #take(points: readonly Point[]): void {
    if (points.length > 0) this.#spool.take(points);
  }

  async #spoolAndSend(): Promise<void> {
    await this.#spool.flush();
    if (Date.now() < this.#delivery.notBeforeMs) return;
    await this.#delivery.send();
    const { refused, cause } = this.#delivery.state;
    this.#note(refused ? 'refused' : cause !== '' && this.#spool.length > 0 ? 'away' : 'sending');
  }

  /** Told once for each change. */
  #note(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    const { sent, cause } = this.#delivery.state;
    const unsent = this.#spool.unsent;
    this.#tell({ t: Date.now(), kind: 'sink.influx', observed: true, state, sent, unsent, cause });
  }
}

/** A write that is under way when the time is over is not waited for. */
async function withDeadline(done: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadlineMs - Date.now()));
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
