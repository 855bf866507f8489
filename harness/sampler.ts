/** Samples the generator and the machine once a second, beside the load. */
import { cpus } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import pidusage from 'pidusage';
import type { GeneratorSample } from '../measure/generator.ts';

const SAMPLE_MS = 1000;

/**
 * @param pid of the generator
 * @param allowedCpus how many CPUs it may use
 * @returns stops the sampling
 */
export function sampleGenerator(
  pid: number,
  allowedCpus: number,
  take: (sample: GeneratorSample) => void,
): () => void {
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  let before = machineTimes();
  let stopped = false;
  // The first reading only starts pidusage's own clock.
  void pidusage(pid).catch(() => {});
  const timer = setInterval(async () => {
    try {
      const { cpu, memory } = await pidusage(pid);
      if (stopped) return;
      const now = machineTimes();
      const total = now.total - before.total;
      const machine = total === 0 ? 0 : 1 - (now.idle - before.idle) / total;
      before = now;
      const loopDelayMs = Math.round(loop.max / 1e4) / 100;
      loop.reset();
      take({
        t: Date.now(),
        kind: 'generator.sample',
        observed: true,
        cpu: thousandths(cpu / 100 / allowedCpus),
        machine: thousandths(machine),
        rssBytes: memory,
        loopDelayMs,
      });
    } catch {
      // It has just ended.
    }
  }, SAMPLE_MS);
  return () => {
    stopped = true;
    clearInterval(timer);
    loop.disable();
    pidusage.clear();
  };
}

const thousandths = (value: number): number => Math.round(Math.max(0, value) * 1000) / 1000;

function machineTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
