/** The lab's control socket: whoever may open it may break the lab, and nothing else. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Problem } from '../../measure/problem.ts';
import { type ControlError, SLOT_WRITE } from './control.ts';
import type { RunningLab } from './running-lab.ts';
import { REGIONS, type RegionName } from './settings.ts';
import { checkSlot } from './slots.ts';

const LARGEST_BODY = 16_384;
const HIGHEST_LIMIT = 5000;
/** Of observations that a reader has not taken; whoever is that slow is not reading. */
const LARGEST_BACKLOG = 1_048_576;

interface Answer {
  status: number;
  body: unknown;
}

type Controlled = Pick<RunningLab, 'slots' | 'observations' | 'state' | 'timers' | 'listing'>;

/**
 * Not listening yet.
 * @param stop ends the lab; called when that has been answered
 */
export function createControlServer(lab: Controlled, stop: () => void): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://lab');
    if (request.method === 'GET' && url.pathname === '/events') {
      follow(lab, response);
      return;
    }
    handle(lab, request, url)
      .catch(answerError)
      .then(({ status, body }) => {
        if (status === 202) response.once('finish', stop);
        send(response, status, body);
      });
  });
}

async function handle(lab: Controlled, request: IncomingMessage, url: URL): Promise<Answer> {
  const what = `${request.method} ${url.pathname}`;
  if (what === 'GET /state') return { status: 200, body: await lab.state() };
  if (what === 'GET /timers') return { status: 200, body: lab.timers() };
  if (what === 'GET /listing') return readListing(lab, url.searchParams);
  if (what === 'POST /stop') return { status: 202, body: {} };
  if (what.startsWith('PUT /slots/')) {
    return writeSlot(lab, decodeURIComponent(what.slice('PUT /slots/'.length)), await readBody(request));
  }
  return refusal(
    404,
    'E_NOT_FOUND',
    `there is no ${what}. Expected GET /state, /timers, /events or /listing, PUT /slots/NAME, or POST /stop.`,
  );
}

async function writeSlot(lab: Controlled, name: string, body: unknown): Promise<Answer> {
  const parsed = SLOT_WRITE.safeParse(body);
  if (!parsed.success) {
    const found = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    return refusal(
      400,
      'E_BODY',
      `${found.join('; ')}. Expected {"value": ..., "expect": VERSION, "expiresMs": MS (may be left out)}.`,
    );
  }
  const slot = checkSlot(name, parsed.data.value);
  const write = await lab.slots.write(slot.name, slot.value, parsed.data.expect, parsed.data.expiresMs);
  if (write.kind === 'written') return { status: 200, body: { version: write.version, atMs: write.atMs } };
  const { value, version } = write;
  const message = `${name} is at version ${version}, not ${parsed.data.expect}: it was written meanwhile.`;
  return { status: 409, body: { code: 'E_NOT_OURS', message, value, version } };
}

async function readListing(lab: Controlled, query: URLSearchParams): Promise<Answer> {
  const region = query.get('region');
  const cursor = wholeNumber(query.get('cursor') ?? '0');
  const limit = wholeNumber(query.get('limit') ?? String(HIGHEST_LIMIT));
  if (!REGIONS.includes(region as RegionName) || cursor === null || !limit || limit > HIGHEST_LIMIT) {
    return refusal(
      400,
      'E_LISTING',
      `${query.toString() || 'nothing'} names no listing. ` +
        `Expected region (${REGIONS.join(' or ')}), cursor of the page before, limit (1 to ${HIGHEST_LIMIT}).`,
    );
  }
  const page = await lab.listing(region as RegionName, cursor, limit);
  if (page !== null) return { status: 200, body: page };
  const message = `${region} cannot be asked: it is killed or frozen, or has no cursor ${cursor}.`;
  return refusal(503, 'E_REGION_DOWN', message);
}

/** Observations as they come, a line each, until the reader leaves. */
function follow(lab: Controlled, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const end = lab.observations.listen((observation) => {
    response.write(`${JSON.stringify(observation)}\n`);
    if (response.writableLength > LARGEST_BACKLOG) response.destroy();
  });
  response.once('close', end);
  response.on('error', () => {});
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > LARGEST_BODY) {
      throw new Problem('E_BODY', `more than ${LARGEST_BODY} characters. Expected a small JSON object.`);
    }
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('E_BODY', `the body is no JSON (${(error as Error).message}). Expected an object.`);
  }
}

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { code, message } satisfies ControlError,
});

function answerError(error: Error): Answer {
  if (error instanceof Problem) return refusal(400, error.code, error.message);
  if (error instanceof URIError) return refusal(400, 'E_SLOT_UNKNOWN', error.message);
  process.stderr.write(`${error.stack}\n`);
  return refusal(500, 'E_BUG', error.message);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.on('error', () => {});
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const wholeNumber = (text: string): number | null => (/^\d{1,10}$/.test(text) ? Number(text) : null);
