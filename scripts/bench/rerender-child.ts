import { measureFolder, writeRenderings } from '../../harness/renderings.ts';
import type { RerenderFigures } from './rerender.ts';

const folder = process.argv[2]!;
const began = performance.now();
writeRenderings(folder, await measureFolder(folder));
const figures: RerenderFigures = {
  seconds: (performance.now() - began) / 1000,
  peakMb: process.resourceUsage().maxRSS / 1000,
};
process.stdout.write(JSON.stringify(figures));
