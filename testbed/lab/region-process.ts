/**
 * A region's own process, in a process group with its tasks: it has the store, the queue and the replication. It lives
 * as long as the pipe to its supervisor.
 */
import { once } from 'node:events';
import { readListing } from '../reading.ts';
import type { FromRegion, ProcessSettings, RegionState, TaskState, ToRegion } from './channel.ts';
import { OrderFloor } from './order-floor.ts';
import { RegionStore } from './region-store.ts';
import { createReplicaPort } from './replica-port.ts';
import { Replicator } from './replicator.ts';
import { Tasks } from './tasks.ts';

export async function runRegion(settings: ProcessSettings): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  const { name, host, port, peer, seed, state, replicationPort } = settings;
  process.title = `stormproof-region ${name}`;
  const store = new RegionStore(name, peer.name, settings.folder);
  const replicaPort = createReplicaPort(store);
  try {
    replicaPort.listen({ host, port: replicationPort });
    await once(replicaPort, 'listening');
  } catch (error) {
    fail(error as NodeJS.ErrnoException);
    return;
  }
  const replicator = new Replicator(
    store,
    { seed, lagMs: settings.replicationLagMs, peer },
    state.replication,
  );
  const floor = new OrderFloor(store, replicator, settings.taskCapacity);

  let serving = false;
  const tasks = new Tasks(
    {
      settings: { region: name, peer: peer.name, host, port, seed, rehearsals: settings.rehearsals },
      spares: settings.spareTasks,
      onStarted: (task) => floor.open(task),
      onServing: (task) => floor.join(task),
      onLeaving: (task) => floor.leave(task),
      onGone: (task) => floor.close(task),
      onChange: () => {
        const running = tasks.pids('serving');
        const starting = tasks.pids('starting');
        tell({ kind: 'tasks', running, starting });
        if (serving) return;
        if (tasks.failure !== null) fail(tasks.failure);
        else if (starting.length === 0) {
          serving = true;
          tell({ kind: 'serving' });
        }
      },
    },
    taskState(state),
  );
  tasks.want(state.desired - state.missing, 0);

  const set = async (next: RegionState): Promise<void> => {
    replicator.set(next.replication);
    tasks.forget(next.dead);
    tasks.want(next.desired - next.missing, settings.taskStartMs);
    await tasks.set(taskState(next));
    if (tasks.failure !== null) fail(tasks.failure);
  };
  process.on('message', async (message: ToRegion) => {
    const { id } = message;
    if (message.kind === 'set') {
      await set(message.state);
      tell({ kind: 'done', id, value: null });
    } else if (message.kind === 'waiting') {
      tell({ kind: 'done', id, value: store.undelivered });
    } else {
      const { status, body } = readListing(store, message.query);
      tell({ kind: 'done', id, value: status === 200 ? body : null });
    }
  });
}

const taskState = ({ port, slowMs, errors }: RegionState): TaskState => ({
  listening: port === 'open',
  slowMs,
  errors,
});

function fail({ code = '', message }: { code?: string | undefined; message: string }): void {
  tell({ kind: 'failed', code, message }, () => process.exit(0));
}

function tell(message: FromRegion, then?: () => void): void {
  process.send?.(message, undefined, undefined, () => then?.());
}
