/**
 * What a region's tasks can do: one queue in front of as many servers as there are tasks, each busy for a fixed time
 * with each item (M/D/c). An item goes to whichever task is free first, as a load balancer would give it.
 */
export class TaskQueue<T> {
  readonly #serviceMs: number;
  /** By task: when it is free again. */
  readonly #freeAtMs = new Map<number, number>();
  readonly #waiting = new Line<T>();
  /** At a task; `atMs` is when it is done, and ascends. */
  readonly #served = new Line<T>();

  /** @param serviceMs of one item at one task */
  constructor(serviceMs: number) {
    this.#serviceMs = serviceMs;
  }

  addTask(task: number, nowMs: number): void {
    this.#freeAtMs.set(task, nowMs);
  }

  /** What it has begun is done all the same. */
  removeTask(task: number): void {
    this.#freeAtMs.delete(task);
  }

  add(item: T, nowMs: number): void {
    this.#waiting.push(item, nowMs);
  }

  /** Takes the items that are done by now, in the sequence in which they are done. */
  *done(nowMs: number): Generator<T> {
    this.begin(nowMs);
    while (this.#served.length > 0 && this.#served.headMs <= nowMs) yield this.#served.shift();
  }

  /** When the next item is done, as far as that is known; infinity where none is at a task. */
  get nextMs(): number {
    return this.#served.length === 0 ? Number.POSITIVE_INFINITY : this.#served.headMs;
  }

  /** Gives what waits to the tasks that were free for it by now, at the time at which they were. */
  begin(nowMs: number): void {
    while (this.#waiting.length > 0 && this.#freeAtMs.size > 0) {
      const [task, freeAtMs] = this.#firstFree();
      const fromMs = Math.max(freeAtMs, this.#waiting.headMs);
      if (fromMs > nowMs) return;
      this.#freeAtMs.set(task, fromMs + this.#serviceMs);
      this.#served.push(this.#waiting.shift(), fromMs + this.#serviceMs);
    }
  }

  #firstFree(): [task: number, freeAtMs: number] {
    let first: [number, number] = [0, Number.POSITIVE_INFINITY];
    for (const entry of this.#freeAtMs) if (entry[1] < first[1]) first = entry;
    return first;
  }
}

/** First in, first out, each with its time. */
class Line<T> {
  #items: (T | undefined)[] = [];
  #times: number[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Of the first item. */
  get headMs(): number {
    return this.#times[this.#head]!;
  }

  push(item: T, atMs: number): void {
    this.#items.push(item);
    this.#times.push(atMs);
  }

  shift(): T {
    const item = this.#items[this.#head]!;
    this.#items[this.#head] = undefined;
    this.#head++;
    // Moving the rest now and then costs less than an array that shifts each time.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
