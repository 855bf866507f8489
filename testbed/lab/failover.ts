/**
 * Which region the name resolves to, as a failover record of Route 53 is evaluated: the primary while it is healthy,
 * else the standby while that is healthy; with no healthy one all count as healthy, and the primary is answered.
 */
import { PRIMARY, type RegionName, STANDBY } from './settings.ts';

export function answerFor(healthy: Readonly<Record<RegionName, boolean>>): RegionName {
  return !healthy[PRIMARY] && healthy[STANDBY] ? STANDBY : PRIMARY;
}

export class FailoverRecord {
  readonly #healthy: Record<RegionName, boolean> = { seoul: true, tokyo: true };
  readonly #tell: (region: RegionName) => void;
  #answer: RegionName = PRIMARY;
  #isStale = false;

  /** @param tell is told of each change of the answer */
  constructor(tell: (region: RegionName) => void) {
    this.#tell = tell;
  }

  get answer(): RegionName {
    return this.#answer;
  }

  setHealth(region: RegionName, healthy: boolean): void {
    this.#healthy[region] = healthy;
    this.#evaluate();
  }

  /** @param stale the answer stays what it is until this is false again */
  setStale(stale: boolean): void {
    this.#isStale = stale;
    this.#evaluate();
  }

  #evaluate(): void {
    const answer = answerFor(this.#healthy);
    if (this.#isStale || answer === this.#answer) return;
    this.#answer = answer;
    this.#tell(answer);
  }
}
