/** Reads a region's stored keys into a file of the run's folder, until two full reads agree (as Jepsen's set-full waits for quiescence). */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { ObservedEvent } from '../measure/events.ts';
import { causeOf } from './cause.ts';
import type { ListedKey, Platform } from './platform.ts';

/** Between two reads: what is still being written has time to be. */
const BETWEEN_READS_MS = 250;
const MOST_READS = 20;

export interface ListingRequest {
  platform: Pick<Platform, 'listKeys'>;
  region: string;
  at: 'cutover' | 'healed';
  folder: string;
  /** Keys of this run alone. */
  run: string;
  /** Which of them are read, by population letter and number; left out: all. */
  wanted?: (letter: string, seq: number) => boolean;
  signal: AbortSignal;
}

type ListingRead = Extract<ObservedEvent, { kind: 'listing.read' }>;

/** What two reads are compared by, whatever the order of their keys. */
interface Digest {
  keys: number;
  sum: number;
  mixed: number;
}

/** @returns what `events.jsonl` is to say of it; it does not throw for a listing that cannot be read */
export async function readListing(request: ListingRequest): Promise<ListingRead> {
  const { region, at, folder, signal } = request;
  const file = `keys-${region}-${at}.csv`;
  const found = { t: 0, kind: 'listing.read', observed: true, region, at, file } as const;
  let before: Digest | null = null;
  let cause = '';
  for (let reads = 1; reads <= MOST_READS; reads++) {
    try {
      const digest = await readOnce(request, join(folder, file));
      if (before !== null && agree(before, digest))
        return { ...found, t: Date.now(), keys: digest.keys, reads, complete: true, cause: '' };
      before = digest;
      await pause(BETWEEN_READS_MS, undefined, { signal });
    } catch (error) {
      cause = signal.aborted ? 'the drill was stopped while it was read' : causeOf(error);
      return { ...found, t: Date.now(), keys: before?.keys ?? 0, reads, complete: false, cause };
    }
  }
  cause = `${MOST_READS} full reads never agreed: it is still changing`;
  return { ...found, t: Date.now(), keys: before?.keys ?? 0, reads: MOST_READS, complete: false, cause };
}

const agree = (a: Digest, b: Digest): boolean => a.keys === b.keys && a.sum === b.sum && a.mixed === b.mixed;

/** One full read, written beside the file and then renamed: a half one is never taken for a whole. */
async function readOnce(
  { platform, region, run, wanted, signal }: ListingRequest,
  file: string,
): Promise<Digest> {
  const digest: Digest = { keys: 0, sum: 0, mixed: 0 };
  const part = `${file}.part`;
  const out = createWriteStream(part);
  const done = finished(out);
  // Awaited below; a disk that is full meanwhile must not end the process.
  done.catch(() => {});
  try {
    let lines = '';
    for await (const listed of platform.listKeys(region, signal)) {
      const own = readKey(listed.key, run);
      if (own === null || wanted?.(own.letter, own.seq) === false) continue;
      const line = lineOf(listed);
      addTo(digest, line);
      lines += line;
      if (lines.length < 64 * 1024) continue;
      if (!out.write(lines)) await Promise.race([once(out, 'drain'), done]);
      lines = '';
    }
    out.end(lines);
    await done;
    await rename(part, file);
    return digest;
  } catch (error) {
    out.destroy();
    await rm(part, { force: true });
    throw error;
  }
}

const lineOf = ({ key, orderId, writtenMs }: ListedKey): string =>
  `${key},${orderId ?? ''},${writtenMs ?? ''}\n`;

/** A key of this run, taken apart; null for any other. What a comma or a line break would break is none of ours. */
function readKey(key: string, run: string): { letter: string; seq: number } | null {
  if (!key.startsWith(`${run}-`)) return null;
  const match = /^([a-z])(\d{1,10})$/.exec(key.slice(run.length + 1));
  return match && { letter: match[1]!, seq: Number(match[2]) };
}

/** FNV-1a of the line; sums and products of odd numbers do not depend on the order. */
function addTo(digest: Digest, line: string): void {
  let hash = 0x811c9dc5;
  for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
  digest.keys += 1;
  digest.sum = (digest.sum + (hash >>> 0)) % 2 ** 52;
  digest.mixed = (digest.mixed ^ Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)) >>> 0;
}
