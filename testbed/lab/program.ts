/** What a region's processes run: one file for the region's own process and for its tasks. */
import cluster from 'node:cluster';
import { runRegion } from './region-process.ts';
import { runTask } from './task.ts';

const settings = JSON.parse(process.argv[2]!);
if (cluster.isPrimary) await runRegion(settings);
else runTask(settings);
