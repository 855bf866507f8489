/** What a journal's lines say, and what they come to: pure functions. */
import { z } from 'zod';
import type { Json } from './platform.ts';

export const JOURNAL_SCHEMA = 'stormproof.journal/1';

/** Who undoes. `expiry`: the platform did by itself. */
export type UndoneBy = 'drill' | 'expiry' | 'watchdog' | 'restore';

const by = z.enum(['drill', 'expiry', 'watchdog', 'restore']);
const json: z.ZodType<Json> = z.json();

const ENTRY = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('opened'),
    schema: z.literal(JOURNAL_SCHEMA),
    run: z.string(),
    /** What opens the platform again. */
    platform: z.object({ name: z.string(), journalled: json }),
    /** The drill's process. */
    pid: z.number(),
    /** Tells one start of the machine from the next; null where it has no such thing. */
    bootId: z.string().nullable(),
    /** ISO 8601. */
    startedAt: z.string(),
  }),
  z.object({
    kind: z.literal('intent'),
    /** Unique in the drill. */
    id: z.string(),
    fault: z.string(),
    region: z.string().nullable(),
    args: z.record(z.string(), z.union([z.number(), z.string()])),
    /** The value before. */
    prior: json,
    expiresMs: z.number(),
    /** Epoch ms. */
    atMs: z.number(),
  }),
  z.object({
    kind: z.literal('injected'),
    id: z.string(),
    /** The value that is the drill's own. */
    ours: json,
    /** Epoch ms: injecting had ended. */
    atMs: z.number(),
  }),
  z.object({
    kind: z.literal('undone'),
    id: z.string(),
    by,
    /** `not-ours`: somebody else has changed it since, and it was left alone. */
    outcome: z.enum(['undone', 'not-ours', 'was-never-injected']),
    /** Read back and found as it was. */
    verified: z.boolean(),
    /** How it is not as it was; empty where it is. */
    words: z.string(),
  }),
  /** An injection or an undo that threw or took too long. */
  z.object({ kind: z.literal('failed'), id: z.string(), by, cause: z.string() }),
  /** Nothing is left to undo, and nothing may be injected any more. */
  z.object({ kind: z.literal('closed'), by, restored: z.boolean() }),
]);

export type JournalEntry = z.infer<typeof ENTRY>;
type Entry<K extends JournalEntry['kind']> = Extract<JournalEntry, { kind: K }>;

/** One fault of a drill, as far as its journal knows. */
export interface JournalledFault {
  intent: Entry<'intent'>;
  /** Undefined where the drill ended before it knew: whether the fault is in place is not known then. */
  ours: Json | undefined;
  /** What became of the last attempt to undo it; null where there was none. */
  last: Entry<'undone'> | Entry<'failed'> | null;
}

export interface JournalState {
  /** Null where the first line is not readable: then it is not known where the drill took place. */
  opened: Entry<'opened'> | null;
  /** In the order in which they were injected. */
  faults: JournalledFault[];
  /** Faults still to undo, the last one first. */
  unfinished: JournalledFault[];
  /** Ids of faults that were injected and whose intent is not readable: nothing says how to undo them. */
  lost: string[];
  isClosed: boolean;
  /** Watchdog or restore have been at work: the drill must not inject any more. */
  takenOver: 'watchdog' | 'restore' | null;
  /** Every fault was undone and read back; null while that is not known. */
  restored: boolean | null;
  /** Lines that could not be read: torn by a crash or a full disk, or not ours. */
  leftOut: number;
}

/** The entries of a journal's text, and how many lines are none. Whatever the text is, it does not throw. */
export function parseJournal(text: string): { entries: JournalEntry[]; leftOut: number } {
  const lines = text.split('\n').filter((line) => line !== '');
  const entries = lines.flatMap((line) => {
    const entry = ENTRY.safeParse(parseJson(line));
    return entry.success ? [entry.data] : [];
  });
  return { entries, leftOut: lines.length - entries.length };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Folds a journal's text into what is still to do. */
export function foldJournal(text: string): JournalState {
  const { entries, leftOut } = parseJournal(text);
  const faults = new Map<string, JournalledFault>();
  const lost: string[] = [];
  let opened: JournalState['opened'] = null;
  let isClosed = false;
  let takenOver: JournalState['takenOver'] = null;
  for (const entry of entries) {
    if ('by' in entry && (entry.by === 'watchdog' || entry.by === 'restore')) takenOver = entry.by;
    if (entry.kind === 'opened') opened ??= entry;
    else if (entry.kind === 'closed') isClosed = true;
    else if (entry.kind === 'intent') faults.set(entry.id, { intent: entry, ours: undefined, last: null });
    else {
      const fault = faults.get(entry.id);
      if (fault === undefined) lost.push(...(entry.kind === 'injected' ? [entry.id] : []));
      else if (entry.kind === 'injected') fault.ours = entry.ours;
      else fault.last = entry;
    }
  }
  const all = [...faults.values()];
  const unfinished = all.filter((fault) => !isFinished(fault)).reverse();
  const restored = lost.length > 0 ? false : restoredOf(all);
  return { opened, faults: all, unfinished, lost, isClosed, takenOver, restored, leftOut };
}

/**
 * What somebody else has changed since cannot be undone by trying again. Where it is not even known whether the fault
 * was injected, it may still be ours: that is finished only when it is as it was.
 */
function isFinished({ last, ours }: JournalledFault): boolean {
  if (last?.kind !== 'undone') return false;
  return last.verified || (last.outcome === 'not-ours' && ours !== undefined);
}

function restoredOf(faults: readonly JournalledFault[]): boolean | null {
  if (faults.some(({ last }) => last !== null && !(last.kind === 'undone' && last.verified))) return false;
  return faults.some(({ last }) => last === null) ? null : true;
}
