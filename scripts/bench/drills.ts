/** Drills whose truth is known: what was measured against what the lab knows of itself. */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DrillRequest } from '../../chaos/drill.ts';
import { type Accuracy, accuracyOf } from './drill-accuracy.ts';
import type { BenchSection } from './table.ts';

const CHILD = fileURLToPath(new URL('./drill-child.ts', import.meta.url));
const TIME_SCALE = 0.05;
/** In turn. */
const DRILLS = ['region-loss', 'region-freeze', 'standby-slow', 'replication-stall'] as const;

interface Drilled extends Accuracy {
  name: string;
  seed: number;
}

/** @param rounds drills, each of a seed of its own: chance chooses them */
export function benchDrills(rounds: number): BenchSection {
  const drilled = Array.from({ length: rounds }, (_, i) =>
    run(DRILLS[i % DRILLS.length]!, randomInt(2 ** 32)),
  );
  const inside = drilled.filter(({ inside: isInside }) => isInside).length;
  const exact = drilled.filter(isExact).length;
  return {
    title: "Drills against the lab's own truth",
    how: `Drills in the lab at their usual rate, each with a seed that chance chose: when health checks look, and how long each order takes to be replicated, depend on it. The truth is the supervisor's: the instant of its signal, and what stands in each region's store. RTO's truth ends with the first order after which the survivor's own log meets the plan.`,
    command: `npm run bench -- --only drills --rounds ${rounds}`,
    headings: [
      'drill',
      'seed',
      'true RTO, s',
      'measured, s',
      'inside',
      'truly lost',
      'named',
      'the same orders',
    ],
    rows: drilled.map((each) => [
      each.name,
      String(each.seed),
      each.rtoTruth.toFixed(3),
      `${show(each.rto.seconds)} [${show(each.rto.low)}, ${show(each.rto.high)}]`,
      each.inside ? 'yes' : 'no',
      each.lostTruth.length.toLocaleString('en'),
      each.lost.length.toLocaleString('en'),
      isExact(each) ? 'yes' : 'no',
    ]),
    findings: [
      `${inside} of ${rounds} true RTOs lay within the error bar.`,
      `${exact} of ${rounds} ledgers named exactly the orders that were lost.`,
    ],
  };
}

/** Null: never. */
const show = (seconds: number | null): string => (seconds === null ? '∞' : seconds.toFixed(3));

const isExact = ({ lost, lostTruth }: Accuracy): boolean => lost.join() === lostTruth.join();

function run(drill: string, seed: number): Drilled {
  const folder = mkdtempSync(join(tmpdir(), 'bench-drill-'));
  try {
    const truth = join(folder, 'truth.jsonl');
    const request: DrillRequest = {
      drill,
      platform: 'lab',
      config: undefined,
      rate: undefined,
      influx: undefined,
      runsDir: join(folder, 'runs'),
      timeScale: TIME_SCALE,
      seed,
      anyway: false,
      command: `npm run drill -- ${drill} --seed ${seed}`,
      labTruth: truth,
    };
    const child = spawnSync(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(request)], {
      encoding: 'utf8',
    });
    const found = /\nfolder (.*)\n/.exec(child.stdout)?.[1];
    if (found === undefined)
      throw new Error(`${drill} with seed ${seed} did not end: ${child.stdout}${child.stderr}`);
    return { name: drill, seed, ...accuracyOf(found, truth) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
