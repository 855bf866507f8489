/** The moments of a run that its charts name: stages, signals, the generator's end, and what a drill saw. */
import type { RunEvent } from '../../measure/events.ts';
import type { Measurement } from '../../measure/measurement.ts';
import { momentsOf } from '../moments.ts';
import type { Moment } from '../scene.ts';
import { formatRate } from '../words.ts';
import type { MarkModel } from './model.ts';

/** The words for an event, empty where it is not worth a mark. */
function labelOf(event: RunEvent, before: number): string {
  switch (event.kind) {
    case 'stage.entered':
      if (event.hold) return `hold ${formatRate(event.targetPerSecond)}`;
      return `${event.targetPerSecond < before ? 'down' : 'ramp'} to ${formatRate(event.targetPerSecond)}`;
    case 'signal':
      return event.signal;
    case 'generator.exited': {
      if (event.complete) return 'generator done';
      const status = event.signal ?? (event.code === null ? '' : `code ${event.code}`);
      return `generator exited${status === '' ? '' : ` (${status})`}${event.cause === '' ? '' : `: ${event.cause}`}`;
    }
    default:
      return '';
  }
}

function marksOfLoad(measurement: Measurement): MarkModel[] {
  const marks: MarkModel[] = [];
  let rate = measurement.plan.populations.reduce((sum, p) => sum + p.startRatePerSecond, 0);
  for (const event of measurement.events) {
    const label = labelOf(event, rate);
    if (event.kind === 'stage.entered') rate = event.targetPerSecond;
    if (label !== '') marks.push({ seconds: (event.t - measurement.zeroMs) / 1_000, label });
  }
  return marks;
}

function withMoments(measurement: Measurement, say: (moment: Moment) => string): MarkModel[] {
  const moments = momentsOf(measurement).map((moment) => ({
    seconds: (moment.t - measurement.zeroMs) / 1_000,
    label: say(moment),
  }));
  const told = moments.filter(({ label }) => label !== '');
  return [...marksOfLoad(measurement), ...told].sort((a, b) => a.seconds - b.seconds);
}

/** Every mark, by time, in as few words as fit on a chart. */
export const marksOf = (measurement: Measurement): MarkModel[] =>
  withMoments(measurement, ({ label }) => label);

/** The same in whole sentences, and what has no mark too. */
export const happeningsOf = (measurement: Measurement): MarkModel[] =>
  withMoments(measurement, ({ what }) => what);
