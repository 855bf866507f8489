/** Own orders on their way to the peer, by the millisecond in which they are due there. */
export class Calendar {
  /** By whole ms: numbers of orders. */
  #days = new Map<number, number[]>();
  /** All until here have been taken. */
  #doneMs: number;

  constructor(nowMs: number) {
    this.#doneMs = nowMs;
  }

  get empty(): boolean {
    return this.#days.size === 0;
  }

  add(number: number, dueMs: number): void {
    const day = Math.max(Math.ceil(dueMs), this.#doneMs + 1);
    const numbers = this.#days.get(day);
    if (numbers === undefined) this.#days.set(day, [number]);
    else numbers.push(number);
  }

  /** Takes what is due by now. */
  takeDue(nowMs: number): number[] {
    const due: number[] = [];
    const last = Math.floor(nowMs);
    if (!this.empty) {
      for (let day = this.#doneMs + 1; day <= last; day++) {
        const numbers = this.#days.get(day);
        if (numbers === undefined) continue;
        for (const number of numbers) due.push(number);
        this.#days.delete(day);
      }
    }
    this.#doneMs = Math.max(this.#doneMs, last);
    return due;
  }

  takeAll(): number[] {
    const all = [...this.#days.values()].flat();
    this.#days = new Map();
    return all;
  }
}
