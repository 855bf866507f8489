/** What reaches InfluxDB of the same load: our points, and those of k6's own output. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findK6 } from '../../engines/k6/find.ts';
import { runLoad } from '../../harness/load.ts';
import { formatCount } from '../../measure/format.ts';
import { type Influxd, startInfluxd } from '../../test/influxd.ts';
import { type Nginx, startNginx } from './nginx.ts';
import { sinkCost } from './saturation.ts';
import type { BenchSection } from './table.ts';

const RATE = 10_000;
const SECONDS = 15;
const VUS = 1000;
const PUBLISHED = fileURLToPath(new URL('../../scenarios/bench/published.ts', import.meta.url));

/** What one way of writing did. */
interface Figures {
  name: string;
  /** Requests that reached the service, by its own count. */
  requests: number;
  points: number;
  bytes: number;
  writes: number;
  /** Of the requests, as the database tells it. */
  stored: number;
  /** Greatest resident memory of k6, bytes. */
  memory: number;
}

/** Counters of the database's own HTTP service. */
async function statsOf(influxd: Influxd): Promise<{ points: number; bytes: number; writes: number }> {
  const { series } = await influxd.query(`SHOW STATS FOR 'httpd'`);
  const { columns, values } = series![0]!;
  const of = (name: string): number => Number(values[0]![columns.indexOf(name)] ?? 0);
  return { points: of('pointsWrittenOK'), bytes: of('writeReqBytes'), writes: of('writeReq') };
}

/** The greatest `VmHWM` of a process while it lives, bytes. */
function watchMemory(pid: number): () => number {
  let most = 0;
  const look = (): void => {
    try {
      const [, kb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      most = Math.max(most, Number(kb ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 200);
  return () => {
    clearInterval(timer);
    return most;
  };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

async function sumOf(influxd: Influxd, database: string, query: string): Promise<number> {
  const { series } = await influxd.query(query, database);
  return Number(series?.[0]?.values[0]?.[1] ?? 0);
}

async function measured(
  name: string,
  nginx: Nginx,
  send: (influxd: Influxd) => Promise<{ stored: number; memory: number }>,
): Promise<Figures> {
  const influxd = await startInfluxd();
  try {
    const before = await nginx.requests();
    const { stored, memory } = await send(influxd);
    return { name, requests: (await nginx.requests()) - before, ...(await statsOf(influxd)), stored, memory };
  } finally {
    await influxd.stop();
  }
}

const ours = (nginx: Nginx, folder: string): Promise<Figures> =>
  measured('Stormproof --influx', nginx, async (influxd) => {
    const config = join(folder, 'stormproof.config.ts');
    const profile = { stages: [[`${SECONDS}s`, RATE, 'hold']], claims: { errors: '< 1%' } };
    writeFileSync(config, `export default ${JSON.stringify({ profiles: { bench: profile } })};\n`);
    const { measurement } = await runLoad({
      config,
      profile: 'bench',
      rate: undefined,
      target: nginx.origin,
      influx: influxd.url,
      runsDir: folder,
      timeScale: 1,
      seed: 1,
      command: 'npm run bench',
    });
    const stored = await sumOf(influxd, 'stormproof', 'SELECT SUM(started) FROM orders');
    const samples = measurement.events.filter((event) => event.kind === 'generator.sample');
    return { stored, memory: Math.max(...samples.map(({ rssBytes }) => rssBytes)) };
  });

const k6s = (nginx: Nginx): Promise<Figures> =>
  measured('k6 --out influxdb', nginx, async (influxd) => {
    const { path } = await findK6();
    const args = [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=',
      `--out=influxdb=${influxd.url}/k6`,
      PUBLISHED,
    ];
    const child = spawn(path, args, {
      env: {
        ...process.env,
        STORMPROOF_TARGET: nginx.origin,
        BENCH_RATE: String(RATE),
        BENCH_VUS: String(VUS),
        BENCH_DURATION: `${SECONDS}s`,
      },
      stdio: 'ignore',
    });
    const memory = watchMemory(child.pid!);
    await once(child, 'close');
    return { stored: await sumOf(influxd, 'k6', 'SELECT SUM(value) FROM http_reqs'), memory: memory() };
  });

export async function benchInflux(rounds: number): Promise<BenchSection> {
  const folder = mkdtempSync(join(tmpdir(), 'stormproof-bench-'));
  const nginx = await startNginx('nginx');
  try {
    const figures = [await ours(nginx, folder), await k6s(nginx)];
    const influxd = await startInfluxd();
    const cost = await sinkCost(influxd.url, rounds).finally(() => influxd.stop());
    return {
      title: 'InfluxDB',
      how: `${formatCount(RATE)} orders/s for ${SECONDS} s at nginx, InfluxDB 1 on the same machine; its own counters. k6 runs the published script.`,
      command: 'npm run bench -- --only influx',
      headings: ['writer', 'requests', 'of them stored', 'points/s', 'bytes/s', 'writes', 'memory of k6, MB'],
      rows: figures.map(({ name, requests, points, bytes, writes, stored, memory }) => [
        name,
        formatCount(requests),
        formatCount(stored),
        formatCount(Math.round(points / SECONDS)),
        formatCount(Math.round(bytes / SECONDS)),
        formatCount(writes),
        formatCount(Math.round(memory / 1e6)),
      ]),
      findings: [
        `${formatCount(RATE * SECONDS)} arrivals were planned for each.`,
        `At saturation an order costs ${cost.cpuRatio.toFixed(3)} times the CPU with --influx (least of ${rounds} interleaved rounds each).`,
        `There the harness holds at most ${megabytes(cost.memory.with)} MB with --influx and ${megabytes(cost.memory.without)} MB without (medians of the same rounds).`,
      ],
    };
  } finally {
    await nginx.stop();
    rmSync(folder, { recursive: true });
  }
}
