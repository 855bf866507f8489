/** What drill and watchdog say to each other. */
export interface WatchSettings {
  /** The run's. */
  folder: string;
  run: string;
  drillPid: number;
  leaseMs: number;
  longestMs: number;
}

/** Watchdog to drill, once. */
export const READY = 'watching\n';
/** Drill to watchdog: I live; and: all is put back, go. */
export const BEAT = '.';
export const DISMISSED = 'go';
