/** A lab in this process, of fake regions: everything but namespaces, DNS packets and real orders. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlClient } from '../../../testbed/lab/control-client.ts';
import { createControlServer } from '../../../testbed/lab/control-server.ts';
import { RunningLab } from '../../../testbed/lab/running-lab.ts';
import { scaleTimes } from '../../../testbed/lab/settings.ts';
import type { TruthLine } from '../../../testbed/lab/truth-log.ts';
import { FakeRegion } from './fake-region.ts';

export const TIMES = {
  ...scaleTimes(0.05),
  // However busy the machine is: what is dead refuses at once.
  healthCheck: { intervalMs: 100, threshold: 3, timeoutMs: 5000 },
  scaleBackMs: 100,
};

export interface FakeLab {
  lab: RunningLab;
  control: ControlClient;
  seoul: FakeRegion;
  tokyo: FakeRegion;
  truth: TruthLine[];
  /** How often it was asked to stop. */
  stops(): number;
  close(): Promise<void>;
}

export async function startFakeLab(): Promise<FakeLab> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  const seoul = await new FakeRegion('seoul', 6).listen();
  const tokyo = await new FakeRegion('tokyo', 2).listen();
  const truth: TruthLine[] = [];
  let stops = 0;
  const settings = {
    mode: 'standing',
    seed: 5,
    times: TIMES,
    tasks: { primary: 6, warm: 2, full: 6 },
    taskCapacity: 600,
    orderLatencyMs: 0,
    rehearsals: 0,
    truthFile: null,
    folder,
  } as const;
  const lab = new RunningLab(settings, process.pid, { seoul, tokyo }, (lines) => truth.push(...lines));
  const server = createControlServer(lab, () => stops++);
  const socket = join(folder, 'control');
  server.listen(socket);
  await once(server, 'listening');
  lab.start();
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await lab.stop();
    rmSync(folder, { recursive: true });
  };
  return { lab, control: new ControlClient(socket), seoul, tokyo, truth, stops: () => stops, close };
}
