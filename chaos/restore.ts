/** Says what earlier drills left broken, and puts it back. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Problem } from '../measure/problem.ts';
import { causeOf } from './cause.ts';
import { isUnderWay } from './journal.ts';
import type { JournalledFault } from './journal-state.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { ReopenByName } from './platforms.ts';
import { keepRestored } from './restored.ts';
import { countBack, type Undoing, undoLeft } from './undo.ts';
import { findLeft, type Left, lookAt, nameOf } from './unfinished.ts';

/**
 * Undoes what is unfinished.
 * @param wanted a run's name or folder; every run of `runsDir` where it is undefined
 * @param tell is told what a person wants to know, line by line
 * @returns true when all is as it was
 * @throws Problem where there is no such run
 */
export async function restoreRuns(
  { runsDir, wanted }: { runsDir: string; wanted: string | undefined },
  reopen: ReopenByName,
  tell: (line: string) => void,
  limits: Limits = LIMITS,
): Promise<boolean> {
  const left = wanted === undefined ? findLeft(runsDir) : lookAt(findJournal(runsDir, wanted));
  if (left.length === 0) {
    const where =
      wanted === undefined
        ? `no drill in ${runsDir} has left anything broken`
        : `${wanted} has left nothing broken`;
    tell(`nothing to undo: ${where}`);
    return true;
  }
  let isRestored = true;
  for (const each of left) isRestored = (await restoreRun(each, reopen, tell, limits)) && isRestored;
  return isRestored;
}

function findJournal(runsDir: string, wanted: string): string {
  const found = [wanted, join(runsDir, wanted)].find((folder) => existsSync(join(folder, 'journal.jsonl')));
  if (found !== undefined) return resolve(found);
  throw new Problem(
    'E_RUN_NOT_FOUND',
    `${wanted} is no drill's folder: it has no journal.jsonl. Expected a path, or a name out of npm run report -- --list.`,
    '--run',
  );
}

async function restoreRun(
  { folder, run, state }: Left,
  reopen: ReopenByName,
  tell: (line: string) => void,
  limits: Limits,
): Promise<boolean> {
  const where = state.opened === null ? '' : ` on ${state.opened.platform.name}`;
  tell(`${run}${where}: ${plural(state.unfinished.length, 'fault')} to undo`);
  if (isUnderWay(state))
    tell(`  its drill is still running (process ${state.opened?.pid}) and will break nothing more`);
  for (const fault of state.unfinished) tell(`  ${describe(fault)}`);
  if (state.leftOut > 0)
    tell(`  ${plural(state.leftOut, 'line')} of its journal left out: torn, or not ours`);
  for (const id of state.lost)
    tell(
      `  ${id} was injected, and the line that says how to undo it is torn: put it back by hand, then remove journal.jsonl`,
    );
  try {
    const done = await undoLeft({ folder, run }, reopen, 'restore', limits);
    for (const undoing of done.undoings) tell(`  ${sentence(undoing)}`);
    if (done.trouble !== '') tell(`  ${done.trouble}`);
    const verdict = keepRestored(folder, done.restored);
    if (verdict !== '') tell(`  ${verdict}`);
    tell(`${done.restored ? 'restored' : 'RESTORE FAILED'}  ${countBack(done.undoings)}`);
    return done.restored;
  } catch (error) {
    keepRestored(folder, false);
    tell(`RESTORE FAILED  ${causeOf(error)}`);
    return false;
  }
}

function describe({ intent, ours }: JournalledFault): string {
  const sure = ours === undefined ? ', if it was injected at all: the drill ended in the middle of it' : '';
  return `${nameOf(intent)}, back to ${JSON.stringify(intent.prior)}${sure}`;
}

function sentence({ outcome, restored, words, ...fault }: Undoing): string {
  const name = nameOf(fault);
  switch (outcome) {
    case 'undone':
      if (restored) return `undone  ${name}${words === '' ? '' : `: ${words}`}`;
      return `FAILED  ${name} was undone and is not as it was: ${words}`;
    case 'was-never-injected':
      return `undone  ${name}: it is as it was, the drill ended before it was injected`;
    case 'not-ours':
      if (restored) return `undone  ${name}: it was as it was already`;
      return `FAILED  ${name} was changed by somebody else and is left alone: ${words}`;
    case 'failed':
      return `FAILED  ${name}: ${words}`;
  }
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
