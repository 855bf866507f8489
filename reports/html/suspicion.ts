/** Which seconds count as the generator's doing: claims that lean on them are inconclusive, so the charts shade them. */
import { blameFor, latenessLimitMs } from '../../measure/generator.ts';
import type { Measurement } from '../../measure/measurement.ts';
import type { Span } from './model.ts';

/** The limit that `measure/generator.ts` holds a generator to, to be drawn; a test compares the two. */
export const GENERATOR_CPU_LIMIT = 0.9;

export interface GeneratorSecond {
  cpu: number | null;
  machine: number | null;
}

/** The fullest sample of every second of the run's clock; null where none was taken. */
export function generatorSeconds(measurement: Measurement, length: number): GeneratorSecond[] {
  const seconds = Array.from({ length }, (): GeneratorSecond => ({ cpu: null, machine: null }));
  for (const event of measurement.events) {
    if (event.kind !== 'generator.sample') continue;
    const second = seconds[Math.floor((event.t - measurement.zeroMs) / 1_000)];
    if (second === undefined) continue;
    second.cpu = Math.max(second.cpu ?? 0, event.cpu);
    second.machine = Math.max(second.machine ?? 0, event.machine);
  }
  return seconds;
}

/** The stretches on the generator's account, neighbouring seconds joined. */
export function generatorSpans(measurement: Measurement): Span[] {
  const samples = measurement.events.filter((event) => event.kind === 'generator.sample');
  const blame = blameFor(samples, latenessLimitMs(measurement.verdict.claims));
  const spans: Span[] = [];
  for (const { index, startMs, planned, lateP99Ms, dropped } of measurement.seconds) {
    if (
      blame({ fromMs: startMs, toMs: startMs + 1_000, planned, lateP99Ms, dropped, slowestMs: null }) ===
      'none'
    )
      continue;
    const last = spans.at(-1);
    if (last?.toSeconds === index) last.toSeconds = index + 1;
    else spans.push({ fromSeconds: index, toSeconds: index + 1 });
  }
  return spans;
}
