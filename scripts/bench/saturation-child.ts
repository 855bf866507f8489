import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleScenario, describeScenario } from '../../engines/k6/bundle.ts';
import { startK6 } from '../../engines/k6/engine.ts';
import { parseConfig } from '../../harness/config.ts';
import { EventLog } from '../../harness/event-log.ts';
import { InfluxSink } from '../../harness/influx-sink.ts';
import { LiveTimeline } from '../../harness/live.ts';
import { sampleGenerator } from '../../harness/sampler.ts';
import { scenarioFile } from '../../harness/scenarios.ts';
import { Tail } from '../../harness/tail.ts';
import type { RunRecord } from '../../measure/run.ts';
import { beginLive } from '../../reports/terminal/state.ts';
import { LiveView } from '../../reports/terminal/view.ts';
import type { PipelineFigures } from './saturation.ts';
import { syntheticPlan } from './synthetic.ts';

/** More ticks than can be reached, so that every number belongs to the plan. */
const plan = syntheticPlan(2_000_000);

const [k6, target, folder, vus, seconds] = process.argv.slice(2) as [string, string, string, string, string];
const { service } = parseConfig({}, 'bench');
const settings = {
  run: `bench-${process.pid}`,
  seed: 1,
  profile: { retries: 0, thinkTimeMs: 0, weights: {} },
  service,
};
const file = scenarioFile('orders');
await describeScenario(file);
const script = join(folder, 'scenario.js');
const saturation = { vus: Number(vus), durationMs: Number(seconds) * 1000 };
writeFileSync(script, await bundleScenario({ scenarioFile: file, plan, settings, saturation }));
const evidence = join(folder, 'evidence.csv');
writeFileSync(evidence, '');

const log = new EventLog(join(folder, 'events.jsonl'));
const live = new LiveTimeline(plan, { write: (event) => log.write(event) });
// A terminal that nobody looks at: frames are drawn, and thrown away.
const screen = { isTTY: true, columns: 100, rows: 40, write: () => true, on: () => {}, off: () => {} };
const startedAt = new Date().toISOString();
const record = {
  run: settings.run,
  kind: 'load',
  profile: 'bench',
  target: { url: target },
  startedAt,
} as RunRecord;
const view = new LiveView(beginLive(record, plan, { lateLimitMs: 10, nowMs: Date.now() }), screen, {});
log.listen((event) => view.event(event));
const { BENCH_INFLUX_URL: url } = process.env;
const connection = url
  ? { url, database: 'bench', retentionPolicy: null, auth: { kind: 'none' } as const }
  : null;
const sink =
  connection && new InfluxSink(connection, { folder, run: record, plan }, (event) => log.write(event));
if (sink !== null) log.listen((event) => sink.event(event));
const tail = new Tail(evidence, (chunk) => live.push(chunk));
const before = process.cpuUsage();
const engine = await startK6(
  k6,
  script,
  { folder, plan, target, headers: {}, heapLimitBytes: null, longestMs: 60_000, enter: [] },
  '1.1',
);
const sampling = sampleGenerator(engine.pid, 2, (sample) => log.write(sample));
view.start();
sink?.start();
tail.start();
const redraw = setInterval(() => view.update(live.tick(Date.now())), 100);
const exit = await engine.exited;
await tail.finish();
clearInterval(redraw);
sampling.stop();
view.stop();
sink?.abandon();
live.finish(false, exit.atMs);
log.close();
const { user, system } = process.cpuUsage(before);
if (!exit.complete) throw new Error(exit.cause);
const { maxRSS } = process.resourceUsage();
const figures: PipelineFigures = { cpuMs: (user + system) / 1000, peakBytes: maxRSS * 1024 };
process.stdout.write(JSON.stringify(figures));
