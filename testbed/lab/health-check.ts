/** The checkers of one region: each asks `GET /healthz` at its own times, over a fresh connection. */
import { get } from 'node:http';
import type { Timers } from '../../measure/drill.ts';
import { FIRST_OPINION, firstAsks, isRegionHealthy, type Opinion, reconsider } from './checkers.ts';

/** What checkers report: what they see, or a lie. */
export type Lie = 'true' | 'healthy' | 'unhealthy';

export interface HealthCheckSettings extends Readonly<Timers['healthCheck']> {
  host: string;
  port: number;
  checkers: number;
  seed: number;
  /** Another one for each region. */
  stream: number;
}

export interface CheckerState {
  healthy: boolean;
  /** Why it was not healthy when it was asked last; empty where it was. */
  failure: string;
}

export class HealthCheck {
  readonly #settings: HealthCheckSettings;
  readonly #tell: (healthy: boolean, cause: string) => void;
  readonly #opinions: Opinion[];
  readonly #failures: string[];
  readonly #timers: (NodeJS.Timeout | undefined)[] = [];
  #lie: Lie = 'true';
  #isHealthy = true;
  #isClosed = false;

  /** @param tell is told of each change of the verdict */
  constructor(settings: HealthCheckSettings, tell: (healthy: boolean, cause: string) => void) {
    this.#settings = settings;
    this.#tell = tell;
    this.#opinions = Array.from({ length: settings.checkers }, () => FIRST_OPINION);
    this.#failures = this.#opinions.map(() => '');
  }

  get healthy(): boolean {
    return this.#isHealthy;
  }

  checkers(): CheckerState[] {
    return this.#opinions.map(({ healthy }, i) => ({ healthy, failure: this.#failures[i]! }));
  }

  /** How things stand, in words. */
  cause(): string {
    const bad = this.#failures.filter((failure) => failure !== '');
    const unhealthy = this.#opinions.filter(({ healthy }) => !healthy).length;
    const count = `${unhealthy} of ${this.#opinions.length} checkers report it unhealthy`;
    return bad.length === 0 ? count : `${count}: ${bad.at(-1)}`;
  }

  start(): void {
    const { checkers, intervalMs, seed, stream } = this.#settings;
    firstAsks(checkers, intervalMs, seed, stream).forEach((ms, checker) => {
      this.#later(checker, ms);
    });
  }

  setLie(lie: Lie): void {
    this.#lie = lie;
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #later(checker: number, ms: number): void {
    this.#timers[checker] = setTimeout(() => void this.#ask(checker), ms);
  }

  async #ask(checker: number): Promise<void> {
    // From ask to ask, not from answer to ask: a check that times out does not make detection slower.
    this.#later(checker, this.#settings.intervalMs);
    const seen = await probe(this.#settings);
    if (this.#isClosed) return;
    const failure = LIES[this.#lie](seen);
    this.#failures[checker] = failure;
    this.#opinions[checker] = reconsider(this.#opinions[checker]!, failure === '', this.#settings.threshold);
    const healthy = isRegionHealthy(this.#opinions);
    if (healthy === this.#isHealthy) return;
    this.#isHealthy = healthy;
    this.#tell(healthy, this.cause());
  }
}

const LIES: Readonly<Record<Lie, (seen: string) => string>> = {
  true: (seen) => seen,
  healthy: () => '',
  unhealthy: () => 'told to say so',
};

/** @returns why it is not healthy, empty where it is: a status of 2xx or 3xx within the timeout, as of Route 53 */
function probe({
  host,
  port,
  timeoutMs,
}: Pick<HealthCheckSettings, 'host' | 'port' | 'timeoutMs'>): Promise<string> {
  return new Promise((resolve) => {
    const settle = (failure: string): void => {
      clearTimeout(tooLate);
      resolve(failure);
    };
    const request = get({ host, port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      const { statusCode: status = 0 } = response;
      settle(status >= 200 && status < 400 ? '' : `status ${status}`);
    });
    const tooLate = setTimeout(() => {
      settle(`no answer within ${timeoutMs} ms`);
      request.destroy();
    }, timeoutMs);
    request.on('error', (error) => settle(error.message));
  });
}
