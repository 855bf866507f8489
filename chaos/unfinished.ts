/** Drills that have not put everything back. */
import { basename, resolve } from 'node:path';
import { listRunNames } from '../harness/run-folder.ts';
import { Problem } from '../measure/problem.ts';
import { isUnderWay, readJournal } from './journal.ts';
import type { JournalState } from './journal-state.ts';

/** A run with something left to do. */
export interface Left {
  folder: string;
  run: string;
  state: JournalState;
}

/**
 * For the start of a drill: nothing is broken on top of what is broken already.
 * @throws Problem E_UNFINISHED, naming the run and what to do
 */
export function refuseIfUnfinished(runsDir: string): void {
  for (const { run, state } of findLeft(runsDir)) {
    if (isUnderWay(state)) {
      throw new Problem(
        'E_UNFINISHED',
        `${run} is under way (process ${state.opened?.pid}). Expected one drill at a time. Wait for its end, or end it with npm run restore -- --run ${run}`,
      );
    }
    throw new Problem(
      'E_UNFINISHED',
      `${run} has ended without putting everything back (${namesOf(state)}). Expected a system as it was. Use npm run restore -- --run ${run}`,
    );
  }
}

/** Those of a folder of runs, the oldest first. @throws Problem where a journal cannot be read */
export function findLeft(runsDir: string): Left[] {
  return listRunNames(runsDir).flatMap((run) => lookAt(resolve(runsDir, run)));
}

/** A journal that was not closed is left as well: its drill may have been killed before its first fault. */
export function lookAt(folder: string): Left[] {
  const state = readJournal(folder);
  if (state === null) return [];
  if (state.isClosed && state.unfinished.length === 0 && state.lost.length === 0) return [];
  return [{ folder, run: state.opened?.run ?? basename(folder), state }];
}

/** `region.kill seoul`. */
export const nameOf = ({ fault, region }: { fault: string; region: string | null }): string =>
  region === null ? fault : `${fault} ${region}`;

function namesOf({ unfinished, lost }: JournalState): string {
  const names = [...unfinished.map(({ intent }) => nameOf(intent)), ...lost];
  return names.length === 0 ? 'it was not closed' : names.join(', ');
}
