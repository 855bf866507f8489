import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connectThrough, proxyFor } from './proxy.mjs';

/** A firewall that drops packets must not hold anyone up: the next way is tried. */
const CONNECT_MS = 10_000;
/** Without a byte for this long, the transfer is dead. */
const IDLE_MS = 30_000;
const TOTAL_MS = 10 * 60_000;
const MOST_REDIRECTS = 5;
/** k6's archives have 30 MB. */
const MOST_BYTES = 500e6;

/**
 * Fetches a URL into a file, through HTTPS_PROXY where that is set.
 * @param {string} url
 * @param {string} file
 * @param {{ environment: NodeJS.ProcessEnv, signal: AbortSignal, connectMs?: number }} options
 * @returns {Promise<string>} SHA-256 of what was written, in hex
 */
export async function download(url, file, { environment, signal, connectMs = CONNECT_MS }) {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TOTAL_MS)]);
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk, _, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > MOST_BYTES ? new Error(`more than ${MOST_BYTES / 1e6} MB`) : null, chunk);
    },
  });
  // Opened first and closed last: a stream that still opens its file would make it anew behind whoever cleans up.
  const handle = await open(file, 'w');
  try {
    const answer = await get(url, { environment, signal: limited, connectMs });
    await pipeline(answer, count, handle.createWriteStream(), { signal: limited });
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/**
 * @param {string} url
 * @param {{ environment: NodeJS.ProcessEnv, signal: AbortSignal, connectMs: number }} options
 * @returns {Promise<http.IncomingMessage>}
 */
async function get(url, options) {
  let at = new URL(url);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const answer = await getOnce(at, options);
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    answer.destroy();
    const next = status >= 300 && status < 400 ? answer.headers.location : undefined;
    if (next === undefined) throw new Error(`${at.host} answered ${status}`);
    const target = new URL(next, at);
    if (at.protocol === 'https:' && target.protocol !== 'https:')
      throw new Error(`${at.host} redirects to plain http`);
    at = target;
  }
  throw new Error(`${at.host} redirects without end`);
}

/**
 * @param {URL} url
 * @param {{ environment: NodeJS.ProcessEnv, signal: AbortSignal, connectMs: number }} options
 * @returns {Promise<http.IncomingMessage>}
 */
async function getOnce(url, { environment, signal, connectMs }) {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`no connection to ${url.host} within ${connectMs / 1000} s`)),
    connectMs,
  );
  const either = AbortSignal.any([signal, late.signal]);
  try {
    const proxy = proxyFor(url, environment);
    const socket = proxy === null ? undefined : await connectThrough(proxy, url, either);
    return await new Promise((done, fail) => {
      const client = url.protocol === 'https:' ? https : http;
      // Not kept alive: an idle socket would hold the process. With any agent, Node makes a connection of its own.
      const connection = socket === undefined ? { agent: false } : { createConnection: () => socket };
      const request = client.get(url, { headers: { 'user-agent': 'stormproof-setup' }, ...connection }, done);
      request.setTimeout(IDLE_MS, () =>
        request.destroy(new Error(`${url.host} sent nothing for ${IDLE_MS / 1000} s`)),
      );
      request.on('error', fail);
      request.on('socket', (each) => {
        const connected = () => clearTimeout(timer);
        if (socket === undefined)
          each.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
        else connected();
      });
      either.addEventListener('abort', () => request.destroy(/** @type {Error} */ (either.reason)), {
        once: true,
      });
    });
  } finally {
    clearTimeout(timer);
  }
}
