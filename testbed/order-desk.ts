/** Where orders are placed: stores the order, does what is planted, keeps the account. */
import { answer, errorBody } from './answer.ts';
import { type Behaviour, SHARES } from './behaviour.ts';
import { hashKey } from './key-hash.ts';
import type { NewOrder } from './order.ts';
import { Intake, type OrderRequest } from './order-intake.ts';
import type { OrderStore } from './order-store.ts';
import { type Planted, plantByHash } from './planted.ts';

const SERVED: Planted = { kind: 'serve', stored: true, delayMs: 0 };

export interface OrderDeskOptions {
  store: OrderStore;
  /** 0 to 2^32 - 1. */
  seed: number;
  behaviour: Behaviour;
  /** Epoch ms. */
  now: () => number;
}

export class OrderDesk extends Intake {
  readonly #store: OrderStore;
  readonly #seed: number;
  readonly #behaviour: Behaviour;
  readonly #healthy: boolean;
  readonly #now: () => number;

  constructor({ store, seed, behaviour, now }: OrderDeskOptions) {
    super(store.region);
    this.#store = store;
    this.#seed = seed;
    this.#behaviour = behaviour;
    this.#healthy = isHealthy(behaviour);
    this.#now = now;
  }

  /**
   * Stored at once and answered later: two sends of a key that overlap meet the same order. A key that is stored
   * already is a replay and is acknowledged, whatever was planted for its first send.
   */
  protected decide(request: OrderRequest, order: NewOrder): void {
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
        answer(response, this.region, 201, this.#acknowledgement(request.order), true);
        return;
      case 'error':
        counts.errors++;
        answer(response, this.region, 503, UNAVAILABLE, true);
        return;
      case 'refuse':
        counts.refusals++;
        answer(response, this.region, 422, REFUSED, true);
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
}

const UNAVAILABLE = errorBody('unavailable', 'Planted: this order is answered 503.');
const REFUSED = errorBody('order_refused', 'Planted: this order is refused.');

const isHealthy = (behaviour: Behaviour): boolean =>
  behaviour.latency.kind === 'none' && SHARES.every((name) => behaviour[name] === 0);

function finishLater(request: OrderRequest): void {
  (request.desk as OrderDesk).finishLater(request);
}
