/** Where orders come in: reads the body, checks it, and hands over what is an order. */
import { IncomingMessage, type ServerResponse } from 'node:http';
import { type Counts, NO_COUNTS } from './account.ts';
import { answer, errorBody } from './answer.ts';
import { type NewOrder, readOrder } from './order.ts';
import type { PlantedKind } from './planted.ts';

/** A hundred items of the longest ids fit. */
export const LARGEST_BODY = 64 * 1024;
/** A larger body is read to its end and dropped, so that the client can read the 413; beyond this it is cut off. */
const MOST_READ = 16 * 1024 * 1024;

/** A request with what the desk has to remember of it, so that no order needs a closure. */
export class OrderRequest extends IncomingMessage {
  desk: Intake | null = null;
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

export abstract class Intake {
  readonly region: string;
  readonly counts: Counts = { ...NO_COUNTS };

  /** @param region as the region header names it */
  constructor(region: string) {
    this.region = region;
  }

  /** What becomes of a valid order. */
  protected abstract decide(request: OrderRequest, order: NewOrder): void;

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
    this.decide(request, order as NewOrder);
  }

  #invalid(request: OrderRequest, status: number, body: string): void {
    if (!request.socket.writable) {
      this.counts.abandoned++;
      return;
    }
    this.counts.invalid++;
    answer(request.response!, this.region, status, body);
  }
}

function textOf({ head, rest }: OrderRequest): string {
  if (head === null) return '';
  return rest === null ? head.toString() : Buffer.concat([head, ...rest]).toString();
}
