/** What the lab sees of itself, told to whoever listens. */
import type { RunEvent } from '../../measure/events.ts';

export type Observation = Extract<
  RunEvent,
  { kind: 'region.health' | 'dns.answer' | 'standby.tasks' | 'replication.lag' | 'fault.undone' }
>;

type Listener = (observation: Observation) => void;

export class Observations {
  /** The latest of each thing that has a state. */
  readonly #latest = new Map<string, Observation>();
  readonly #listeners = new Set<Listener>();

  tell(observation: Observation): void {
    const { kind } = observation;
    if (kind !== 'fault.undone') {
      this.#latest.set(kind === 'dns.answer' ? kind : `${kind} ${observation.region}`, observation);
    }
    for (const listener of this.#listeners) listener(observation);
  }

  /**
   * Tells how everything stands now, then each change.
   * @returns ends it
   */
  listen(listener: Listener): () => void {
    for (const observation of this.#latest.values()) listener({ ...observation, t: Date.now() });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
