/** What k6 calls for each arrival: one function a population. What is in it runs ten thousand times a second. */
import { sleep } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse, type ResponseType } from 'k6/http';
import { outcomeOf, SCENARIO_EXCEPTION } from '../../measure/outcome.ts';
import { type Lane, openLanes, replyOf, urlOf } from './lane.ts';
import { randomStream } from './random.ts';
import { canonicalHeader, cleanRegion } from './region.ts';
import type { Client, Reply, Scenario } from './scenario.ts';
import type { ClientSettings, PopulationSettings } from './settings.ts';

type Answer = RefinedResponse<ResponseType | undefined>;

// Here and nowhere else: what is logged is a line of the evidence.
declare const console: { log(line: string): void };

// k6 hands out Go objects: each `console.log` would wrap the method anew. It is taken in the first iteration, because
// what `console` gives while the script is loaded does not write to the evidence.
let writeLine: (line: string) => void;
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
  const { retries, thinkTimeMs } = settings;
  const lanes = openLanes(scenario.operations, settings, own);
  const prefix = `${settings.run}-${letter}`;
  const regionHeader = canonicalHeader(settings.regionHeader);
  // The getters of this object tell of the arrival at hand, and making it is dear. It belongs to one of k6's
  // scenarios, so each population keeps its own: a VU may come to serve both.
  let running: { readonly iterationInTest: number } | null = null;
  let seq = 0;
  let sentSeq = -1;
  let regionSeen = '';
  let region = '';
  let random: (() => number) | null = null;

  function send(operation: string, method: string, path: string, body?: string): Reply {
    const lane = lanes.get(operation);
    if (lane === undefined) throw new Error(`${operation} is not among the operations of the scenario`);
    if (lane.path !== path) {
      lane.path = path;
      lane.url = urlOf(path);
    }
    sentSeq = seq;
    const params = body === undefined ? lane.bare : lane.withBody;
    for (let attempt = 1; ; attempt++) {
      const startMs = now();
      const answer: Answer =
        method === 'POST' ? post(lane.url, body, params) : request(method, lane.url, body, params);
      const { status, timings } = answer;
      if (status === lane.success && !lane.json) {
        nameRegion(answer);
        // `blocked` lasts until there is a connection: DNS, connect and TLS are in it (k6, httpext/tracer.go).
        writeLine(
          `${startMs}${lane.head}${seq},${attempt},${status},${timings.duration},${timings.blocked},0,${region}`,
        );
        return lane.accepted;
      }
      const reply = record(answer, lane, attempt, startMs);
      if (reply.acknowledged || attempt > retries) return reply;
      if (outcomeOf(reply.status, answer.error_code, lane.success) !== 'unknown') return reply;
    }
  }

  /** The rest of the answers: those that are read, and those that are not what was asked for. */
  function record(answer: Answer, lane: Lane, attempt: number, startMs: number): Reply {
    let { status, error_code: errorCode } = answer;
    const { duration, blocked } = answer.timings;
    const data = status === lane.success ? jsonOf(answer) : undefined;
    if (status === lane.success && data === undefined) {
      status = 0;
      errorCode = BROKEN_ANSWER;
    }
    // A dial that fails leaves no timings at all, but its time has passed.
    const waitMs = answer.status === 0 ? Math.max(0, now() - startMs - Math.round(duration)) : blocked;
    nameRegion(answer);
    writeLine(
      `${startMs}${lane.head}${seq},${attempt},${status},${duration},${waitMs},${errorCode},${region}`,
    );
    return replyOf(lane.name, status, status === lane.success, data);
  }

  function nameRegion(answer: Answer): void {
    const header = answer.headers[regionHeader] ?? '';
    if (header === regionSeen) return;
    regionSeen = header;
    region = cleanRegion(header);
  }

  const client: Client = {
    send,
    seq,
    get key() {
      return `${prefix}${seq}`;
    },
    orderPath: settings.orderPath,
    weights: { ...scenario.weights, ...settings.weights } as Record<string, number>,
    random() {
      random ??= randomStream(settings.seed, seq, letter.charCodeAt(0));
      return random();
    },
    think() {
      if (thinkTimeMs > 0) sleep(thinkTimeMs / 1000);
    },
  };
  const { iteration } = scenario;

  return () => {
    running ??= exec.scenario;
    writeLine ??= console.log;
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
