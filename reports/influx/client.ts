/** One database, by the `influx` package: what it answered, in words that say what to do. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { FieldType, InfluxDB } from 'influx';
import { MEASUREMENTS, type MeasurementSpec, type Point } from './schema.ts';

export interface InfluxConnection {
  /** Origin and, behind a proxy, a path. No user and no password in it. */
  url: string;
  database: string;
  /** null: the database's own default. */
  retentionPolicy: string | null;
  auth:
    | { kind: 'none' }
    | { kind: 'password'; username: string; password: string }
    | { kind: 'token'; token: string };
}

/** What became of a batch; `cause` is a sentence without a full stop. */
export type Answer =
  | { kind: 'taken' }
  /** The good points are stored; the others will not be, however often they are sent. null: it is not told how many. */
  | { kind: 'partly'; cause: string; leftOut: number | null }
  /** The same batch may be taken later. */
  | { kind: 'later'; cause: string }
  | { kind: 'too large' }
  /** Nothing will be taken until somebody has changed something. */
  | { kind: 'refused'; cause: string };

/** The package's own timeout; a body that stalls behind its headers never ends by it, so ours stands above. */
const REQUEST_MS = 5_000;
const DEADLINE_MS = 8_000;

/** Its `maxRetries` is about other hosts, and its backoff would close the door on a database that is back: neither is wanted. */
const POOL = {
  maxRetries: 0,
  requestTimeout: REQUEST_MS,
  backoff: {
    reset() {
      return this;
    },
    next() {
      return this;
    },
    getDelay() {
      return 0;
    },
  },
};

const TYPES = { integer: FieldType.INTEGER, float: FieldType.FLOAT, string: FieldType.STRING } as const;

const schema = (database: string) =>
  Object.entries<MeasurementSpec>(MEASUREMENTS).map(([measurement, { tags, fields }]) => ({
    database,
    measurement,
    tags: [...tags],
    fields: Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, TYPES[type]])),
  }));

export class InfluxClient {
  readonly connection: InfluxConnection;
  readonly #influx: InfluxDB;
  readonly #agent: HttpAgent;
  /** Made by us when it was missing; tried once. */
  #createTried = false;
  #closed = false;
  /** Ends what is under way; null where nothing is. */
  #giveUp: (() => void) | null = null;

  constructor(connection: InfluxConnection) {
    this.connection = connection;
    [this.#influx, this.#agent] = connect(connection);
  }

  /** Sends points; never throws for what a database or a network may do. */
  async write(points: readonly Point[]): Promise<Answer> {
    const answer = await this.#write(points);
    if (answer.kind !== 'refused' || !answer.missing || this.#createTried) return answer;
    this.#createTried = true;
    const created = await this.#create();
    return created ?? this.#write(points);
  }

  /** Ends what is under way, and all that would still come. */
  close(): void {
    this.#closed = true;
    this.#giveUp?.();
    this.#agent.destroy();
  }

  async #write(points: readonly Point[]): Promise<Answer & { missing?: boolean }> {
    const { retentionPolicy } = this.connection;
    const options = { precision: 'ms', ...(retentionPolicy !== null && { retentionPolicy }) } as const;
    const failure = await this.#within(() => this.#influx.writePoints([...points], options));
    return failure === null ? { kind: 'taken' } : explainWrite(failure, this.connection);
  }

  async #create(): Promise<Answer | null> {
    const { database } = this.connection;
    const failure = await this.#within(() => this.#influx.createDatabase(database));
    return failure === null ? null : explainCreate(failure, this.connection);
  }

  /** @returns why it failed, null when it did not */
  async #within(call: () => Promise<unknown>): Promise<Failure | null> {
    if (this.#closed) return CLOSED;
    let late: NodeJS.Timeout | undefined;
    const givenUp = new Promise<Failure>((resolve) => {
      this.#giveUp = () => resolve(CLOSED);
      late = setTimeout(() => {
        // What hangs would hold its connection for ever; the next call opens another.
        this.#agent.destroy();
        resolve({ status: 0, message: `no answer within ${DEADLINE_MS / 1000} s` });
      }, DEADLINE_MS);
    });
    // The package throws at once what it cannot write into a request.
    const done = Promise.resolve()
      .then(call)
      .then(() => null, failureOf);
    try {
      return await Promise.race([done, givenUp]);
    } finally {
      clearTimeout(late);
      this.#giveUp = null;
    }
  }
}

function connect({ url, database, auth }: InfluxConnection): [InfluxDB, HttpAgent] {
  const { protocol, hostname, port, pathname } = new URL(url);
  const agent =
    protocol === 'https:' ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const headers = auth.kind === 'token' ? { headers: { Authorization: `Token ${auth.token}` } } : {};
  const influx = new InfluxDB({
    hosts: [
      {
        protocol: protocol === 'https:' ? 'https' : 'http',
        // With the brackets of an IPv6 address: the package makes a URL of it again.
        host: hostname,
        port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
        path: pathname === '/' ? '' : pathname,
        options: { agent, ...headers },
      },
    ],
    database,
    // Left out, the package would send root:root.
    username: (auth.kind === 'password' ? auth.username : null) as string,
    password: (auth.kind === 'password' ? auth.password : null) as string,
    pool: POOL,
    schema: schema(database),
  });
  return [influx, agent];
}

