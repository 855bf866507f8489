/** What the evidence shows while a drill is under way: whether service is normal, and when the survivor took over. */
import type { EvidenceLine } from '../measure/evidence.ts';
import type { Plan } from '../measure/plan.ts';

/** Keys that were issued while the news was on its way are listed too; measuring leaves them out. */
const SLACK_MS = 1000;

export class Witness {
  readonly #success: number;
  readonly #slack: number;
  #seen = 0;
  #served = 0;
  /** By the population's letter. */
  readonly #highest = new Map<string, number>();
  #survivor: string | null = null;
  #fromMs = Number.POSITIVE_INFINITY;
  #cutOver = false;

  constructor({ operations, populations }: Pick<Plan, 'operations' | 'populations'>) {
    this.#success = operations.order?.success ?? 201;
    const rates = populations.flatMap(({ stages }) => stages.map(({ targetPerSecond }) => targetPerSecond));
    this.#slack = (Math.max(0, ...rates) * SLACK_MS) / 1000;
  }

  /** @param names what the line's indices stand for */
  see(line: EvidenceLine, names: { ops: readonly string[]; regions: readonly string[] }): void {
    if (names.ops[line.op] !== 'order') return;
    const served = line.status === this.#success;
    this.#seen += 1;
    if (served) this.#served += 1;
    const letter = String.fromCharCode(line.population);
    if (line.seq > (this.#highest.get(letter) ?? -1)) this.#highest.set(letter, line.seq);
    if (served && line.startMs >= this.#fromMs && names.regions[line.region] === this.#survivor)
      this.#cutOver = true;
  }

  /** Share of the orders that were acknowledged, of all whose line was read. */
  servedShare(): number {
    return this.#seen === 0 ? 0 : this.#served / this.#seen;
  }

  /** From now on an order that this region serves, sent at `fromMs` or later, is the cut-over. */
  waitFor(survivor: string, fromMs: number): void {
    this.#survivor = survivor;
    this.#fromMs = fromMs;
    this.#cutOver = false;
  }

  hasCutOver(): boolean {
    return this.#cutOver;
  }

  /** Tells of a key whether it may have been issued by now. */
  issued(): (letter: string, seq: number) => boolean {
    const limits = new Map([...this.#highest].map(([letter, seq]) => [letter, seq + this.#slack]));
    return (letter, seq) => seq <= (limits.get(letter) ?? this.#slack);
  }
}
