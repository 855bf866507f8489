/** Where a region takes its peer's orders. */
import { createServer, type Server } from 'node:net';
import { FrameWriter, readFrames } from './frames.ts';
import type { RegionStore } from './region-store.ts';
import { ENTRY, TAKEN } from './replicator.ts';

/** @returns a server that does not listen yet */
export function createReplicaPort(store: RegionStore): Server {
  return createServer({ noDelay: true }, (socket) => {
    const writer = new FrameWriter(socket);
    let nowMs = 0;
    readFrames(socket, (kind, ticket, payload) => {
      if (kind === ENTRY) {
        nowMs ||= Date.now();
        store.take(ticket, payload, nowMs);
        return;
      }
      nowMs = 0;
      store.write();
      writer.open(TAKEN, ticket, 0);
      writer.flush();
    });
    socket.on('error', () => {});
    // Part of a batch may have come: it is good, and comes again.
    socket.once('close', () => store.write());
  });
}
