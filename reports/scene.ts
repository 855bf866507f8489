/** What has been seen of the system under a drill up to a moment, and what each new sight means to a person. */
import type { DrillRecord } from '../measure/drill.ts';
import type { RunEvent } from '../measure/events.ts';
import { formatCount } from '../measure/format.ts';
import { regionName, withRegionNames } from './drill-words.ts';

export interface Scene {
  /** Faults in place, by id, the oldest first. */
  faults: readonly Extract<RunEvent, { kind: 'fault.injected' }>[];
  /** Faults that were injected so far, undone ones included. */
  injected: number;
  /** What the health checks say of a region. */
  healthy: Readonly<Record<string, boolean>>;
  /** What the service's name resolves to; null before anybody said. */
  dns: { answer: string; region: string | null } | null;
  tasks: Readonly<Record<string, { desired: number; running: number }>>;
  /** Orders that wait in a region to be replicated. */
  waiting: Readonly<Record<string, number>>;
  /** Nothing was left to replicate at some time since the last fault was undone. */
  caughtUp: boolean;
  listings: readonly Extract<RunEvent, { kind: 'listing.read' }>[];
}

export const EMPTY_SCENE: Scene = {
  faults: [],
  injected: 0,
  healthy: {},
  dns: null,
  tasks: {},
  waiting: {},
  caughtUp: false,
  listings: [],
};

export function foldScene(scene: Scene, event: RunEvent): Scene {
  switch (event.kind) {
    case 'fault.injected':
      return { ...scene, faults: [...scene.faults, event], injected: scene.injected + 1, caughtUp: false };
    case 'fault.undone':
      return { ...scene, faults: scene.faults.filter(({ id }) => id !== event.id) };
    case 'region.health':
      return { ...scene, healthy: { ...scene.healthy, [event.region]: event.healthy } };
    case 'dns.answer':
      return { ...scene, dns: { answer: event.answer, region: event.region } };
    case 'standby.tasks': {
      const { desired, running } = event;
      return { ...scene, tasks: { ...scene.tasks, [event.region]: { desired, running } } };
    }
    case 'replication.lag':
      return {
        ...scene,
        waiting: { ...scene.waiting, [event.region]: event.waiting },
        caughtUp: scene.caughtUp || catchesUp(scene, event),
      };
    case 'listing.read':
      return { ...scene, listings: [...scene.listings, event] };
    default:
      return scene;
  }
}

/** While orders arrive some are always on their way: told is only that a healed region has sent what it held back. */
const catchesUp = (scene: Scene, { waiting }: Extract<RunEvent, { kind: 'replication.lag' }>): boolean =>
  waiting === 0 && scene.injected > 0 && scene.faults.length === 0;

/** Something that a person would write on a timeline. */
export interface Moment {
  /** Epoch ms. */
  t: number;
  /** For a tick on a chart: `DNS: Tokyo`; empty where another tick at the same time says enough. */
  label: string;
  /** A sentence without a full stop. */
  what: string;
  /** Where that is written down. */
  evidence: string;
}

/** A listing, as its moment is called. */
const LISTING_WORDS = { cutover: 'at cut-over', healed: 'after heal' } as const;

/**
 * What an event means, compared with what was seen before it. The state in which a drill begins is no moment.
 * @returns null where nothing changed
 */
export function momentOf(event: RunEvent, before: Scene, drill: DrillRecord | null): Moment | null {
  const words = wordsOf(event, before, drill);
  return words === null ? null : { t: event.t, evidence: `events.jsonl: ${event.kind}`, ...words };
}

type Words = Pick<Moment, 'label' | 'what'> & Partial<Pick<Moment, 'evidence'>>;

function wordsOf(event: RunEvent, before: Scene, drill: DrillRecord | null): Words | null {
  switch (event.kind) {
    case 'steady.state': {
      const state = event.held
        ? 'the steady state held'
        : 'the steady state did NOT hold: nothing was broken';
      const sentence = withRegionNames(event.sentence, drill);
      return {
        label: event.held ? '' : 'no steady state',
        what: `${state}${sentence === '' ? '' : `: ${sentence}`}`,
      };
    }
    case 'fault.injected': {
      const words = withRegionNames(event.words, drill);
      return { label: `fault: ${words.split(':')[0]}`, what: `fault: ${words}` };
    }
    case 'fault.undone': {
      const words = withRegionNames(event.words, drill);
      const state = event.restored ? 'read back as it was before' : 'NOT as it was before';
      const label = event.restored ? 'fault undone' : 'fault NOT undone';
      return { label, what: `${words}, by ${UNDONE_BY[event.by]}; ${state}` };
    }
    case 'region.health':
      return healthWords(event, before);
    case 'dns.answer': {
      if (before.dns === null || before.dns.answer === event.answer) return null;
      const to = event.region === null ? event.answer : regionName(event.region);
      return { label: `DNS: ${to}`, what: `DNS answers with ${to} (${event.answer})` };
    }
    case 'standby.tasks':
      return taskWords(event, before);
    case 'replication.lag': {
      if (before.caughtUp || !catchesUp(before, event)) return null;
      return { label: 'replicated', what: `nothing is left to replicate in ${regionName(event.region)}` };
    }
    case 'listing.read': {
      const whole = event.complete ? '' : `, NOT complete: ${event.cause}`;
      return {
        label: `listing ${LISTING_WORDS[event.at]}`,
        what: `${formatCount(event.keys)} keys of ${regionName(event.region)} were listed ${LISTING_WORDS[event.at]}${whole}`,
        evidence: event.file,
      };
    }
    default:
      return null;
  }
}

const UNDONE_BY = {
  drill: 'the drill',
  expiry: 'its own expiry',
  watchdog: 'the watchdog',
  restore: 'npm run restore',
} as const;

function healthWords(event: Extract<RunEvent, { kind: 'region.health' }>, before: Scene): Words | null {
  const had = before.healthy[event.region];
  if (had === event.healthy || (had === undefined && event.healthy)) return null;
  const name = event.region === '' ? 'the target' : regionName(event.region);
  const state = event.healthy ? 'healthy' : 'unhealthy';
  return {
    label: `${name} ${state}`,
    what: `health checks call ${name} ${state}${event.cause === '' ? '' : `: ${event.cause}`}`,
  };
}

function taskWords(event: Extract<RunEvent, { kind: 'standby.tasks' }>, before: Scene): Words | null {
  const had = before.tasks[event.region];
  const { desired, running } = event;
  if (had === undefined || (had.desired === desired && had.running === running)) return null;
  const name = regionName(event.region);
  if (had.desired !== desired) {
    const told = `${name} is told to run ${tasksOf(desired)}, runs ${formatCount(running)}`;
    return { label: '', what: told };
  }
  if (running !== desired) return null;
  const all = running === 1 ? `${name} runs its one task` : `${name} runs all ${formatCount(running)} tasks`;
  return { label: `${name}: ${tasksOf(running)}`, what: all };
}

const tasksOf = (count: number): string => `${formatCount(count)} ${count === 1 ? 'task' : 'tasks'}`;
