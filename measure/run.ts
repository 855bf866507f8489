/** The shape of `run.json`: what was run, by what, on what. Written before the first packet; secrets redacted. */
import type { DrillRecord } from './drill.ts';
import type { Stage } from './plan.ts';
import type { Claim } from './verdict.ts';

export interface RunRecord {
  schema: 'stormproof.run/1';
  run: string;
  kind: 'load' | 'drill';
  profile: string;
  engine: 'k6';
  target: {
    url: string;
    /** True for the built-in order service. */
    testbed: boolean;
  };
  /** ISO 8601. */
  startedAt: string;
  /** What a person types to do it again. */
  command: string;
  seed: number;
  timeScale: number;
  /** The profile's stages before `--time-scale` and `--rate`. */
  stagesAsDeclared: Stage[];
  claims: Claim[];
  /** Null for a load. */
  drill: DrillRecord | null;
  /** What was changed on the way and must be said: "throughput scaled from 10,000/s to 1,980/s by --rate 2,000". */
  notes: string[];
  versions: { stormproof: string; node: string; k6: string };
  machine: {
    os: string;
    cpuModel: string;
    /** CPUs of the machine, and those that the generator may use (affinity, cgroup). */
    cpus: number;
    allowedCpus: number;
    memoryBytes: number;
  };
  /** To which its heap may grow before it is collected; null: as usual. Absent in runs of versions that did not say. */
  heapLimitBytes?: number | null;
  git: { commit: string; dirty: boolean } | null;
  /** The resolved service section, values of headers redacted. */
  service: {
    url: string;
    success: number;
    regionHeader: string;
    timeoutMs: number;
    headers: Record<string, string>;
    host: string | null;
  };
}

/** One latency on the percentile axis; null is an infinity (the arrival was never served). */
export interface PercentilePoint {
  percentile: number;
  ms: number | null;
}

/** The whole distribution of one operation's latency over the window. */
export interface Distribution {
  op: string;
  planned: number;
  acknowledged: number;
  points: PercentilePoint[];
}

/** How whole the evidence is. */
export interface EvidenceHealth {
  lines: number;
  /** Lines that were torn or out of range, and were left out. */
  malformed: number;
  /** Lines of an arrival that had been counted already. */
  late: number;
  /** Arrivals without any line: gaps in the numbers. */
  gaps: number;
  /** Iterations that threw. */
  exceptions: number;
}
