import { describe, expect, it } from 'vitest';
import type { DrillPhase } from '../../measure/drill.ts';
import type { RunEvent } from '../../measure/events.ts';
import type { Measurement } from '../../measure/measurement.ts';
import {
  claimedWords,
  drillFacts,
  regionName,
  withNamedRegions,
  withRegionNames,
} from '../../reports/drill-words.ts';
import { momentsOf } from '../../reports/moments.ts';
import { EMPTY_SCENE, foldScene, momentOf } from '../../reports/scene.ts';
import { shortenings } from '../../reports/shortening.ts';
import { verdictSentence } from '../../reports/words.ts';
import { abortedDrill, noFailover, regionLoss, replicationStall, withoutBite } from './drills.ts';
import { passed } from './fixture.ts';
import { ZERO_MS } from './story.ts';

describe('regions', () => {
  it.each([
    ['seoul', 'Seoul'],
    ['ap-northeast-2', 'ap-northeast-2'],
    ['eu2', 'eu2'],
    ['-', 'a region that did not say its name'],
  ])('%s is written %s', (region, name) => {
    expect(regionName(region)).toBe(name);
  });

  it('are capitalised in sentences, and in no address', () => {
    const { drill } = regionLoss().run;
    expect(withRegionNames('seoul is down, http://seoul.example and tokyo-2 are not. tokyo.', drill)).toBe(
      'Seoul is down, http://seoul.example and tokyo-2 are not. Tokyo.',
    );
    expect(withRegionNames('seoul', null)).toBe('seoul');
  });

  it('are capitalised in what a verdict says, and a load is left as it is', () => {
    expect(withNamedRegions(withoutBite()).verdict.reasons[0]).toContain('while Seoul was slow');
    const load = passed();
    expect(withNamedRegions(load)).toBe(load);
  });
});

describe('claims of a drill', () => {
  it('are told as they were declared and as they ran', () => {
    const { run, verdict } = regionLoss();
    expect(verdict.claims.map((claim) => claimedWords(claim, run))).toEqual([
      '≤ 6 s (2 min at 0.05)',
      '≤ 2 s',
    ]);
    const whole = { ...run, timeScale: 1, drill: { ...run.drill!, claimsAsDeclared: verdict.claims } };
    expect(claimedWords(verdict.claims[0]!, whole)).toBe('≤ 6 s');
  });
});

const fact = (measurement: Measurement, label: string): string | undefined =>
  drillFacts(measurement).find((each) => each.label === label)?.sentence;

describe('facts of a drill', () => {
  it('say what was predicted, and whether it was so', () => {
    expect(fact(regionLoss(), 'predicted')).toBe('PASS with RTO 2-5.95 s; it was so');
    const otherwise = regionLoss();
    otherwise.verdict.drill!.predicted.held = false;
    expect(fact(otherwise, 'predicted')).toBe('PASS with RTO 2-5.95 s; it was not so');
  });

  it('count the faults that were undone, and say what to do about the others', () => {
    expect(fact(replicationStall(), 'restored')).toBe('2 of 2 faults undone and read back');
    expect(fact(noFailover(), 'restored')).toMatch(/^NO, 1 of 2 .*npm run restore/);
    const forgotten = abortedDrill();
    forgotten.verdict.drill!.restored = null;
    expect(fact(forgotten, 'restored')).toMatch(/^not known, 1 of 1/);
    const early = { ...abortedDrill(), events: [] };
    expect(fact(early, 'restored')).toContain('nothing to undo');
  });

  it('say once that a failover is proved', () => {
    const measurement = regionLoss();
    measurement.verdict.drill!.cause.sentence = 'failover proved: Tokyo answered from 00:21.4';
    expect(fact(measurement, 'failover')).toBe('proved: Tokyo answered from 00:21.4');
  });

  it('speak of an expectation only where it is FAIL', () => {
    expect(fact(regionLoss(), 'expected')).toBeUndefined();
    expect(fact(noFailover(), 'expected')).toContain('and so it is');
    const gone = replicationStall();
    gone.verdict.verdict = 'PASS';
    expect(fact(gone, 'expected')).toContain('the weakness is gone');
  });

  it('are none for a load', () => {
    expect(drillFacts(passed())).toEqual([]);
    expect(momentsOf(passed())).toEqual([]);
    expect(shortenings(passed())).toEqual([]);
  });

  it('sum a drill up in one sentence', () => {
    expect(verdictSentence(regionLoss())).toBe(
      'every claim held: Tokyo served 4.31 s after Seoul was lost; 37 acknowledged orders were lost',
    );
  });
});

