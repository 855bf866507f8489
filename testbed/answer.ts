/** What the service says: JSON, the region in a header, and one shape for every mistake. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Detail } from './order.ts';

/** The body of every answer that is not a success. */
interface ErrorBody {
  error: { code: ErrorCode; message: string; details: Detail[] };
}

export type ErrorCode =
  | 'malformed_request'
  | 'malformed_json'
  | 'validation_failed'
  | 'payload_too_large'
  | 'order_refused'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'header_too_large'
  | 'unavailable';

const REGION_HEADER = 'x-region';

const NO_DETAILS: Detail[] = [];

export function errorBody(code: ErrorCode, message: string, details = NO_DETAILS): string {
  const body: ErrorBody = { error: { code, message, details } };
  return JSON.stringify(body);
}

/**
 * Sends a whole answer in one write. The head is a flat list, which Node takes as it is.
 * @param body JSON; its length is taken for its bytes where `ascii` says so
 */
export function answer(
  response: ServerResponse,
  region: string,
  status: number,
  body: string,
  ascii = false,
): void {
  const length = ascii ? body.length : Buffer.byteLength(body);
  response.writeHead(status, [
    'content-type',
    'application/json',
    'content-length',
    String(length),
    REGION_HEADER,
    region,
  ]);
  response.end(body, ascii ? 'latin1' : 'utf8');
}

/** 405 with what would have been allowed. */
export function answerNotAllowed(
  request: IncomingMessage,
  response: ServerResponse,
  region: string,
  allow: string,
): void {
  const body = errorBody('method_not_allowed', `${request.method} is not possible here. Expected ${allow}.`);
  response.writeHead(405, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    allow,
    [REGION_HEADER]: region,
  });
  response.end(body);
}

/** A whole HTTP answer as text, for a connection whose request could not be parsed; it ends the connection. */
export function rawAnswer(region: string, status: number, body: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `${REGION_HEADER}: ${region}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