interface Failure {
  /** HTTP status; 0 where there was none, 500 for any 5xx (the package hides which). */
  status: number;
  message: string;
}

const CLOSED: Failure = { status: 0, message: 'it was not waited for' };
/** What the package says of a timeout: by the class of the error it looks like a 5xx. */
const TIMED_OUT = 'Request timed out';

function failureOf(error: { res?: { statusCode?: number }; message?: string; code?: string }): Failure {
  const { res, message, code } = error;
  if (res?.statusCode !== undefined) return { status: res.statusCode, message: saidIn(message ?? '') };
  if (message === TIMED_OUT) return { status: 0, message: `no answer within ${REQUEST_MS / 1000} s` };
  const said = [message, code].find((text) => text) ?? String(error);
  if (code !== undefined) return { status: 0, message: said };
  // The package does not export the class. Any other error without a code is its word on a point that it cannot write.
  return { status: error?.constructor.name === 'ServiceNotAvailableError' ? 500 : 400, message: said };
}

/** The database's own sentence out of the package's: `A 400 Bad Request error occurred: {"error":"..."}`. */
function saidIn(message: string): string {
  const body = message.replace(/^A \d+ .*? error occurred: /s, '').trim();
  try {
    const { error, message: said } = JSON.parse(body) as { error?: string; message?: string };
    return said ?? error ?? body;
  } catch {
    return body.split('\n')[0]!.slice(0, 200);
  }
}

function explainWrite(
  { status, message }: Failure,
  connection: InfluxConnection,
): Answer & { missing?: boolean } {
  const { database } = connection;
  switch (status) {
    case 0:
      return { kind: 'later', cause: `it does not answer (${message})` };
    case 408:
    case 429:
      return { kind: 'later', cause: `it asks to wait (${status} ${message})` };
    case 400:
    // InfluxDB 2.
    case 422:
      return explainBadPoints(message, connection);
    case 401:
      return {
        kind: 'refused',
        cause: `it does not know these credentials (401 ${message}); ${credentials(connection)}`,
      };
    case 403:
      return { kind: 'refused', cause: `this user may not write (403 ${message}); ${grant(connection)}` };
    case 404:
      return { kind: 'refused', missing: true, cause: `there is no database ${database} (404 ${message})` };
    case 413:
      return { kind: 'too large' };
    default:
      if (status >= 500)
        return { kind: 'later', cause: `it is in trouble (${message})${doubtOf(connection)}` };
      return {
        kind: 'refused',
        cause: `this does not look like InfluxDB (${status} ${message}); is ${connection.url} right?`,
      };
  }
}

/** A policy that is not there is a 500 like any other. */
const doubtOf = ({ database, retentionPolicy }: InfluxConnection): string =>
  retentionPolicy === null
    ? ''
    : `; where there is no such policy yet: CREATE RETENTION POLICY "${retentionPolicy}" ON "${database}" DURATION 90d REPLICATION 1`;

/** Some points do not fit what is stored already, or a limit, or could not be read. */
function explainBadPoints(message: string, { database }: InfluxConnection): Answer {
  const dropped = /\bdropped=(\d+)/.exec(message);
  const leftOut = dropped === null ? null : Number(dropped[1]);
  const conflict =
    /input field "([^"]+)" on measurement "([^"]+)" is type (\w+), already exists as type (\w+)/.exec(
      message,
    );
  if (conflict !== null) {
    const [, field, measurement, ours, theirs] = conflict;
    const found = `${measurement}.${field} holds ${theirs} where we write ${ours}`;
    const mend = `use another database, or DROP MEASUREMENT "${measurement}" in ${database}`;
    return { kind: 'partly', leftOut, cause: `${found}; ${mend}` };
  }
  if (/beyond retention policy/.test(message))
    return { kind: 'partly', leftOut, cause: 'they are older than its retention policy keeps' };
  return { kind: 'partly', leftOut, cause: `it would not store them (${message})` };
}

function explainCreate({ status, message }: Failure, connection: InfluxConnection): Answer {
  const { database } = connection;
  if (status === 0 || status >= 500) return explainWrite({ status, message }, connection);
  if (status === 401 || status === 403) {
    const ask = `have an administrator run CREATE DATABASE "${database}"; ${grant(connection)}`;
    return {
      kind: 'refused',
      cause: `there is no database ${database}, and this user may not create it (${message}); ${ask}`,
    };
  }
  const map = `make a bucket ${database} and map it: influx v1 dbrp create --db ${database} --rp autogen --default --bucket-id ID`;
  return {
    kind: 'refused',
    cause: `there is no database ${database}, and this InfluxDB makes none by itself (${status}); ${map}`,
  };
}

const credentials = ({ auth }: InfluxConnection): string =>
  auth.kind === 'none'
    ? 'set INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD'
    : `check ${auth.kind === 'token' ? 'INFLUX_TOKEN' : 'INFLUX_USERNAME and INFLUX_PASSWORD'}`;

const grant = ({ auth, database }: InfluxConnection): string =>
  auth.kind === 'password'
    ? `it needs GRANT WRITE ON "${database}" TO "${auth.username}"`
    : `the token needs the right to write to ${database}`;
