/** Samples the generator and the CPUs that it may use once a second, beside the load. */
import { cpus } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import pidusage from 'pidusage';
import type { GeneratorSample } from '../measure/generator.ts';
import { readAffinity } from './affinity.ts';

const SAMPLE_MS = 1000;

export interface Sampling {
  /** CPUs that the generator may use: those of the harness, or fewer where it was started with others (`taskset`). */
  allowedCpus(): number;
  stop(): void;
}

/**
 * @param pid of the generator
 * @param allowedCpus how many CPUs the harness may use
 */
export function sampleGenerator(
  pid: number,
  allowedCpus: number,
  take: (sample: GeneratorSample) => void,
): Sampling {
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  let affinity = readAffinity(pid);
  let before = cpuTimes(affinity);
  let stopped = false;
  const allowed = (): number => Math.min(allowedCpus, affinity?.length ?? Infinity);
  // The first reading only starts pidusage's own clock.
  void pidusage(pid).catch(() => {});
  const timer = setInterval(async () => {
    try {
      const { cpu, memory } = await pidusage(pid);
      if (stopped || !Number.isFinite(cpu)) return;
      const now = cpuTimes(affinity);
      const total = now.total - before.total;
      const machine = total === 0 ? 0 : 1 - (now.idle - before.idle) / total;
      // A script that stands for k6 has become k6 by now, and may have bound it to fewer CPUs.
      affinity = readAffinity(pid) ?? affinity;
      before = cpuTimes(affinity);
      const loopDelayMs = Math.round(loop.max / 1e4) / 100;
      loop.reset();
      take({
        t: Date.now(),
        kind: 'generator.sample',
        observed: true,
        cpu: thousandths(cpu / 100 / allowed()),
        machine: thousandths(machine),
        rssBytes: memory,
        loopDelayMs,
      });
    } catch {
      // It has just ended.
    }
  }, SAMPLE_MS);
  return {
    allowedCpus: allowed,
    stop() {
      stopped = true;
      clearInterval(timer);
      loop.disable();
      pidusage.clear();
    },
  };
}

const thousandths = (value: number): number => Math.round(Math.max(0, value) * 1000) / 1000;

/** Of the CPUs with these numbers, or of all: others may be idle while the generator waits for one of its own. */
function cpuTimes(numbers: readonly number[] | null): { idle: number; total: number } {
  const all = cpus();
  const some = numbers?.flatMap((number) => all[number] ?? []) ?? [];
  let idle = 0;
  let total = 0;
  for (const { times } of some.length > 0 ? some : all) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}
