/**
 * One region as a process of its own: `node --import tsx testbed/region.ts SETTINGS`. It lives as long as the pipe to
 * its starter: however that ends, SIGKILL included, the system closes the pipe, and the region ends at once.
 */
import type { AddressInfo } from 'node:net';
import { LISTEN_BACKLOG } from './order-server.ts';
import { OrderStore } from './order-store.ts';
import type { FromRegion, RegionSettings, ToRegion } from './region-channel.ts';
import { createService } from './service.ts';

function main(): void {
  if (process.send === undefined) {
    process.stderr.write('A region is started by its testbed. Write: npm run testbed\n');
    process.exitCode = 2;
    return;
  }
  process.on('disconnect', () => process.exit(0));
  // The starter may have died while this was loading, and its end was told to nobody.
  if (!process.connected) process.exit(0);
  process.title = 'stormproof-region';

  const { region, host, port, seed, behaviour } = JSON.parse(process.argv[2]!) as RegionSettings;
  const { server, counts } = createService({ store: new OrderStore(region), seed, behaviour });

  server.once('error', (error: NodeJS.ErrnoException) => {
    tell({ kind: 'failed', code: error.code ?? '', message: error.message }, () => process.exit(0));
  });
  server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
    tell({ kind: 'listening', port: (server.address() as AddressInfo).port });
  });

  process.on('message', (message: ToRegion) => {
    if (message.kind === 'account') {
      tell({ kind: 'account', id: message.id, counts: counts() });
      return;
    }
    // No request can come in between: the account and the end are one turn of the event loop.
    server.close();
    server.closeAllConnections();
    tell({ kind: 'stopped', id: message.id, counts: counts() }, () => process.exit(0));
  });
}

function tell(message: FromRegion, then?: () => void): void {
  process.send?.(message, undefined, undefined, () => then?.());
}

main();
