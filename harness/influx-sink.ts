/** Sends a run's points while it runs, beside the load and never in its way. */
import { join } from 'node:path';
import type { RunEvent } from '../measure/events.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { Plan } from '../measure/plan.ts';
import type { RunRecord } from '../measure/run.ts';
import { InfluxClient, type InfluxConnection } from '../reports/influx/client.ts';
import { Delivery, MemoryBacklog } from '../reports/influx/delivery.ts';
import { PointMaker, replay } from '../reports/influx/points.ts';
import type { Point } from '../reports/influx/schema.ts';
import type { Sent } from '../reports/influx/words.ts';
import { Spool } from './spool.ts';

/** A second closes once a second: more often there is nothing to send. */
const ROUND_MS = 1000;
/** How long the end of a run waits for the database. */
const LAST_MS = 5000;
/** How long `npm run report` waits for a database that takes nothing. */
const PATIENCE_MS = 10_000;

type State = Extract<RunEvent, { kind: 'sink.influx' }>['state'];

export class InfluxSink {
  readonly connection: InfluxConnection;
  readonly #client: InfluxClient;
  readonly #maker: PointMaker;
  readonly #spool: Spool;
  readonly #delivery: Delivery;
  readonly #tell: (event: RunEvent) => void;
  #state: State = 'sending';
  /** Nothing more is told: the log may be closed. */
  #over = false;
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();

  /** @param tell writes what became of the points into the run's log */
  constructor(
    connection: InfluxConnection,
    { folder, run, plan }: { folder: string; run: RunRecord; plan: Plan },
    tell: (event: RunEvent) => void,
  ) {
    this.connection = connection;
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
    this.#stopRounds();
    this.#take(this.#maker.conclude(measurement));
    await this.#spool.flush();
    const deadlineMs = Date.now() + LAST_MS;
    await withDeadline(
      this.#round.then(() => this.#delivery.sendAll(deadlineMs)),
      deadlineMs,
    );
    const sent = this.#sent();
    this.#tell({ t: Date.now(), kind: 'sink.influx', observed: true, state: 'finished', ...told(sent) });
    this.abandon();
    await this.#spool.close();
    return sent;
  }

  /** Lets go of everything, whether or not the run came to its end. */
  abandon(): void {
    this.#over = true;
    this.#stopRounds();
    this.#client.close();
  }

  #stopRounds(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #sent(): Sent {
    const { sent, leftOut, cause } = this.#delivery.state;
    const { url, database } = this.connection;
    const { unsent, trouble } = this.#spool;
    const why = trouble === '' ? LATE : `influx.jsonl could not be written or read (${trouble})`;
    return {
      url,
      database,
      sent,
      leftOut,
      unsent,
      series: this.#maker.series,
      cause: cause !== '' || unsent === 0 ? cause : why,
    };
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
    if (state === this.#state || this.#over) return;
    this.#state = state;
    this.#tell({ t: Date.now(), kind: 'sink.influx', observed: true, state, ...told(this.#sent()) });
  }
}

const LATE = 'it took too long to answer';

const told = ({ sent, unsent, cause }: Sent): Pick<Sent, 'sent' | 'unsent' | 'cause'> => ({
  sent,
  unsent,
  cause,
});

/** Sends a finished run, from its measurement alone; gives up where the database takes nothing for a while. */
export async function sendRun(connection: InfluxConnection, measurement: Measurement): Promise<Sent> {
  const { points, series } = replay(measurement);
  const client = new InfluxClient(connection);
  const backlog = new MemoryBacklog(points);
  const delivery = new Delivery(client, backlog);
  let before: number;
  do {
    before = backlog.length;
    const deadlineMs = Date.now() + PATIENCE_MS;
    await withDeadline(delivery.sendAll(deadlineMs), deadlineMs);
  } while (backlog.length > 0 && backlog.length < before && !delivery.state.refused);
  client.close();
  const { sent, leftOut, cause } = delivery.state;
  const { url, database } = connection;
  const unsent = backlog.length;
  return { url, database, sent, leftOut, unsent, series, cause: cause === '' && unsent > 0 ? LATE : cause };
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
