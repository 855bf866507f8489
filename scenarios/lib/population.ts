/** What k6 calls for each arrival: one function a population. What is in it runs ten thousand times a second. */
import { sleep } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse, type ResponseType } from 'k6/http';
import { outcomeOf, SCENARIO_EXCEPTION } from '../../measure/outcome.ts';
import { IDLE, openLanes, replyOf, urlOf } from './lane.ts';
import { randomStream } from './random.ts';
import { cleanRegion } from './region.ts';
import type { Client, Reply, Scenario } from './scenario.ts';
import type { ClientSettings, PopulationSettings } from './settings.ts';

type Answer = RefinedResponse<ResponseType | undefined>;

// Here and nowhere else: what is logged is a line of the evidence.
declare const console: { log(line: string): void };

const now = Date.now;
const { post, request } = http;

// No metric is kept, so nothing needs to know which statuses were expected.
http.setResponseCallback(null as never);

/** k6's `error_code` for an answer that is not what was asked for. */
const BROKEN_ANSWER = 1000;

/** A client logs its first exception with its stack; the others are counted by their lines. */
let thrown = false;

/** @returns the function that k6 runs for each arrival of the population */
export function population(
  scenario: Scenario,
  settings: ClientSettings,
  own: PopulationSettings,
): () => void {
  const { letter } = own;
  const { retries, thinkTimeMs, regionHeader } = settings;
  const lanes = openLanes(scenario.operations, settings, own);
  const keyPrefix = `${settings.run}-${letter}`;

  // The getters of this object tell of the arrival at hand, and making it is dear. It belongs to one of k6's
  // scenarios, so each population keeps its own: a VU may come to serve both.
  let running: { readonly iterationInTest: number } | null = null;
  // k6 wraps a Go method each time it is asked for, and gives clients a console of their own after their init.
  let writeLine: (line: string) => void;
  let seq = 0;
  let sentSeq = -1;
  let regionSeen = '';
  let region = '';
  /** The columns behind the timings of an acknowledged order: no error, and the region. */
  let end = ',0,';
  let random: (() => number) | null = null;

  // The lane at hand, taken apart: a variable costs the interpreter next to nothing, a property is looked up.
  let operation = '';
  let path = '';
  let { url, success, json, head, middle, withBody, bare, accepted } = IDLE;

  function aim(toOperation: string, toPath: string): void {
    const lane = lanes[toOperation];
    if (lane === undefined) throw new Error(`${toOperation} is not among the operations of the scenario`);
    ({ success, json, head, middle, withBody, bare, accepted } = lane);
    operation = toOperation;
    path = toPath;
    url = urlOf(path);
  }

  function send(toOperation: string, method: string, toPath: string, body?: string): Reply {
    if (toOperation !== operation || toPath !== path) aim(toOperation, toPath);
    sentSeq = seq;
    const startMs = now();
    const answer =
      method === 'POST' ? post(url, body, withBody) : request(method, url, body, body ? withBody : bare);
    if (json || answer.status !== success) return settle(answer, startMs, method, body);
    const { timings } = answer;
    const header = answer.headers[regionHeader];
    if (header !== regionSeen) nameRegion(header);
    // `blocked` lasts until there is a connection: DNS, connect and TLS are in it (k6, httpext/tracer.go).
    writeLine(`${startMs}${head}${seq}${middle}${timings.duration},${timings.blocked}${end}`);
    return accepted;
  }

  /** Answers that are read, and those that were not asked for: sent again while their outcome is unknown. */
  function settle(first: Answer, firstMs: number, method: string, body: string | undefined): Reply {
    let answer = first;
    let startMs = firstMs;
    for (let attempt = 1; ; attempt++) {
      const reply = record(answer, startMs, attempt);
      if (attempt > retries || outcomeOf(reply.status, answer.error_code, success) !== 'unknown')
        return reply;
      startMs = now();
      answer = request(method, url, body, body ? withBody : bare);
    }
  }

  function record(answer: Answer, startMs: number, attempt: number): Reply {
    let { status, error_code: errorCode } = answer;
    const { duration, blocked } = answer.timings;
    const data = json && status === success ? jsonOf(answer) : undefined;
    if (json && status === success && data === undefined) {
      status = 0;
      errorCode = BROKEN_ANSWER;
    }
    // A dial that fails leaves no timings at all, but its time has passed.
    const waitMs = answer.status === 0 ? Math.max(0, now() - startMs - Math.round(duration)) : blocked;
    nameRegion(answer.headers[regionHeader]);
    writeLine(`${startMs}${head}${seq},${attempt},${status},${duration},${waitMs},${errorCode},${region}`);
    return replyOf(operation, status, status === success, data);
  }

  function nameRegion(header: string | undefined): void {
    regionSeen = header ?? '';
    region = cleanRegion(regionSeen);
    end = `,0,${region}`;
  }

  const client: Client = {
    send,
    seq,
    keyPrefix,
    get key() {
      return `${keyPrefix}${seq}`;
    },
    orderPath: settings.orderPath,
    weights: { ...scenario.weights, ...settings.weights } as Record<string, number>,
    random() {
      random ??= randomStream(settings.seed, seq, letter);
      return random();
    },
    think() {
      if (thinkTimeMs > 0) sleep(thinkTimeMs / 1000);
    },
  };
  const { iteration } = scenario;

  return () => {
    if (running === null) {
      running = exec.scenario;
      writeLine = console.log;
    }
    seq = running.iterationInTest;
    client.seq = seq;
    random = null;
    try {
      iteration(client);
      if (sentSeq !== seq)
        throw new Error('the iteration has sent nothing: each must send at least one request');
    } catch (error) {
      writeLine(`${now()},exception,${letter}${seq},1,0,0,0,${SCENARIO_EXCEPTION},`);
      if (thrown) return;
      thrown = true;
      throw error;
    }
  };
}

/** An answer's JSON, undefined where it is none. */
function jsonOf(answer: Answer): unknown {
  try {
    return answer.json() ?? undefined;
  } catch {
    return undefined;
  }
}
