/** What a region's process and its starter say to each other, over Node's IPC pipe. */
import type { Counts } from './account.ts';
import type { Behaviour } from './behaviour.ts';

/** How a region is started: its one argument, as JSON. */
export interface RegionSettings {
  /** Its name, part of order ids and of the `x-region` header. */
  region: string;
  host: string;
  /** 0 for any free one. */
  port: number;
  seed: number;
  behaviour: Behaviour;
}

/** An answer carries its question's id, so that a late one is not taken for the next. */
export type ToRegion = { kind: 'account'; id: number } | { kind: 'stop'; id: number };

export type FromRegion =
  | { kind: 'listening'; port: number }
  /** `code` as of the system: `EADDRINUSE`. */
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'account'; id: number; counts: Counts }
  /** The last word: connections are closed, nothing changes any more. */
  | { kind: 'stopped'; id: number; counts: Counts };
