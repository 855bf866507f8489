/** The drills that are built in, the default first. */
import type { DrillDefinition } from './definition.ts';
import brownOut from './drills/brown-out.ts';
import failback from './drills/failback.ts';
import falseAlarm from './drills/false-alarm.ts';
import noFailover from './drills/no-failover.ts';
import partialLoss from './drills/partial-loss.ts';
import regionFreeze from './drills/region-freeze.ts';
import regionLoss from './drills/region-loss.ts';
import replicationStall from './drills/replication-stall.ts';
import retryStorm from './drills/retry-storm.ts';
import standbySlow from './drills/standby-slow.ts';

export const DRILLS: readonly DrillDefinition[] = [
  regionLoss,
  regionFreeze,
  replicationStall,
  brownOut,
  falseAlarm,
  noFailover,
  standbySlow,
  failback,
  partialLoss,
  retryStorm,
];
