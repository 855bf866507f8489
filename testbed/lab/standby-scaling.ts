/** The standby's tasks follow the name: full strength when it resolves to the standby, warm again a while after. */
import type { LabTasks } from './settings.ts';

export class StandbyScaling {
  readonly #setDesired: (tasks: number) => void;
  readonly #tasks: LabTasks;
  readonly #backMs: number;
  #isOn = true;
  #isServing = false;
  #desired: number;
  #back: NodeJS.Timeout | undefined;

  /**
   * @param setDesired is told of each change
   * @param backMs how long the name has to be back on the primary
   */
  constructor(tasks: LabTasks, setDesired: (tasks: number) => void, backMs: number) {
    this.#tasks = tasks;
    this.#desired = tasks.warm;
    this.#setDesired = setDesired;
    this.#backMs = backMs;
  }

  /** @param serving whether the name resolves to the standby */
  setServing(serving: boolean): void {
    this.#isServing = serving;
    this.#follow();
  }

  /** Off: what is desired is not raised. What has been raised stays, and goes back as ever. */
  setOn(on: boolean): void {
    this.#isOn = on;
    this.#follow();
  }

  close(): void {
    clearTimeout(this.#back);
  }

  #follow(): void {
    if (this.#isServing) {
      clearTimeout(this.#back);
      this.#back = undefined;
      if (this.#isOn) this.#set(this.#tasks.full);
    } else if (this.#desired !== this.#tasks.warm) {
      this.#back ??= setTimeout(() => this.#set(this.#tasks.warm), this.#backMs);
    }
  }

  #set(tasks: number): void {
    if (tasks === this.#desired) return;
    this.#desired = tasks;
    this.#setDesired(tasks);
  }
}
