/** Runs a bundled scenario under the real k6 against a server of the test, and gives back what came of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleScenario, describeScenario, type RunSettings } from '../../engines/k6/bundle.ts';
import { EvidenceDecoder } from '../../measure/evidence.ts';
import type { Plan, PopulationKind } from '../../measure/plan.ts';
import { findPart } from '../require.ts';

export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** Which of the server's connections it came by. */
  connection: number;
}

export interface Rig {
  origin: string;
  received: Received[];
  connections(): number;
  close(): Promise<void>;
}

/** A server that keeps what it receives. */
export async function startServer(
  answer: (request: Received, response: ServerResponse) => void,
): Promise<Rig> {
  const received: Received[] = [];
  const numbers = new WeakMap<object, number>();
  let connections = 0;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { method = '', url = '', headers, socket } = request;
      const one = { method, path: url, headers, body, connection: numbers.get(socket)! };
      received.push(one);
      answer(one, response);
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    numbers.set(socket, connections);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', 1024);
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface Attempt {
  startMs: number;
  op: string;
  /** With its letter: `s41`. */
  seq: string;
  attempt: number;
  status: number;
  durationMs: number;
  waitMs: number;
  errorCode: number;
  region: string;
}

export interface RunRequest {
  /** A file of ours under `scenarios/`, or a whole scenario as text. */
  scenario: { file: string } | { source: string };
  origin: string;
  perSecond: number;
  /** Clients of each population: at `perSecond` of them, a stall of a second drops nothing. */
  vus?: number;
  kinds?: PopulationKind[];
  headers?: Record<string, string>;
  profile?: Partial<RunSettings['profile']>;
  service?: Partial<RunSettings['service']>;
  seed?: number;
  timeoutMs?: number;
  saturation?: { vus: number; durationMs: number };
}

export interface RunResult {
  code: number | null;
  attempts: Attempt[];
  malformed: number;
  script: string;
  log: string;
}

const OURS = fileURLToPath(new URL('../../scenarios/', import.meta.url));
/** A run of one second has ended long before. */
const RUN_MS = 30_000;

/** One second of load. */
export async function runScenario(request: RunRequest): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-scenario-'));
  try {
    const file = placeScenario(request.scenario, folder);
    const script = await bundleScenario({
      scenarioFile: file,
      plan: await planFor(file, request),
      settings: settingsFor(request),
      ...(request.saturation && { saturation: request.saturation }),
    });
    writeFileSync(join(folder, 'scenario.js'), script);
    const code = await runK6(folder, request);
    return { code, script, log: readFileSync(join(folder, 'engine.log'), 'utf8'), ...readEvidence(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The text of a scenario becomes `scenarios/NAME.ts` in `folder`; it may import `LIB`. */
function placeScenario(scenario: RunRequest['scenario'], folder: string): string {
  if ('file' in scenario) return join(OURS, scenario.file);
  mkdirSync(join(folder, 'scenarios'), { recursive: true });
  const file = join(folder, 'scenarios', 'planted.ts');
  writeFileSync(file, scenario.source.replaceAll('LIB', join(OURS, 'lib')));
  return file;
}

const settingsFor = ({ profile, service, seed = 7 }: Partial<RunRequest>): RunSettings => ({
  run: '20261121T001503Z-load-quick-7f3a',
  seed,
  profile: { retries: 0, thinkTimeMs: 0, weights: {}, ...profile },
  service: {
    url: '/api/v1/orders',
    regionHeader: 'x-region',
    host: null,
    insecureSkipTLSVerify: false,
    ...service,
  },
});

async function planFor(
  file: string,
  { perSecond, vus = 20, kinds = ['sticky'], timeoutMs = 1000 }: RunRequest,
): Promise<Plan> {
  const { operations, sendsPerIteration } = await describeScenario(file);
  return {
    schema: 'stormproof.plan/1',
    scenario: 'planted',
    operations,
    linesPerArrival: sendsPerIteration,
    timeoutMs,
    iterationMaxMs: timeoutMs * sendsPerIteration,
    populations: kinds.map((kind) => ({
      letter: kind[0]!,
      kind,
      startRatePerSecond: perSecond,
      stages: [{ durationMs: 1000, targetPerSecond: perSecond, hold: true }],
      vus,
    })),
    window: { fromMs: 0, toMs: 1000 },
  };
}

async function runK6(folder: string, { origin, headers = {} }: RunRequest): Promise<number | null> {
  const flags = [
    'run',
    '--quiet',
    '--no-thresholds',
    '--summary-mode=disabled',
    '--no-usage-report',
    '--address=',
  ];
  const outputs = [
    '--console-output=evidence.csv',
    '--log-format=raw',
    '--log-output=file=engine.log,level=error',
  ];
  const env = { ...process.env, STORMPROOF_TARGET: origin, STORMPROOF_HEADERS: JSON.stringify(headers) };
  const k6 = spawn(findPart('k6')!, [...flags, ...outputs, 'scenario.js'], {
    cwd: folder,
    env,
    stdio: 'ignore',
  });
  const late = setTimeout(() => k6.kill('SIGKILL'), RUN_MS);
  const [code] = (await once(k6, 'exit')) as [number | null];
  clearTimeout(late);
  return code;
}

function readEvidence(folder: string): Pick<RunResult, 'attempts' | 'malformed'> {
  const decoder = new EvidenceDecoder();
  const attempts: Attempt[] = [];
  decoder.push(readFileSync(join(folder, 'evidence.csv')), (line) => {
    const { op, region, population, seq, ...rest } = line;
    attempts.push({ ...rest, op: '', region: '', seq: `${String.fromCharCode(population)}${seq}` });
    // Names are known to the decoder once the line has been taken.
    Object.assign(attempts.at(-1)!, { op: decoder.ops[op], region: decoder.regions[region] });
  });
  decoder.end();
  return { attempts, malformed: decoder.malformed };
}
