/** What a scenario is: what it may send, and what one client does from its start to its end. */

export interface OperationSpec {
  /** The status that acknowledges it. */
  success: number;
  /** Keep the answer's body and take only JSON as an answer. Without it bodies are thrown away, which is faster. */
  json?: boolean;
}

/** What came back. */
export interface Reply {
  /** 0 where no whole response came. */
  status: number;
  acknowledged: boolean;
  /** The answer's JSON. Throws where the operation was not declared with `json: true` or was not acknowledged. */
  // biome-ignore lint/suspicious/noExplicitAny: the service's own shape, which only the scenario knows
  json(): any;
}

/** One client at work on one arrival. The object is the same for all of them: take from it what you need. */
export interface Client<Name extends string = string> {
  /** Sends a request and writes its line of evidence; unknown ones again where the profile has retries. */
  send(
    operation: Name,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: string,
  ): Reply;
  /** The arrival's number in its population, from 0. */
  seq: number;
  /** The idempotency key of this arrival, unique in all runs. */
  readonly key: string;
  /** The key without its number, where a template holds both: `${keyPrefix}${seq}`. */
  readonly keyPrefix: string;
  /** Where orders are sent: `service.url` of the configuration. */
  readonly orderPath: string;
  /** How often each operation is wanted, relative to the others: the scenario's own weights or the profile's. */
  readonly weights: Readonly<Record<string, number>>;
  /** The next random number in [0, 1), a function of the run's seed and of the arrival's number. */
  random(): number;
  /** Waits for the profile's think time. */
  think(): void;
}

export interface Scenario<Name extends string = string> {
  operations: Readonly<Record<Name, OperationSpec>>;
  /** How many requests one iteration sends at most, retries left out. Default: one of each operation. */
  sendsPerIteration?: number;
  /** How often each operation is wanted, relative to the others, where the profile may say otherwise. */
  weights?: Readonly<Partial<Record<Name, number>>>;
  /** What one arrival does. It must send at least once, and must not wait for anything but `send` and `think`. */
  iteration(client: Client<Name>): void;
}

/** Gives a scenario its types: `export default defineScenario({ operations, iteration })`. */
export function defineScenario<Name extends string>(scenario: Scenario<Name>): Scenario<Name> {
  return scenario;
}
