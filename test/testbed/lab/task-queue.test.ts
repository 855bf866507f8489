import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskQueue } from '../../../testbed/lab/task-queue.ts';

/** Asks at each of these times. @returns by item: when it was done, as far as it was */
function run(queue: TaskQueue<number>, times: number[]): Map<number, number> {
  const done = new Map<number, number>();
  for (const at of times) for (const item of queue.done(at)) done.set(item, at);
  return done;
}

const everyMs = (to: number): number[] => Array.from({ length: to + 1 }, (_, at) => at);

describe('the queue in front of tasks', () => {
  it('is done with the k-th of a burst after as many service times as its tasks need for k', () => {
    const queue = new TaskQueue<number>(10);
    for (const task of [1, 2, 3]) queue.addTask(task, 0);
    for (let k = 1; k <= 10; k++) queue.add(k, 0);
    const done = run(queue, everyMs(100));
    for (let k = 1; k <= 10; k++) expect(done.get(k)).toBe(Math.ceil(k / 3) * 10);
  });

  it('has the capacity of its tasks however seldom it is asked', () => {
    const queue = new TaskQueue<number>(10);
    queue.addTask(1, 0);
    for (let k = 1; k <= 10; k++) queue.add(k, 0);
    expect([...queue.done(55)]).toEqual([1, 2, 3, 4, 5]);
    expect(queue.nextMs).toBe(60);
    expect([...queue.done(1000)]).toEqual([6, 7, 8, 9, 10]);
    expect(queue.nextMs).toBe(Number.POSITIVE_INFINITY);
    queue.add(11, 1000);
    expect([...queue.done(1009)]).toEqual([]);
    expect([...queue.done(1010)]).toEqual([11]);
  });

  it('gives what waits to a task that has come, and nothing more to one that has gone', () => {
    const queue = new TaskQueue<number>(10);
    for (let k = 1; k <= 6; k++) queue.add(k, 0);
    expect([...queue.done(100)]).toEqual([]);
    queue.addTask(1, 100);
    expect([...queue.done(110)]).toEqual([1]);
    queue.addTask(2, 115);
    expect([...queue.done(120)]).toEqual([2]);
    expect([...queue.done(125)]).toEqual([3]);
    queue.removeTask(1);
    // What it had begun is done.
    expect([...queue.done(130)]).toEqual([4]);
    expect([...queue.done(135)]).toEqual([5]);
    expect([...queue.done(144)]).toEqual([]);
    expect([...queue.done(145)]).toEqual([6]);
  });

  it('keeps the sequence, and is done with each as early as it can be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        (gaps, tasks, serviceMs) => {
          const queue = new TaskQueue<number>(serviceMs);
          for (let task = 1; task <= tasks; task++) queue.addTask(task, 0);
          const freeAt = Array<number>(tasks).fill(0);
          let at = 0;
          const expected = gaps.map((gap, item) => {
            at += gap;
            queue.add(item, at);
            freeAt.sort((a, b) => a - b);
            freeAt[0] = Math.max(freeAt[0]!, at) + serviceMs;
            return freeAt[0];
          });
          const done = run(queue, everyMs(Math.max(...expected)));
          expect([...done.keys()]).toEqual(gaps.map((_, item) => item));
          expect([...done.values()]).toEqual(expected);
        },
      ),
    );
  });

  it('holds tens of thousands', () => {
    const queue = new TaskQueue<number>(1);
    queue.addTask(1, 0);
    for (let k = 0; k < 50_000; k++) queue.add(k, 0);
    const done: number[] = [];
    for (let at = 0; at <= 50_000; at += 7) done.push(...queue.done(at));
    done.push(...queue.done(50_000));
    expect(done).toEqual(Array.from({ length: 50_000 }, (_, k) => k));
  });
});
