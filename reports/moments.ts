/** The timeline of a drill: what was seen, and what its evidence tells of the outage. */
import type { Measurement } from '../measure/measurement.ts';
import { regionName } from './drill-words.ts';
import { EMPTY_SCENE, foldScene, type Moment, momentOf } from './scene.ts';

function seen({ events, run }: Measurement): Moment[] {
  let scene = EMPTY_SCENE;
  const moments: Moment[] = [];
  for (const event of events) {
    const moment = momentOf(event, scene, run.drill);
    if (moment !== null) moments.push(moment);
    scene = foldScene(scene, event);
  }
  return moments;
}

/** Every outage's three moments: the first order that was not served, the next that was, and from when on all were. */
function derived({ verdict }: Measurement): Moment[] {
  return (verdict.drill?.outages ?? []).flatMap((outage): Moment[] => {
    const evidence = `evidence.csv: ${outage.population} clients`;
    const by = outage.region === '' ? '' : ` by ${regionName(outage.region)}`;
    // The sticky clients' moments stand so close to these that their ticks would only hide them.
    const tick = (label: string): string => (outage.population === 'fresh' ? label : '');
    const began: Moment = {
      t: outage.from_ms,
      label: '',
      what: `the outage begins for ${outage.population} clients: the first order that was not served`,
      evidence,
    };
    const first = outage.first_success_ms;
    const sustained = outage.sustained_ms;
    return [
      began,
      ...(first === null
        ? []
        : [
            {
              t: first,
              label: tick('first success'),
              what: `the first ${outage.population} order is served again`,
              evidence,
            },
          ]),
      ...(sustained === null
        ? []
        : [
            {
              t: sustained,
              label: tick('sustained'),
              what: `${outage.population} clients are served again${by}, and it lasts`,
              evidence,
            },
          ]),
    ];
  });
}

/** All moments of a drill by time; empty for a load. */
export function momentsOf(measurement: Measurement): Moment[] {
  if (!measurement.run.drill) return [];
  return [...seen(measurement), ...derived(measurement)].sort((a, b) => a.t - b.t);
}
