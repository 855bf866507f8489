/** CPU an order at saturation: k6 plus our whole pipeline, a bare k6 loop, and the script that platforms publish. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findK6 } from '../../engines/k6/find.ts';
import { type Nginx, startNginx } from './nginx.ts';
import { type BenchSection, showSpread, spreadOf } from './table.ts';

const SECONDS = 8;
const VUS = 50;
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What one round of one contender took. */
interface Round {
  /** Microseconds of CPU an order: k6, and what reads its evidence. */
  k6: number;
  pipeline: number;
  /** Greatest resident memory of what reads the evidence, bytes. */
  peakBytes: number;
  ordersPerSecond: number;
}

/** What `saturation-child.ts` prints: what reads the evidence took so much CPU, and at most so much memory. */
export interface PipelineFigures {
  cpuMs: number;
  peakBytes: number;
}

/** Where k6 is alone. */
const NOTHING: PipelineFigures = { cpuMs: 0, peakBytes: 0 };

interface Stand {
  k6: string;
  target: string;
  folder: string;
}

interface Contender {
  name: string;
  /** Sends for `SECONDS`. @returns what was taken beside k6 */
  run(stand: Stand): Promise<PipelineFigures>;
}

const plain = (name: string, script: string, collection: NodeJS.ProcessEnv, flags: string[]): Contender => ({
  name,
  async run({ k6, target }) {
    const environment = {
      ...process.env,
      STORMPROOF_TARGET: target,
      BENCH_VUS: String(VUS),
      BENCH_DURATION: `${SECONDS}s`,
    };
    const args = [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=',
      ...flags,
      here(`../../scenarios/bench/${script}`),
    ];
    const child = spawn(k6, args, {
      env: { ...environment, ...collection },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = await once(child, 'close');
    // 99: a threshold of the published script did not hold, which is no matter here.
    if (code !== 0 && code !== 99) throw new Error(`${script} ended with status ${code}`);
    return NOTHING;
  },
});

const QUIET = ['--no-thresholds', '--summary-mode=disabled', '--log-output=none'];

const BARE = plain(
  'a bare k6 loop, same GC',
  'bare.ts',
  // As Stormproof sets it where no heap is kept ready: here nothing is planned, so nothing could be.
  { GOGC: '400' },
  QUIET,
);
const PUBLISHED = plain('the published script', 'published.ts', {}, []);

const ours = (name: string, environment: NodeJS.ProcessEnv): Contender => ({
  name,
  async run({ k6, target, folder }) {
    const args = [
      '--import',
      'tsx',
      here('saturation-child.ts'),
      k6,
      target,
      folder,
      String(VUS),
      String(SECONDS),
    ];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    for await (const chunk of child.stdout) text += String(chunk);
    return JSON.parse(text) as PipelineFigures;
  },
});

const OURS = ours('Stormproof', {});

async function measure(contender: Contender, stand: Stand, nginx: Nginx): Promise<Round> {
  const before = await nginx.requests();
  const { cpuMs, peakBytes } = await contender.run(stand);
  const orders = (await nginx.requests()) - before;
  return {
    k6: (readCpuMs(stand.folder) * 1000) / orders,
    pipeline: (cpuMs * 1000) / orders,
    peakBytes,
    ordersPerSecond: orders / SECONDS,
  };
}

/** A k6 that says what CPU it took: the shell's own account of its child. */
function timedK6(k6: string, folder: string): string {
  const file = join(folder, 'k6');
  writeFileSync(file, `#!/bin/sh\n"${k6}" "$@"\ncode=$?\ntimes >"${folder}/times"\nexit $code\n`);
  chmodSync(file, 0o755);
  return file;
}

/** The second line of POSIX `times`: user and system time of the children, `0m1.230s 0m0.450s`. */
function readCpuMs(folder: string): number {
  const children = readFileSync(join(folder, 'times'), 'utf8').trim().split('\n').at(-1)!;
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
}

export async function benchSaturation(rounds: number): Promise<BenchSection> {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-bench-'));
  const nginx = await startNginx('nginx');
  const contenders = [BARE, OURS, PUBLISHED];
  const results = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
  try {
    const k6 = timedK6((await findK6()).path, folder);
    for (let round = 0; round < rounds; round++) {
      for (const contender of contenders) {
        results
          .get(contender.name)!
          .push(await measure(contender, { k6, target: nginx.origin, folder }, nginx));
        process.stderr.write(`round ${round + 1} of ${rounds}: ${contender.name}\n`);
      }
    }
  } finally {
    await nginx.stop();
    rmSync(folder, { recursive: true });
  }
  const whole = (name: string): number[] => results.get(name)!.map((round) => round.k6 + round.pipeline);
  const least = (values: readonly number[]): number => Math.min(...values);
  const ours = least(whole(OURS.name));
  const ourK6 = least(results.get(OURS.name)!.map((round) => round.k6));
  const bare = least(whole(BARE.name));
  const published = least(whole(PUBLISHED.name));
  return {
    title: 'An order at saturation',
    how:
      `${rounds} interleaved rounds, ${VUS} clients in a closed loop against nginx (one worker) answering 201 on the same ` +
      `machine, ${SECONDS} s each; orders are nginx's own count. CPU is user + system of ` +
      'k6, and for Stormproof also of the process with collector, timeline, event log and live view. The bare loop and ' +
      'Stormproof run with GOGC=400 and without k6 metrics, the published script with every default.',
    command: `npm run bench -- --only saturation --rounds ${rounds}`,
    headings: ['contender', 'CPU µs an order, least (median, most)', 'of it k6', 'orders/s, most'],
    rows: contenders.map(({ name }) => [
      name,
      showSpread(spreadOf(whole(name)), 1),
      least(results.get(name)!.map((round) => round.k6)).toFixed(1),
      Math.round(Math.max(...results.get(name)!.map((round) => round.ordersPerSecond))).toLocaleString('en'),
    ]),
    findings: [
      `The published script costs ${(published / ours).toFixed(2)} times ours.`,
      `Ours costs ${(ours / bare).toFixed(2)} times the bare loop; k6's own part ${(ourK6 / bare).toFixed(2)} times.`,
    ],
  };
}

/** What sending points to a database costs the harness. */
export interface SinkCost {
  /** CPU an order with it over without: the least of the rounds of each. */
  cpuRatio: number;
  /** Greatest resident memory of the harness, bytes: the median of the rounds. */
  memory: { without: number; with: number };
}

/** Interleaved rounds at saturation, with and without points. */
export async function sinkCost(influxUrl: string, rounds: number): Promise<SinkCost> {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-bench-'));
  const nginx = await startNginx('nginx');
  const contenders = [ours('without', {}), ours('with', { BENCH_INFLUX_URL: influxUrl })];
  const results: Round[][] = contenders.map(() => []);
  try {
    const k6 = timedK6((await findK6()).path, folder);
    for (let round = 0; round < rounds; round++) {
      for (const [i, contender] of contenders.entries())
        results[i]!.push(await measure(contender, { k6, target: nginx.origin, folder }, nginx));
    }
  } finally {
    await nginx.stop();
    rmSync(folder, { recursive: true });
  }
  const [cpuWithout, cpuWith] = results.map(
    (of) => spreadOf(of.map(({ k6, pipeline }) => k6 + pipeline)).least,
  );
  const [memoryWithout, memoryWith] = results.map(
    (of) => spreadOf(of.map(({ peakBytes }) => peakBytes)).median,
  );
  return {
    cpuRatio: cpuWith! / cpuWithout!,
    memory: { without: memoryWithout!, with: memoryWith! },
  };
}
