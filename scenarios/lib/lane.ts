/** All that stays the same from one request of an operation to the next, made once a client. */
import http, { type Params } from 'k6/http';
import type { OperationSpec, Reply } from './scenario.ts';
import type { ClientSettings, PopulationSettings } from './settings.ts';

type HttpURL = ReturnType<typeof http.url>;

export interface Lane {
  name: string;
  success: number;
  json: boolean;
  /** The path last sent to, and its URL: k6 parses a string each time. */
  path: string;
  url: HttpURL;
  /** With and without a body. */
  withBody: Params;
  bare: Params;
  /** `,order,s`: what stands between the start and the number. */
  head: string;
  /** The answer of an acknowledged request whose body was thrown away: always the same. */
  accepted: Reply;
}

/** The origin of the target, without a slash at its end. */
const TARGET = (__ENV.STORMPROOF_TARGET ?? '').replace(/\/+$/, '');
/** Secrets are among them: they come by the environment, never by a file. */
const HEADERS: Record<string, string> = JSON.parse(__ENV.STORMPROOF_HEADERS ?? '{}');

/** A lane for each operation that the scenario declares. */
export function openLanes(
  operations: Readonly<Record<string, OperationSpec>>,
  settings: ClientSettings,
  { letter, kind }: PopulationSettings,
): Map<string, Lane> {
  const headers: Record<string, string> = { ...HEADERS };
  if (settings.host !== null) headers.Host = settings.host;
  // Go's transport takes it as the wish for a connection of its own.
  if (kind === 'fresh') headers.Connection = 'close';
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const headersWithBody = typed ? headers : { ...headers, 'Content-Type': 'application/json' };
  const lanes = new Map<string, Lane>();
  for (const [name, spec] of Object.entries(operations)) {
    const success = settings.operations[name]?.success ?? spec.success;
    const json = spec.json === true;
    // Not one key more than is needed: k6 reads them all for each request.
    const rest: Params = json
      ? { timeout: settings.timeoutMs, responseType: 'text' }
      : { timeout: settings.timeoutMs };
    lanes.set(name, {
      name,
      success,
      json,
      path: '',
      url: urlOf(''),
      withBody: { headers: headersWithBody, ...rest },
      bare: { headers, ...rest },
      head: `,${name},${letter}`,
      accepted: replyOf(name, success, true, undefined),
    });
  }
  return lanes;
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
