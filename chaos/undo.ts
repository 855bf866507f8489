/**
 * Puts everything back, the last fault first, each only where it is still ours, and reads back. One that throws or hangs
 * does not keep the others.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../measure/problem.ts';
import { causeOf } from './cause.ts';
import { type Journal, noteEntry, readJournal } from './journal.ts';
import { type LockHolder, withJournalLock } from './journal-lock.ts';
import type { JournalEntry, JournalledFault, JournalState, UndoneBy } from './journal-state.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { Fault, Json, Platform } from './platform.ts';
import type { Gone, ReopenByName } from './platforms.ts';
import { within } from './within.ts';

/** What became of undoing one fault. */
export interface Undoing {
  id: string;
  fault: string;
  region: string | null;
  outcome: 'undone' | 'not-ours' | 'was-never-injected' | 'failed';
  /** Read back and found as it was. */
  restored: boolean;
  /** How it is not as it was, what failed, or why there was nothing to undo; may be empty where it is restored. */
  words: string;
}

export interface UndoneAll {
  /** Of those that were still to undo, in the order in which they were undone. */
  undoings: Undoing[];
  /** Every fault of the drill is undone and read back, also those of earlier. */
  restored: boolean;
  /** Why the journal does not hold all of this, empty where it does. */
  trouble: string;
}

/** `4 of 4 faults undone and read back`. */
export function countBack(undoings: readonly Undoing[]): string {
  const back = undoings.filter(({ restored }) => restored).length;
  return `${back} of ${undoings.length} fault${undoings.length === 1 ? '' : 's'} undone and read back`;
}

interface Undoer {
  journal: Journal;
  platform: Platform | Gone;
  by: UndoneBy;
  limits: Limits;
}

const READ_AGAIN_MS = 200;

/**
 * Undoes what is unfinished in a journal and closes it when nothing is left. Asked twice, it does no harm.
 * @throws Problem E_JOURNAL_LOCKED, E_JOURNAL
 */
export async function undoAll(
  journal: Journal,
  platform: Platform,
  by: LockHolder,
  limits: Limits = LIMITS,
): Promise<UndoneAll> {
  return withJournalLock(journal.folder, by, limits.lockMs, () =>
    undoUnfinished({ journal, platform, by, limits }, stateOf(journal)),
  );
}

/**
 * As `undoAll`, for a process that knows nothing of the drill: the platform is opened again, where there is anything to
 * undo, and closed.
 * @throws Problem E_JOURNAL_LOCKED, E_JOURNAL, and what `reopen` throws
 */
export async function undoLeft(
  journal: Journal,
  reopen: ReopenByName,
  by: 'watchdog' | 'restore',
  limits: Limits = LIMITS,
): Promise<UndoneAll> {
  return withJournalLock(journal.folder, by, limits.lockMs, async () => {
    const state = stateOf(journal);
    const nothing: Gone = { gone: 'nothing is left to undo' };
    const platform =
      state.unfinished.length === 0 ? nothing : await reopenFor(journal, state, reopen, limits);
    const done = await undoUnfinished({ journal, platform, by, limits }, state);
    if ('gone' in platform) return done;
    const left = await within(limits.undoMs, 'ending it', () => platform.close()).catch(causeOf);
    return { ...done, trouble: done.trouble || left };
  });
}

function reopenFor(
  { folder }: Journal,
  { opened }: JournalState,
  reopen: ReopenByName,
  { undoMs }: Limits,
): Promise<Platform | Gone> {
  if (opened === null) {
    throw new Problem(
      'E_JOURNAL',
      `the first line of ${folder}/journal.jsonl is not readable: it says where the drill took place. Expected it whole. Put back by hand what its other lines name, then remove the file.`,
    );
  }
  const { name, journalled } = opened.platform;
  return within(undoMs, `opening ${name} again`, () => reopen(name, journalled));
}

async function undoUnfinished(undoer: Undoer, before: JournalState): Promise<UndoneAll> {
  const { journal, by } = undoer;
  const done = await undoEach(undoer, before.unfinished);
  const restored = isRestored(before, done.undoings);
  const { unfinished, lost, isClosed } = stateOf(journal);
  if (unfinished.length > 0 || lost.length > 0 || isClosed) return { ...done, restored };
  return { ...done, restored, trouble: noteEntry(journal, { kind: 'closed', by, restored }) };
}

/**
 * Undoes one fault at its planned time.
 * @param by `expiry` where the platform was seen to do it by itself
 * @returns null where it is undone already, by whomever
 * @throws Problem E_JOURNAL_LOCKED, E_JOURNAL
 */