describe('what would have to be shorter', () => {
  /** An outage of phases so many seconds long, claimed to last 3 s at most. */
  function lasting(...lengths: [DrillPhase['name'], number | null][]): Measurement {
    const measurement = regionLoss();
    const drill = measurement.verdict.drill!;
    let at = ZERO_MS + 17_000;
    drill.phases = lengths.map(([name, seconds]) => {
      const from = at;
      at += (seconds ?? 0) * 1_000;
      return { name, from_ms: from, to_ms: seconds === null ? null : at };
    });
    const total = lengths.reduce((sum, [, seconds]) => sum + (seconds ?? 0), 0);
    const isOpen = lengths.some(([, seconds]) => seconds === null);
    drill.rto = { seconds: isOpen ? null : total, low: total, high: isOpen ? null : total };
    measurement.verdict.claims[0]!.claimed = 3;
    measurement.run.drill!.predicted.rto = null;
    return measurement;
  }

  it('names every phase that would do alone, and to what length', () => {
    const said = shortenings(lasting(['detect', 2], ['dns', 0.2], ['ttl', 1.5]));
    expect(said.slice(0, 3)).toEqual([
      'RTO would have to be 700 ms shorter.',
      'detect (2 s) alone would do, at 1.3 s or less: interval, threshold and timeout of the health checks.',
      'TTL (1.5 s) alone would do, at 800 ms or less: the TTL of the DNS record.',
    ]);
    expect(said.at(-1)).toContain('20 times as long');
  });

  it('says where no phase alone would do', () => {
    expect(shortenings(lasting(['detect', 4], ['ttl', 4], ['scale', 3]))[0]).toBe(
      'RTO would have to be 8 s shorter. No phase alone makes up for that; the longest are detect (4 s) and TTL (4 s).',
    );
  });

  it('says what an outage stood still at', () => {
    expect(shortenings(lasting(['detect', 1], ['dns', null]))[0]).toMatch(
      /stood still at DNS, which did not end/,
    );
  });

  it('says what there is to spare, and what the timers allow', () => {
    const measurement = regionLoss();
    measurement.run.drill!.predicted.rto!.highMs = 7_000;
    expect(shortenings(measurement).slice(0, 3)).toEqual([
      'RTO had 1.69 s to spare. Most of it went into detect (1.9 s).',
      'As configured it holds only sometimes: the timers add up to between 2 s and 7 s, depending on the moment of the loss.',
      'RPO had 1.58 s to spare.',
    ]);
    measurement.run.drill!.predicted.rto!.lowMs = 6_500;
    expect(shortenings(measurement)[1]).toContain('can never hold: the timers alone add up to 6.5 s at best');
  });

  it('says by how much RPO was missed', () => {
    expect(shortenings(replicationStall()).find((each) => each.startsWith('RPO'))).toBe(
      'RPO would have to be 6.1 s shorter: an acknowledged order may wait 2 s to be replicated, and some waited 8.1 s. Predicted from: replication is paused for 8.1 s before the loss.',
    );
  });
});

describe('moments', () => {
  const { drill } = regionLoss().run;
  const told = (events: RunEvent[]): string[] => {
    let scene = EMPTY_SCENE;
    return events.flatMap((event) => {
      const moment = momentOf(event, scene, drill);
      scene = foldScene(scene, event);
      return moment === null ? [] : [moment.what];
    });
  };
  const seoul = { t: 1, observed: true, region: 'seoul' } as const;

  it('are changes: the state in which a drill begins is none, nor is one that is told again', () => {
    const dns = { t: 1, kind: 'dns.answer', observed: true, answer: '127.1.0.10', region: 'seoul' } as const;
    const tasks = {
      t: 1,
      kind: 'standby.tasks',
      observed: true,
      region: 'tokyo',
      desired: 2,
      running: 2,
    } as const;
    const well = { ...seoul, kind: 'region.health', healthy: true, cause: '' } as const;
    expect(told([dns, tasks, well, dns, tasks, well])).toEqual([]);
    expect(told([dns, { ...dns, answer: '10.0.0.7', region: null }])).toEqual([
      'DNS answers with 10.0.0.7 (10.0.0.7)',
    ]);
    expect(told([well, { ...well, healthy: false, cause: 'refused' }])).toEqual([
      'health checks call Seoul unhealthy: refused',
    ]);
  });

  it('tell of tasks when more are wanted and when all of them run', () => {
    const at = (desired: number, running: number): RunEvent => ({
      t: 1,
      kind: 'standby.tasks',
      observed: true,
      region: 'tokyo',
      desired,
      running,
    });
    expect(told([at(2, 2), at(6, 2), at(6, 3), at(6, 5), at(6, 6)])).toEqual([
      'Tokyo is told to run 6 tasks, runs 2',
      'Tokyo runs all 6 tasks',
    ]);
  });

  it('tell once that replication caught up, and only after heal', () => {
    const lag = (waiting: number): RunEvent => ({ ...seoul, kind: 'replication.lag', waiting });
    const kill = {
      ...seoul,
      kind: 'fault.injected',
      id: 'kill',
      fault: 'region.kill',
      words: 'kill seoul',
    } as const;
    const heal = {
      ...seoul,
      kind: 'fault.undone',
      id: 'kill',
      fault: 'region.kill',
      by: 'drill',
      restored: true,
      words: 'seoul runs',
    } as const;
    expect(told([lag(5), lag(0), kill, lag(9), heal, lag(4), lag(0), lag(3), lag(0)])).toEqual([
      'fault: kill Seoul',
      'Seoul runs, by the drill; read back as it was before',
      'nothing is left to replicate in Seoul',
    ]);
  });
});
