/** What writing a slot does. */
import { isDeepStrictEqual } from 'node:util';
import { Problem } from '../../measure/problem.ts';
import type { FailoverRecord } from './failover.ts';
import type { HealthCheck, Lie } from './health-check.ts';
import type { LabRegion, ReplicationState } from './lab-region.ts';
import { PRIMARY, type RegionName } from './settings.ts';
import type { RegionSlot, SlotName, SlotValue } from './slots.ts';
import type { StandbyScaling } from './standby-scaling.ts';

export interface SlotTargets {
  regions: Readonly<Record<RegionName, LabRegion>>;
  checks: Readonly<Record<RegionName, HealthCheck>>;
  record: FailoverRecord;
  scaling: StandbyScaling;
}

/**
 * Makes a slot's value true. Asked for what is so already, it does nothing.
 * @returns the instant it took hold, epoch ms
 * @throws Problem E_SLOT_VALUE where the value cannot follow the former one; what a region's start throws
 */
export async function applySlot(
  { regions, checks, record, scaling }: SlotTargets,
  name: SlotName,
  value: SlotValue,
  former: SlotValue,
): Promise<number> {
  const [first, second] = name.split('.') as [string, string];
  if (first in regions) {
    return applyToRegion(regions[first as RegionName], second as RegionSlot, value, former);
  }
  if (isDeepStrictEqual(value, former)) return Date.now();
  if (first === 'health') checks[second as RegionName].setLie(value as Lie);
  else if (name === 'replication') await regions[PRIMARY].setReplication(value as ReplicationState);
  else if (name === 'dns') record.setStale(value === 'stale');
  else scaling.setOn(value === 'on');
  return Date.now();
}

async function applyToRegion(
  region: LabRegion,
  slot: RegionSlot,
  value: SlotValue,
  former: SlotValue,
): Promise<number> {
  if (slot === 'process') return applyProcess(region, value as LabRegion['process']);
  if (slot === 'workers') return applyWorkers(region, value as number, former as number);
  if (value === former) return Date.now();
  if (slot === 'port') await region.setPort(value as 'open' | 'refused');
  else if (slot === 'slow') await region.setSlow(value as number);
  else await region.setErrors(value as number);
  return Date.now();
}

/** By what the region is, not by what was written last: it may have ended by itself. */
async function applyProcess(region: LabRegion, value: LabRegion['process']): Promise<number> {
  if (value === region.process) return Date.now();
  if (value === 'killed') return region.kill();
  if (value === 'running' && region.process === 'frozen') return region.thaw();
  if (value === 'frozen') {
    if (region.process === 'running') return region.freeze();
    throw new Problem(
      'E_SLOT_VALUE',
      `${region.name} is killed, and only what runs can be frozen. Expected a region that runs. Write "running" first.`,
    );
  }
  await region.start();
  return Date.now();
}

async function applyWorkers(region: LabRegion, value: number, former: number): Promise<number> {
  if (value > former) return region.killWorkers(value - former);
  if (value < former) await region.restoreWorkers();
  return value > 0 && value < former ? region.killWorkers(value) : Date.now();
}
