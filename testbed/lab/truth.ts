/** What a region really has, by its own disk: the truth that tests hold the harness's answer against. */

/** One order on a region's disk. */
export interface LabEntry {
  key: string;
  orderId: string;
  /** When the region that issued the id wrote it, epoch ms. */
  writtenMs: number;
  /** When it arrived from the peer, epoch ms; null: it was written here. */
  arrivedMs: number | null;
}
