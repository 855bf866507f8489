/** What a region really has, by its own disk: the truth that tests hold the harness's answer against. */
import { keyOf } from '../order-record.ts';
import { deliveredFile, ordersFile, readEntries, readNumbers } from './store-file.ts';

/** One order on a region's disk. */
export interface LabEntry {
  key: string;
  orderId: string;
  /** When the region that issued the id wrote it, epoch ms. */
  writtenMs: number;
  /** When it arrived from the peer, epoch ms; null: it was written here. */
  arrivedMs: number | null;
}

/**
 * Every order that a region has on its disk, in the order of its listing; its processes may be alive or dead.
 * @param folder of the region; one without orders has none
 * @param peer the name of the other region
 */
export function readTruth(folder: string, region: string, peer: string): LabEntry[] {
  return Array.from(readEntries(ordersFile(folder)), ({ number, arrivedMs, record }) => ({
    key: keyOf(record, 0),
    orderId: `${arrivedMs === null ? region : peer}-${number}`,
    writtenMs: record.readDoubleLE(0),
    arrivedMs,
  }));
}

/** Own orders on a region's disk that the peer has not acknowledged. */
export function countUndelivered(folder: string): number {
  let undelivered = -new Set(readNumbers(deliveredFile(folder))).size;
  for (const { arrivedMs } of readEntries(ordersFile(folder))) if (arrivedMs === null) undelivered++;
  return undelivered;
}
