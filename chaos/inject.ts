/** Breaks one thing, after its undo is on the disk. */
import { Problem } from '../measure/problem.ts';
import { causeOf } from './cause.ts';
import { appendEntry, type Journal, noteEntry, readJournal } from './journal.ts';
import { withJournalLock } from './journal-lock.ts';
import { LIMITS, type Limits } from './limits.ts';
import type { Fault, Json } from './platform.ts';
import { within } from './within.ts';

/** A fault as the drill's timeline has it. */
export interface Aim {
  /** Unique in the drill. */
  id: string;
  fault: string;
  region: string | null;
  args: Readonly<Record<string, number | string>>;
  /** It undoes itself after this where the platform can, ms. */
  expiresMs: number;
}

/**
 * Reads the value before, writes it into the journal, injects, writes what is ours. A fault that throws or hangs may be
 * in place nevertheless: it stays unfinished, for `undoAll`.
 * @returns epoch ms: injecting began, and had ended
 * @throws Problem where the intent is not safely on the disk or the journal is no longer the drill's (nothing was
 * injected then), and where injecting failed
 */
export async function injectFault(
  journal: Journal,
  aim: Aim,
  fault: Fault,
  limits: Limits = LIMITS,
): Promise<{ fromMs: number; atMs: number }> {
  return withJournalLock(journal.folder, 'drill', limits.lockMs, async () => {
    refuseIfNotOurs(journal, aim);
    const { id, fault: name, region, args, expiresMs } = aim;
    const prior = await within(limits.undoMs, `reading what ${name} would change`, () => fault.read());
    const fromMs = Date.now();
    appendEntry(journal, {
      kind: 'intent',
      id,
      fault: name,
      region,
      args: { ...args },
      prior,
      expiresMs,
      atMs: fromMs,
    });
    let ours: Json;
    try {
      ours = await within(limits.undoMs, 'injecting', () => fault.inject(prior, expiresMs));
    } catch (error) {
      noteEntry(journal, { kind: 'failed', id, by: 'drill', cause: causeOf(error) });
      throw new Problem(
        'E_INJECT',
        `${name} could not be injected: ${causeOf(error)}. Expected it to take hold. What it may have done is undone with the rest.`,
      );
    }
    const atMs = Date.now();
    try {
      appendEntry(journal, { kind: 'injected', id, ours, atMs });
    } catch (error) {
      // After a crash nobody would know whether it is ours. What cannot be done here is left to `undoAll`.
      await within(limits.undoMs, 'undoing', () => fault.undo(prior, ours)).catch(() => {});
      throw error;
    }
    return { fromMs, atMs };
  });
}

function refuseIfNotOurs(journal: Journal, { id, fault }: Aim): void {
  const unwatched = journal.unwatched?.() ?? '';
  if (unwatched !== '') {
    throw new Problem(
      'E_WATCHDOG',
      `${fault} was not injected: ${unwatched}. Expected a watchdog that puts things back should the drill die. Start the drill again.`,
    );
  }
  const state = readJournal(journal.folder);
  if (state?.takenOver != null || state?.isClosed) {
    const who = state.takenOver ?? 'drill itself';
    throw new Problem(
      'E_JOURNAL_CLOSED',
      `${fault} was not injected: the ${who} has undone the faults of this drill. Expected nothing to be broken after that. Start the drill again.`,
    );
  }
  if (state?.opened == null) {
    throw new Problem(
      'E_JOURNAL',
      `${journal.folder} has no journal any more. Expected the drill's own. Start the drill again.`,
    );
  }
  if (state.faults.some(({ intent }) => intent.id === id))
    throw new Error(`fault ${id} is in the journal already`);
}
