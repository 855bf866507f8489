import { describe, expect, it } from 'vitest';
import { LiveTimeline } from '../../harness/live.ts';
import type { RunEvent, Second } from '../../measure/events.ts';
import { evidenceOf, hold, planOf, play, population } from '../measure/simulation.ts';

const PLAN = planOf([population('s', 300, [hold(8000, 300)])]);

/** The seconds that come out when the evidence is pushed in pieces of so many bytes, all in the same buffer. */
function secondsOf(evidence: Buffer, bytes: number): Second[] {
  const events: RunEvent[] = [];
  const live = new LiveTimeline(PLAN, { write: (event) => events.push(event) });
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at < evidence.length; at += bytes) {
    const length = evidence.copy(buffer, 0, at, at + bytes);
    live.push(buffer.subarray(0, length));
    buffer.fill('?');
  }
  live.finish(true, null);
  return events.flatMap((event) => (event.kind === 'second' ? [event.second] : []));
}

describe('the live timeline', () => {
  it('keeps nothing of a buffer that is filled anew: the seconds are those of the whole evidence', () => {
    const evidence = Buffer.from(evidenceOf(play(PLAN, 5)));
    const whole = secondsOf(evidence, evidence.length);
    expect(whole[1]).toMatchObject({ acknowledged: 300, regions: { seoul: 300 } });
    for (const bytes of [64, 1000, 65_536]) expect(secondsOf(evidence, bytes)).toEqual(whole);
  });
});
