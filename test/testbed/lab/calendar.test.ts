import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Calendar } from '../../../testbed/lab/calendar.ts';

describe('the calendar of orders on their way', () => {
  it('gives each once, never before it is due, and by due', () => {
    const step = fc.record({
      dueInMs: fc.option(fc.double({ min: 0, max: 300, noNaN: true }), { nil: null }),
      passMs: fc.double({ min: 0, max: 120, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 1000;
        const calendar = new Calendar(now);
        const due = new Map<number, number>();
        const taken: number[] = [];
        steps.forEach(({ dueInMs, passMs }, number) => {
          if (dueInMs !== null) {
            due.set(number, now + dueInMs);
            calendar.add(number, now + dueInMs);
          }
          now += passMs;
          for (const order of calendar.takeDue(now)) {
            expect(due.get(order)!).toBeLessThanOrEqual(now);
            taken.push(order);
          }
          // Whole milliseconds: at most one late.
          for (const [order, at] of due) if (at <= now - 2) expect(taken).toContain(order);
        });
        const rest = calendar.takeAll();
        expect([...taken, ...rest].sort()).toEqual([...due.keys()].sort());
        expect(calendar.empty).toBe(true);
      }),
    );
  });
});
