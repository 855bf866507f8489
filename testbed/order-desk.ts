/** Where orders are placed: reads the body, checks it, stores the order, does what is planted, keeps the account. */
import { IncomingMessage, type ServerResponse } from 'node:http';
import { type Counts, NO_COUNTS } from './account.ts';
import { answer, errorBody } from './answer.ts';
import { type Behaviour, SHARES } from './behaviour.ts';
import { hashKey } from './key-hash.ts';
import { type NewOrder, readOrder } from './order.ts';
import type { OrderStore } from './order-store.ts';
import { type Planted, type PlantedKind, plantByHash } from './planted.ts';

/** A hundred items of the longest ids fit. */
export const LARGEST_BODY = 64 * 1024;
/** A larger body is read to its end and dropped, so that the client can read the 413; beyond this it is cut off. */
const MOST_READ = 16 * 1024 * 1024;

const SERVED: Planted = { kind: 'serve', stored: true, delayMs: 0 };

/** A request with what the desk has to remember of it, so that no order needs a closure. */
export class OrderRequest extends IncomingMessage {
  desk: OrderDesk | null = null;
  response: ServerResponse | null = null;
  /** The first piece of the body, nearly always the whole. */
  head: Buffer | null = null;
  rest: Buffer[] | null = null;
  size = 0;
  /** Its order in the store, or 0. */
  order = 0;
  body: NewOrder | null = null;
  replay = false;
  outcome: PlantedKind = 'serve';

  /**
   * Node's parser hands over the body by this method of every readable stream. Taking it here spares an order the
   * way through the stream's buffer and two listeners: a tenth of its CPU time.
   */
  override push(chunk: Buffer | null): boolean {
    if (this.desk === null) return super.push(chunk);
    if (chunk !== null) {
      this.#keep(chunk);
      return true;
    }
    const more = super.push(null);
    this.desk.place(this);
    return more;
  }

  #keep(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > LARGEST_BODY) {
      this.head = null;
      this.rest = null;
      if (this.size > MOST_READ) this.destroy();
    } else if (this.head === null) {
      this.head = chunk;
    } else {
      this.rest ??= [];
      this.rest.push(chunk);
    }
  }
}

export interface OrderDeskOptions {
  store: OrderStore;
  /** 0 to 2^32 - 1. */
  seed: number;
  behaviour: Behaviour;
  /** Epoch ms. */
  now: () => number;
}

export class OrderDesk {
  readonly counts: Counts = { ...NO_COUNTS };
  readonly #store: OrderStore;
  readonly #seed: number;
  readonly #behaviour: Behaviour;
  readonly #healthy: boolean;
  readonly #now: () => number;

  constructor({ store, seed, behaviour, now }: OrderDeskOptions) {
    this.#store = store;
    this.#seed = seed;
    this.#behaviour = behaviour;
    this.#healthy = isHealthy(behaviour);
    this.#now = now;
  }

  /** Takes over a `POST /api/v1/orders` whose body is still to come. */
  take(request: OrderRequest, response: ServerResponse): void {
    request.desk = this;
    request.response = response;
  }

  /** The whole body is here. */
  place(request: OrderRequest): void {
    this.counts.received++;
    if (request.size > LARGEST_BODY) {
      const found = `The body is larger than ${LARGEST_BODY} bytes.`;
      this.#invalid(request, 413, errorBody('payload_too_large', found));
      return;
    }
    let body: unknown;
    try {
      body = JSON.parse(textOf(request));
    } catch (error) {
      this.#invalid(request, 400, errorBody('malformed_json', (error as SyntaxError).message));
      return;
    }
    const order = readOrder(body);
    if (Array.isArray(order)) {
      const found = order.length === 1 ? '1 mistake' : `${order.length} mistakes`;
      this.#invalid(request, 400, errorBody('validation_failed', `The order has ${found}.`, order));
      return;
    }
    this.#decide(request, order as NewOrder);
  }

  /**
   * Stored at once and answered later: two sends of a key that overlap meet the same order. A key that is stored
   * already is a replay and is acknowledged, whatever was planted for its first send.
   */
  #decide(request: OrderRequest, order: NewOrder): void {
    const { idempotency_key: key } = order;
    const hash = hashKey(key);
    const planted = this.#healthy ? SERVED : plantByHash(this.#seed, hash, this.#behaviour);
    request.body = order;
    request.order = this.#store.find(key, hash);
    if (request.order !== 0) {
      request.replay = true;
    } else {
      request.outcome = planted.kind;
      if (planted.stored) {
        request.order = this.#store.add(order, this.#now(), hash);
        this.counts.stored++;
        if (planted.kind !== 'serve') this.counts.stored_unanswered++;
      }
    }
    if (planted.delayMs === 0) {
      this.#finish(request);
    } else {
      this.counts.in_service++;
      setTimeout(finishLater, planted.delayMs, request);
    }
  }

  /** Its planted latency is over. */
  finishLater(request: OrderRequest): void {
    this.counts.in_service--;
    this.#finish(request);
  }

  #finish(request: OrderRequest): void {
    const { counts } = this;
    const response = request.response!;
    if (!request.socket.writable) {
      counts.abandoned++;
      return;
    }
    switch (request.outcome) {
      case 'serve':
        counts.acknowledged++;
        if (request.replay) counts.replayed++;
        answer(response, this.#store.region, 201, this.#acknowledgement(request.order), true);
        return;
      case 'error':
        counts.errors++;
        answer(response, this.#store.region, 503, UNAVAILABLE, true);
        return;
      case 'refuse':
        counts.refusals++;
        answer(response, this.#store.region, 422, REFUSED, true);
        return;
      case 'hang':
        counts.hangs++;
        return;
      case 'reset':
        counts.resets++;
        request.socket.resetAndDestroy();
        return;
    }
  }

  /** Made from the stored order, so that a replay reads the same to the byte. */
  #acknowledgement(order: number): string {
    const store = this.#store;
    return `{"order_id":"${store.orderId(order)}","status":"accepted","written_ms":${store.writtenMs(order)}}`;
  }

  #invalid(request: OrderRequest, status: number, body: string): void {
    if (!request.socket.writable) {
      this.counts.abandoned++;
      return;
    }
    this.counts.invalid++;
    answer(request.response!, this.#store.region, status, body);
  }
}

const UNAVAILABLE = errorBody('unavailable', 'Planted: this order is answered 503.');
const REFUSED = errorBody('order_refused', 'Planted: this order is refused.');

const isHealthy = (behaviour: Behaviour): boolean =>
  behaviour.latency.kind === 'none' && SHARES.every((name) => behaviour[name] === 0);

function finishLater(request: OrderRequest): void {
  request.desk!.finishLater(request);
}

function textOf({ head, rest }: OrderRequest): string {
  if (head === null) return '';
  return rest === null ? head.toString() : Buffer.concat([head, ...rest]).toString();
}