export async function undoFault(
  journal: Journal,
  platform: Platform,
  id: string,
  by: 'drill' | 'expiry' = 'drill',
  limits: Limits = LIMITS,
): Promise<Undoing | null> {
  return withJournalLock(journal.folder, 'drill', limits.lockMs, async () => {
    const wanted = stateOf(journal).unfinished.filter(({ intent }) => intent.id === id);
    return (await undoEach({ journal, platform, by, limits }, wanted)).undoings[0] ?? null;
  });
}

function stateOf({ folder }: Journal): JournalState {
  const state = readJournal(folder);
  if (state !== null) return state;
  throw new Problem(
    'E_JOURNAL',
    `${folder} has no journal. Expected that of a drill. Look into the runs folder.`,
  );
}

async function undoEach(
  undoer: Undoer,
  faults: readonly JournalledFault[],
): Promise<Omit<UndoneAll, 'restored'>> {
  const undoings: Undoing[] = [];
  const troubles: string[] = [];
  const note = (undoing: Undoing): void => {
    undoings.push(undoing);
    const trouble = noteEntry(undoer.journal, entryOf(undoing, undoer.by));
    if (trouble !== '') troubles.push(trouble);
  };
  const toLookAtAgain: { fault: JournalledFault; first: Undoing }[] = [];
  for (const fault of faults) {
    const undoing = await undoOne(undoer, fault);
    if (mayStillArrive(undoer, fault)) toLookAtAgain.push({ fault, first: undoing });
    else note(undoing);
  }
  for (const { fault, first } of toLookAtAgain) {
    await pause(Math.max(0, untilSettled(fault, undoer.limits)));
    const again = await undoOne(undoer, fault);
    // As it was by now, because it has just been undone.
    const wasUndone = again.outcome === 'was-never-injected' && first.outcome === 'undone';
    note(wasUndone ? { ...again, outcome: 'undone' } : again);
  }
  return { undoings, trouble: troubles[0] ?? '' };
}

/** The drill ended while it injected, a moment ago. */
const mayStillArrive = ({ platform, limits }: Undoer, fault: JournalledFault): boolean =>
  !('gone' in platform) && fault.ours === undefined && untilSettled(fault, limits) > 0;

/** However the machine's clock was set meanwhile. */
const untilSettled = ({ intent }: JournalledFault, { settleMs }: Limits): number =>
  Math.min(settleMs, intent.atMs + settleMs - Date.now());

async function undoOne({ platform, limits }: Undoer, journalled: JournalledFault): Promise<Undoing> {
  const { id, fault: name, region, args } = journalled.intent;
  const undoing = { id, fault: name, region };
  if ('gone' in platform) return { ...undoing, outcome: 'undone', restored: true, words: platform.gone };
  try {
    const { outcome, words } = await revert(platform.fault(name, region, args), journalled, limits);
    return { ...undoing, outcome, restored: words === '', words };
  } catch (error) {
    return { ...undoing, outcome: 'failed', restored: false, words: causeOf(error) };
  }
}

async function revert(
  fault: Fault,
  { intent: { prior }, ours }: JournalledFault,
  limits: Limits,
): Promise<{ outcome: Exclude<Undoing['outcome'], 'failed'>; words: string }> {
  const wasAsBefore = ours === undefined && (await readBack(fault, prior, limits)) === '';
  // Also then: what reads back as it was need not show everything that a fault does.
  const outcome = await within(limits.undoMs, 'undoing it', () => fault.undo(prior, ours));
  const until = performance.now() + limits.verifyMs;
  let words = await readBack(fault, prior, limits);
  while (words !== '' && outcome === 'undone' && performance.now() < until) {
    await pause(READ_AGAIN_MS);
    words = await readBack(fault, prior, limits);
  }
  return { outcome: wasAsBefore && words === '' ? 'was-never-injected' : outcome, words };
}

/** @returns how it is not as it was */
async function readBack(fault: Fault, prior: Json, { verifyMs }: Limits): Promise<string> {
  try {
    return await within(verifyMs, 'reading back', () => fault.verify(prior));
  } catch (error) {
    return `it could not be read back: ${causeOf(error)}`;
  }
}

function entryOf({ id, outcome, restored, words }: Undoing, by: UndoneBy): JournalEntry {
  if (outcome === 'failed') return { kind: 'failed', id, by, cause: words };
  return { kind: 'undone', id, by, outcome, verified: restored, words };
}

function isRestored({ faults, unfinished, lost }: JournalState, undoings: readonly Undoing[]): boolean {
  const before = faults.filter((fault) => !unfinished.includes(fault));
  const wasRestored = before.every(({ last }) => last?.kind === 'undone' && last.verified);
  return lost.length === 0 && wasRestored && undoings.every(({ restored }) => restored);
}
