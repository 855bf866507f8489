/**
 * The lab's process inside its private namespaces: `node --import tsx supervisor.ts SETTINGS`. When it ends, its
 * namespaces do, and with them every process of the lab.
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { createControlServer } from './control-server.ts';
import { mountProc } from './ground.ts';
import { socketIn } from './lab-folder.ts';
import { type LabRegion, type LabRegionSettings, startLabRegion } from './lab-region.ts';
import { startNameServer } from './name-server.ts';
import { RunningLab } from './running-lab.ts';
import {
  ADDRESSES,
  NAME_SERVER,
  PRIMARY,
  REGIONS,
  REPLICATION_PORT,
  type RegionName,
  SERVICE_PORT,
  SUPERVISOR_NAME,
  type SupervisorSettings,
} from './settings.ts';
import { openTruthLog } from './truth-log.ts';

async function main(): Promise<void> {
  if (process.argv[2] === undefined) {
    process.stderr.write('The lab is started by npm run testbed -- --lab\n');
    process.exitCode = 2;
    return;
  }
  const settings = JSON.parse(process.argv[2]) as SupervisorSettings;
  process.title = SUPERVISOR_NAME;
  const pid = mountProc();
  const [seoul, tokyo] = await Promise.all(
    REGIONS.map((name) => startLabRegion(regionSettings(settings, name))),
  );
  const lab = new RunningLab(
    settings,
    pid,
    { seoul: seoul!, tokyo: tokyo! } as Record<RegionName, LabRegion>,
    openTruthLog(settings.truthFile),
  );
  const names = await startNameServer(NAME_SERVER, () => lab.zone());
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    server.close();
    server.closeAllConnections();
    await names.close();
    await lab.stop();
    process.exit(0);
  };
  const server: Server = createControlServer(lab, () => void stop().catch(fail));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => void stop().catch(fail));
  lab.start();
  // Last: who can connect may use all of it.
  server.listen(socketIn(settings.folder));
  await once(server, 'listening');
}

function regionSettings(settings: SupervisorSettings, name: RegionName): LabRegionSettings {
  const peer = REGIONS.find((each) => each !== name)!;
  return {
    name,
    host: ADDRESSES[name],
    port: SERVICE_PORT,
    replicationPort: REPLICATION_PORT,
    peer: { name: peer, host: ADDRESSES[peer], replicationPort: REPLICATION_PORT },
    folder: join(settings.folder, name),
    seed: settings.seed,
    tasks: name === PRIMARY ? settings.tasks.primary : settings.tasks.warm,
    taskCapacity: settings.taskCapacity,
    spareTasks: name === PRIMARY ? 0 : settings.tasks.full - settings.tasks.warm,
    rehearsals: settings.rehearsals,
    latencyMs: settings.orderLatencyMs,
    taskStartMs: settings.times.taskStartMs,
    replicationLagMs: settings.times.replicationLagMs,
  };
}

function fail(error: Error): never {
  process.stderr.write(`${error.name === 'Problem' ? error.message : error.stack}\n`);
  process.exit(1);
}

await main().catch(fail);
