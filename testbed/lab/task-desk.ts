/** Where a task takes orders in: it passes them to its region's process and answers when that has answered. */
import { answer, errorBody } from '../answer.ts';
import { HEALTHY } from '../behaviour.ts';
import { hashKey } from '../key-hash.ts';
import type { NewOrder } from '../order.ts';
import { Intake, type OrderRequest } from '../order-intake.ts';
import { recordSize, writeRecord } from '../order-record.ts';
import { plantByHash } from '../planted.ts';
import { ASK, FLAG, ORDER_HEAD, type TaskSettings, type TaskState } from './channel.ts';
import type { FrameWriter } from './frames.ts';

const UNAVAILABLE = errorBody('unavailable', 'Planted: this order is answered 503.');

export class TaskDesk extends Intake {
  state: TaskState = { listening: false, slowMs: 0, errors: 0 };
  /** What comes in is its own, and is not stored. */
  isRehearsing = false;
  /** Each connection ends with its next answer. */
  leaving = false;
  readonly #settings: TaskSettings;
  readonly #writer: FrameWriter;
  /** Orders without an answer yet, by ticket. */
  readonly #waiting = new Map<number, OrderRequest>();
  #tickets = 0;

  constructor(settings: TaskSettings, writer: FrameWriter) {
    super(settings.region);
    this.#settings = settings;
    this.#writer = writer;
  }

  protected decide(request: OrderRequest, order: NewOrder): void {
    if (this.state.slowMs === 0) this.#ask(request, order);
    else setTimeout(() => this.#ask(request, order), this.state.slowMs);
  }

  /** The region's process has done what it was asked for. */
  answered(ticket: number, payload: Buffer): void {
    const request = this.#waiting.get(ticket)!;
    this.#waiting.delete(ticket);
    const response = request.response!;
    if (!request.socket.writable) return;
    if (this.leaving) response.shouldKeepAlive = false;
    const replay = payload[0] === 1;
    if (request.outcome === 'error' && !replay) {
      answer(response, this.region, 503, UNAVAILABLE, true);
      return;
    }
    const number = payload.readInt32LE(1);
    const id = number > 0 ? `${this.region}-${number}` : `${this.#settings.peer}-${-number}`;
    const body = `{"order_id":"${id}","status":"accepted","written_ms":${payload.readDoubleLE(5)}}`;
    answer(response, this.region, 201, body, true);
  }

  #ask(request: OrderRequest, order: NewOrder): void {
    const hash = hashKey(order.idempotency_key);
    let flag: number = this.isRehearsing ? FLAG.rehearse : FLAG.store;
    if (this.state.errors > 0) {
      const planted = plantByHash(this.#settings.seed, hash, { ...HEALTHY, errors: this.state.errors });
      request.outcome = planted.kind;
      if (!planted.stored) flag = FLAG.drop;
    }
    this.#tickets = (this.#tickets + 1) >>> 0;
    this.#waiting.set(this.#tickets, request);
    const size = ORDER_HEAD + recordSize(order);
    const { bytes, view, start } = this.#writer.open(ASK.order, this.#tickets, size);
    bytes[start] = flag;
    view.setInt32(start + 1, hash, true);
    writeRecord(bytes, view, start + ORDER_HEAD, order, 0);
  }
}
