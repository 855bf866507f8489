/** Points on their way to the database: in batches, again and again while it is away, and never twice where it matters. */
import type { Answer } from './client.ts';
import type { Point } from './schema.ts';

/** InfluxDB takes 25 MB a request by default; these are less than one. */
const MOST_IN_BATCH = 1000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/** Where points wait: in their order, until they are dropped from its head. */
export interface Backlog {
  readonly length: number;
  /** The first `n`, or as many as there are. */
  peek(n: number): Promise<Point[]>;
  drop(n: number): void;
}

/** Where they go. */
export interface Taker {
  /** Never throws for what a database or a network may do. */
  write(points: readonly Point[]): Promise<Answer>;
}

export class MemoryBacklog implements Backlog {
  #points: Point[];

  constructor(points: readonly Point[]) {
    this.#points = [...points];
  }

  get length(): number {
    return this.#points.length;
  }

  peek(n: number): Promise<Point[]> {
    return Promise.resolve(this.#points.slice(0, n));
  }

  drop(n: number): void {
    this.#points = this.#points.slice(n);
  }
}

export interface Delivered {
  /** Points that the database took, and those that it left out for good. */
  sent: number;
  leftOut: number;
  /** The last trouble; empty where there was none since. */
  cause: string;
  /** Nothing more will be taken. */
  refused: boolean;
}

/** Sends from a backlog. It tells its state and never throws for what a database may do. */
export class Delivery {
  readonly #client: Taker;
  readonly #backlog: Backlog;
  readonly #random: () => number;
  readonly #state: Delivered = { sent: 0, leftOut: 0, cause: '', refused: false };
  #batch = MOST_IN_BATCH;
  /** Less than `MOST_IN_BATCH` where the database has said so. */
  #mostInBatch = MOST_IN_BATCH;
  #waitMs = 0;
  #notBeforeMs = 0;

  /** @param random for the jitter, in [0, 1) */
  constructor(client: Taker, backlog: Backlog, random: () => number = Math.random) {
    this.#client = client;
    this.#backlog = backlog;
    this.#random = random;
  }

  get state(): Readonly<Delivered> {
    return this.#state;
  }

  /** When the database may be tried again, epoch ms; Infinity: never. */
  get notBeforeMs(): number {
    return this.#state.refused ? Number.POSITIVE_INFINITY : this.#notBeforeMs;
  }

  /** Sends until nothing waits, or the database is away or refuses, or until `untilMs` (epoch). */
  async send(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    while (this.#backlog.length > 0 && !this.#state.refused && Date.now() < untilMs) {
      const points = await this.#backlog.peek(this.#batch);
      if (!this.#heed(await this.#client.write(points), points.length)) return;
    }
  }

  /** Sends all, waiting while the database is away, until it is done, refused, or late. */
  async sendAll(deadlineMs: number): Promise<void> {
    while (this.#backlog.length > 0 && !this.#state.refused && Date.now() < deadlineMs) {
      await this.send(deadlineMs);
      if (this.#backlog.length === 0 || this.#state.refused) return;
      const wait = Math.min(this.notBeforeMs, deadlineMs) - Date.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** @returns whether to go on at once */
  #heed(answer: Answer, count: number): boolean {
    switch (answer.kind) {
      case 'taken':
        this.#advance(count, 0);
        this.#state.cause = this.#state.leftOut > 0 ? this.#state.cause : '';
        return true;
      case 'partly':
        return this.#heedPartly(answer, count);
      case 'too large':
        if (count > 1) {
          this.#mostInBatch = Math.floor(count / 2);
          this.#batch = this.#mostInBatch;
          return true;
        }
        this.#advance(0, 1);
        this.#state.cause = 'it takes no request as large as one point (413); raise max-body-size';
        return true;
      case 'later': {
        this.#state.cause = answer.cause;
        this.#waitMs = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, this.#waitMs * 2));
        // Half of it at random: many runs that lost one database must not come back as one.
        this.#notBeforeMs = Date.now() + this.#waitMs * (0.5 + this.#random() / 2);
        return false;
      }
      case 'refused':
        this.#state.cause = answer.cause;
        this.#state.refused = true;
        return false;
    }
  }

  /** Where it is not told how many were left out, smaller batches tell, down to the single point. */
  #heedPartly({ cause, leftOut }: Extract<Answer, { kind: 'partly' }>, count: number): boolean {
    this.#state.cause = cause;
    if (leftOut !== null) {
      const out = Math.min(leftOut, count);
      this.#advance(count - out, out);
    } else if (count > 1) this.#batch = Math.floor(count / 2);
    else this.#advance(0, 1);
    return true;
  }

  #advance(sent: number, leftOut: number): void {
    this.#backlog.drop(sent + leftOut);
    this.#state.sent += sent;
    this.#state.leftOut += leftOut;
    this.#waitMs = 0;
    this.#notBeforeMs = 0;
    // Back to whole batches by and by.
    this.#batch = Math.min(this.#mostInBatch, this.#batch * 2);
  }
}
