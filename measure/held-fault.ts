import type { DrillRecord } from './drill.ts';
import type { ObservedEvent } from './events.ts';

/** Around a fault, the generator's lateness is the fault's doing: a reconnect storm, clients that wait for a timeout. */
const EXCUSED_MS = 2000;

/** One loss of a region, as it happened. */
export interface HeldFault {
  region: string;
  /** Who has to serve meanwhile. */
  survivor: string;
  /** Epoch ms at which its first fault took hold; null: none ever did. */
  fromMs: number | null;
  /** Epoch ms at which the last of its faults was undone; infinite where none was. */
  untilMs: number;
  /** It was undone by its own expiry. */
  expired: boolean;
}

type Undone = Extract<ObservedEvent, { kind: 'fault.undone' }>;

/**
 * Each loss that the drill declares, with the fault that was to bring it about. A drill that declares none is one stretch,
 * from its first fault to the end of its last: the primary region could be lost, and is not.
 */
export function heldFaults(record: DrillRecord, events: readonly ObservedEvent[]): HeldFault[] {
  const { primary, standby, faults, losses } = record;
  if (losses.length === 0) return [heldBy(faults, { region: primary, survivor: standby }, events)];
  return losses.map(({ region, atMs, untilMs }) => {
    const own = faults.filter(
      (fault) => fault.region === region && fault.injectAtMs === atMs && fault.undoAtMs === untilMs,
    );
    return heldBy(own, { region, survivor: region === standby ? primary : standby }, events);
  });
}

function heldBy(
  faults: DrillRecord['faults'],
  regions: Pick<HeldFault, 'region' | 'survivor'>,
  events: readonly ObservedEvent[],
): HeldFault {
  const ids = faults.map(({ id }) => id);
  const injected = events.flatMap((event) =>
    event.kind === 'fault.injected' && ids.includes(event.id) ? [event] : [],
  );
  const undone = injected.map(({ id }) => endOf(events, id));
  const last = undone.reduce<Undone | undefined>(
    (a, b) => (a !== undefined && b !== undefined && a.t < b.t ? b : a),
    undone[0],
  );
  const allUndone = injected.length > 0 && undone.every((event) => event !== undefined);
  return {
    ...regions,
    fromMs: injected.length === 0 ? null : Math.min(...injected.map(({ t }) => t)),
    untilMs: allUndone ? last!.t : Infinity,
    expired: allUndone && last!.by === 'expiry',
  };
}

const undoings = (events: readonly ObservedEvent[], id: string): Undone[] =>
  events.filter((event): event is Undone => event.kind === 'fault.undone' && event.id === id);

/** The first undoing that was read back; where none was, the first: from then on it may not hold any more. */
function endOf(events: readonly ObservedEvent[], id: string): Undone | undefined {
  const all = undoings(events, id);
  return all.find(({ restored }) => restored) ?? all[0];
}

/**
 * Which stretches of a drill are not held against the generator: 2 s either side of each fault and of its undoing.
 * @returns whether a stretch, epoch ms, touches one of them
 */
export function excusedAround(
  events: readonly ObservedEvent[],
): (stretch: { fromMs: number; toMs: number }) => boolean {
  const instants = events
    .filter(({ kind }) => kind === 'fault.injected' || kind === 'fault.undone')
    .map(({ t }) => t);
  return ({ fromMs, toMs }) => instants.some((t) => fromMs < t + EXCUSED_MS && toMs > t - EXCUSED_MS);
}

/** Whether every fault that took hold was undone and read back; null while that is not known. */
export function isRestored(events: readonly ObservedEvent[]): boolean | null {
  const injected = events.flatMap((event) => (event.kind === 'fault.injected' ? [event.id] : []));
  const states = injected.map((id) => {
    const undone = undoings(events, id);
    return undone.length === 0 ? null : undone.some(({ restored }) => restored);
  });
  if (states.includes(false)) return false;
  return states.includes(null) ? null : true;
}
