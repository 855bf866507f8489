import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../../reports/influx/client.ts';
import { Delivery, MemoryBacklog } from '../../../reports/influx/delivery.ts';
import type { Point } from '../../../reports/influx/schema.ts';
import { seeded } from '../../measure/simulation.ts';

const pointsOf = (n: number): Point[] =>
  Array.from({ length: n }, (_, timestamp) => ({ measurement: 'orders', tags: {}, fields: {}, timestamp }));

/** A database by a script: it keeps what it stored, and when it was asked. */
class Scripted {
  readonly stored = new Set<number>();
  readonly asked: { atMs: number; count: number }[] = [];
  readonly #answer: (points: readonly Point[], attempt: number) => Answer;

  constructor(answer: (points: readonly Point[], attempt: number) => Answer) {
    this.#answer = answer;
  }

  write(points: readonly Point[]): Promise<Answer> {
    this.asked.push({ atMs: Date.now(), count: points.length });
    const answer = this.#answer(points, this.asked.length);
    if (answer.kind === 'taken') for (const { timestamp } of points) this.stored.add(timestamp);
    return Promise.resolve(answer);
  }
}

const TAKEN: Answer = { kind: 'taken' };
const LATER: Answer = { kind: 'later', cause: 'it is away' };

function deliveryOf(
  n: number,
  answer: (points: readonly Point[], attempt: number) => Answer,
  random = () => 0.5,
) {
  const database = new Scripted(answer);
  const backlog = new MemoryBacklog(pointsOf(n));
  return { database, backlog, delivery: new Delivery(database, backlog, random) };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a delivery', () => {
  it('sends all in their order, a thousand at once', async () => {
    const { database, backlog, delivery } = deliveryOf(2500, () => TAKEN);
    await delivery.send();
    expect(database.asked.map(({ count }) => count)).toEqual([1000, 1000, 500]);
    expect([...database.stored]).toEqual(pointsOf(2500).map(({ timestamp }) => timestamp));
    expect([backlog.length, delivery.state]).toEqual([
      0,
      { sent: 2500, leftOut: 0, cause: '', refused: false },
    ]);
  });

  it('waits longer and longer, up to a bound, a part of it at random', async () => {
    const { database, delivery } = deliveryOf(10, () => LATER, seeded(5));
    const done = delivery.sendAll(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(61_000);
    await done;
    const waits = database.asked.slice(1).map(({ atMs }, i) => atMs - database.asked[i]!.atMs);
    const whole = waits.map((_, i) => Math.min(5000, 250 * 2 ** i));
    // The last was cut off by the deadline, and is not followed by a try.
    expect(waits.length).toBeGreaterThan(12);
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.floor(whole[i]! / 2));
      expect(wait).toBeLessThanOrEqual(whole[i]! + 1);
    }
    expect(new Set(waits.slice(6)).size).toBeGreaterThan(3);
    expect(delivery.state).toMatchObject({ sent: 0, cause: 'it is away' });
  });

  it('forgets its wait and its trouble once something was taken', async () => {
    const { database, delivery } = deliveryOf(10, (_, attempt) => (attempt < 6 ? LATER : TAKEN));
    const done = delivery.sendAll(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(60_000);
    await done;
    expect(database.stored.size).toBe(10);
    expect(delivery.state).toEqual({ sent: 10, leftOut: 0, cause: '', refused: false });
    expect(delivery.notBeforeMs).toBe(0);
  });

  it('waits as short as at first when the database is away again', async () => {
    const { delivery } = deliveryOf(2000, (_, attempt) => (attempt === 6 ? TAKEN : LATER));
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      await delivery.send();
      waits.push(delivery.notBeforeMs - Date.now());
    }
    // 3/4 of 250, 500...: the sixth is taken, and the seventh, at once, is not.
    expect(waits).toEqual([187.5, 375, 750, 1500, 3000, 187.5]);
  });

  it('leaves out no more points than it sent, whatever it is told', async () => {
    const { backlog, delivery } = deliveryOf(10, () => ({ kind: 'partly', cause: 'odd', leftOut: 5000 }));
    await delivery.send();
    expect([backlog.length, delivery.state]).toEqual([
      0,
      { sent: 0, leftOut: 10, cause: 'odd', refused: false },
    ]);
  });

  it('ends at its deadline, whatever is answered', async () => {
    const { backlog, delivery } = deliveryOf(10, () => LATER);
    let isDone = false;
    void delivery.sendAll(Date.now() + 3000).then(() => {
      isDone = true;
    });
    await vi.advanceTimersByTimeAsync(2999);
    expect(isDone).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([isDone, backlog.length]).toEqual([true, 10]);
  });

  it('goes on at once where it is told how many were left out', async () => {
    const { database, backlog, delivery } = deliveryOf(1500, (points) =>
      points.length === 1000 ? { kind: 'partly', cause: 'a conflict', leftOut: 30 } : TAKEN,
    );
    await delivery.send();
    expect(database.asked.map(({ count }) => count)).toEqual([1000, 500]);
    expect(backlog.length).toBe(0);
    expect(delivery.state).toEqual({ sent: 1470, leftOut: 30, cause: 'a conflict', refused: false });
  });

  it.each([0, 1, 499, 500, 700, 999])(
    'finds the one bad point (%i) where it is not told which',
    async (bad) => {
      const { database, delivery } = deliveryOf(1000, (points) =>
        points.some(({ timestamp }) => timestamp === bad)
          ? { kind: 'partly', cause: 'a bad one', leftOut: null }
          : TAKEN,
      );
      await delivery.send();
      expect(delivery.state).toEqual({ sent: 999, leftOut: 1, cause: 'a bad one', refused: false });
      expect(database.stored.size).toBe(999);
      expect(database.stored.has(bad)).toBe(false);
      expect(database.asked.length).toBeLessThan(120);
    },
  );

  it('comes to an end where every point is bad', async () => {
    const { delivery } = deliveryOf(300, () => ({ kind: 'partly', cause: 'all bad', leftOut: null }));
    await delivery.send();
    expect(delivery.state).toMatchObject({ sent: 0, leftOut: 300 });
  });

  it('halves what is too large, and does not try that size again', async () => {
    const { database, delivery } = deliveryOf(1000, (points) =>
      points.length > 100 ? { kind: 'too large' } : TAKEN,
    );
    await delivery.send();
    expect(delivery.state).toMatchObject({ sent: 1000, leftOut: 0, cause: '' });
    const counts = database.asked.map(({ count }) => count);
    expect(counts.slice(0, 4)).toEqual([1000, 500, 250, 125]);
    expect(Math.max(...counts.slice(4))).toBe(62);
  });

  it('leaves out a point that is too large by itself', async () => {
    const { delivery } = deliveryOf(3, (points) =>
      points.some(({ timestamp }) => timestamp === 1) ? { kind: 'too large' } : TAKEN,
    );
    await delivery.send();
    expect(delivery.state).toMatchObject({
      sent: 2,
      leftOut: 1,
      cause: 'it takes no request as large as one point (413); raise max-body-size',
    });
  });

  it('stops for good where it is refused', async () => {
    const { database, backlog, delivery } = deliveryOf(2000, (_, attempt) =>
      attempt === 1 ? TAKEN : { kind: 'refused', cause: 'no' },
    );
    await delivery.sendAll(Date.now() + 60_000);
    await delivery.send();
    expect(database.asked).toHaveLength(2);
    expect(backlog.length).toBe(1000);
    expect(delivery.state).toEqual({ sent: 1000, leftOut: 0, cause: 'no', refused: true });
    expect(delivery.notBeforeMs).toBe(Number.POSITIVE_INFINITY);
  });
});
