/** All that stays the same from one request of an operation to the next, made once a client. */
import http, { type Params } from 'k6/http';
import type { OperationSpec, Reply } from './scenario.ts';
import type { ClientSettings, PopulationSettings } from './settings.ts';

/** A URL that k6 has parsed: a string it would parse for each request. */
type HttpURL = ReturnType<typeof http.url>;

export interface Lane {
  success: number;
  json: boolean;
  /** With and without a body. */
  withBody: Params;
  bare: Params;
  /** `,order,s`: what stands between the start and the number. */
  head: string;
  /** `,1,201,`: what stands behind the number where the first attempt is acknowledged. */
  middle: string;
  /** The answer of an acknowledged request whose body was thrown away: always the same. */
  accepted: Reply;
}

/** The origin of the target. */
const TARGET = __ENV.STORMPROOF_TARGET ?? '';
/** Secrets are among them: they come by the environment, never by a file. */
const HEADERS: Record<string, string> = JSON.parse(__ENV.STORMPROOF_HEADERS ?? '{}');

/**
 * A lane for each operation that the scenario declares. Plain objects and loops, here and in `population.ts`: a built-in
 * (`Map`, a regular expression, an array's methods) that is touched once is set up in each client, and clients are many.
 */
export function openLanes(
  operations: Readonly<Record<string, OperationSpec>>,
  settings: ClientSettings,
  { letter, kind }: PopulationSettings,
): Record<string, Lane> {
  const bare: Record<string, string> = { ...HEADERS };
  // Go's transport takes it as the wish for a connection of its own.
  if (kind === 'fresh') bare.Connection = 'close';
  if (settings.host !== null) bare.Host = settings.host;
  // The last of two spellings of a name wins.
  const withBody = { 'Content-Type': 'application/json', ...bare };
  const lanes: Record<string, Lane> = {};
  for (const name in operations) {
    const spec = operations[name]!;
    const success = settings.operations[name]?.success ?? spec.success;
    const json = spec.json === true;
    lanes[name] = {
      success,
      json,
      withBody: paramsOf(withBody, json, settings.timeoutMs),
      bare: paramsOf(bare, json, settings.timeoutMs),
      head: `,${name},${letter}`,
      middle: `,1,${success},`,
      accepted: replyOf(name, success, true, undefined),
    };
  }
  return lanes;
}

/** Not one key more than is needed: k6 reads them all for each request. */
function paramsOf(headers: Record<string, string>, json: boolean, timeout: number): Params {
  return json ? { headers, timeout, responseType: 'text' } : { headers, timeout };
}

/** @param path begins with `/` */
export function urlOf(path: string): HttpURL {
  return http.url`${TARGET + path}`;
}

/** @param data the answer's JSON, undefined where there is none */
export function replyOf(operation: string, status: number, acknowledged: boolean, data: unknown): Reply {
  return {
    status,
    acknowledged,
    json() {
      if (data !== undefined) return data;
      const why = acknowledged
        ? 'was not declared with json: true'
        : `was not acknowledged (status ${status})`;
      throw new Error(`there is no JSON to read: ${operation} ${why}`);
    },
  };
}

/** Before the first request. */
export const IDLE: Lane & { url: HttpURL } = {
  url: urlOf(''),
  success: 0,
  json: false,
  withBody: {},
  bare: {},
  head: '',
  middle: '',
  accepted: replyOf('', 0, false, undefined),
};
