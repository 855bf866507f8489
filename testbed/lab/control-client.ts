/** The lab's control socket from outside. */
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import type { Timers } from '../../measure/drill.ts';
import { Problem } from '../../measure/problem.ts';
import type { ListingPage } from '../listing.ts';
import type { ControlError, LabState } from './control.ts';
import type { Observation } from './observations.ts';
import type { RegionName } from './settings.ts';
import type { SlotName, SlotValue, Write } from './slots.ts';

/** Starting a region again waits for its tasks. */
const LONGEST_ANSWER_MS = 30_000;
/** Nobody listens there, or there is no such socket. */
const GONE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTSOCK', 'ENOTDIR']);

/** The lab has ended, or there never was one. */
export const LAB_GONE = 'E_LAB_GONE';

export class ControlClient {
  readonly socket: string;

  constructor(socket: string) {
    this.socket = socket;
  }

  async state(): Promise<LabState> {
    return (await this.#ask('GET', '/state')) as LabState;
  }

  async timers(): Promise<Timers> {
    return (await this.#ask('GET', '/timers')) as Timers;
  }

  /**
   * Compare-and-set.
   * @param expect the version that was read
   * @param expiresMs whole ms after which the lab puts the former value back
   * @throws Problem E_SLOT_VALUE, E_LAB_GONE
   */
  async write(name: SlotName, value: SlotValue, expect: number, expiresMs?: number): Promise<Write> {
    const body = { value, expect, ...(expiresMs === undefined ? {} : { expiresMs }) };
    const { status, answer } = await exchange(this.socket, 'PUT', `/slots/${name}`, body);
    if (status === 200) return { kind: 'written', ...(answer as { version: number; atMs: number }) };
    if (status !== 409) throw problemOf(answer as ControlError);
    const { value: found, version } = answer as { value: SlotValue; version: number };
    return { kind: 'not-ours', value: found, version };
  }

  /** @throws Problem E_REGION_DOWN where the region is killed or frozen */
  async listing(
    region: RegionName,
    cursor: string,
    limit: number,
    signal?: AbortSignal,
  ): Promise<ListingPage> {
    const query = new URLSearchParams({ region, cursor, limit: String(limit) });
    return (await this.#ask('GET', `/listing?${query}`, signal)) as ListingPage;
  }

  /** Asks it to end; it answers before it has. */
  async stop(): Promise<void> {
    await this.#ask('POST', '/stop');
  }

  /**
   * How everything stands, then each change.
   * @returns ends it; done when nothing more is told
   */
  async follow(tell: (observation: Observation) => void): Promise<() => Promise<void>> {
    const response = await open(this.socket, 'GET', '/events');
    const lines = createInterface({ input: response });
    lines.on('line', (line) => {
      const observation = parse(line);
      if (observation !== null) tell(observation);
    });
    // Its end is the lab's, which whoever asks next is told.
    response.on('error', () => {});
    lines.on('error', () => {});
    return async () => {
      lines.removeAllListeners('line');
      lines.close();
      response.destroy();
    };
  }

  async #ask(method: string, path: string, signal?: AbortSignal): Promise<unknown> {
    const { status, answer } = await exchange(this.socket, method, path, undefined, signal);
    if (status >= 300) throw problemOf(answer as ControlError);
    return answer;
  }
}

async function exchange(
  socket: string,
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<{ status: number; answer: unknown }> {
  const response = await open(socket, method, path, body, signal);
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, socket);
  }
  return { status: response.statusCode!, answer: JSON.parse(text) };
}

function open(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      socketPath,
      method,
      path,
      agent: false,
      timeout: LONGEST_ANSWER_MS,
      ...(signal && { signal }),
    } as const;
    const asking = request(options, (response) => {
      // A stream of observations may be silent for as long as nothing happens.
      asking.setTimeout(0);
      resolve(response);
    });
    asking.on('timeout', () => asking.destroy(new Error(`no answer within ${LONGEST_ANSWER_MS} ms`)));
    asking.on('error', (error: NodeJS.ErrnoException) => reject(explain(error, socketPath)));
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function explain(error: NodeJS.ErrnoException, socket: string): Error {
  if (error.name === 'AbortError') return error;
  if (!GONE.has(error.code ?? ''))
    return new Error(`the lab at ${socket}: ${error.message}`, { cause: error });
  return new Problem(
    LAB_GONE,
    `no lab answers at ${socket} (${error.message}). Expected one that runs. Start one: npm run testbed -- --lab.`,
  );
}

/** A message carries its code already. */
function problemOf({ code, message }: ControlError): Problem {
  const start = `${code}: `;
  return new Problem(code, message.startsWith(start) ? message.slice(start.length) : message);
}

/** The last line may be half one when the lab is killed. */
function parse(line: string): Observation | null {
  try {
    return JSON.parse(line) as Observation;
  } catch {
    return null;
  }
}
