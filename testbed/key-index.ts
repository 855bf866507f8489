/** From an idempotency key to the number of its order, in typed arrays that the garbage collector never visits. */

/** A power of two. Each shard grows by itself, so that no order waits until millions of keys have moved. */
const SHARDS = 256;
const FIRST_SLOTS = 16;
/** Linear probing takes about 2.5 steps to a key and 8.5 to find none at this load (Knuth, TAOCP 3, 6.4). */
const FULLEST = 0.75;

interface Shard {
  /** Pairs of hash and order number; number 0 is an empty slot. */
  slots: Int32Array;
  used: number;
}

export class KeyIndex {
  readonly #shards: Shard[] = Array.from({ length: SHARDS }, () => ({
    slots: new Int32Array(2 * FIRST_SLOTS),
    used: 0,
  }));
  readonly #hasKey: (order: number, key: string) => boolean;

  /** @param hasKey whether an order has that very key; asked where the hashes agree */
  constructor(hasKey: (order: number, key: string) => boolean) {
    this.#hasKey = hasKey;
  }

  /** The order's number, or 0. */
  find(key: string, hash: number): number {
    const { slots } = this.#shards[hash & (SHARDS - 1)]!;
    const last = slots.length - 1;
    for (let at = firstSlot(hash, last); ; at = (at + 2) & last) {
      const order = slots[at + 1]!;
      if (order === 0 || (slots[at] === hash && this.#hasKey(order, key))) return order;
    }
  }

  /**
   * Adds a key that `find` did not find.
   * @param order 1 to 2^31 - 1
   */
  add(hash: number, order: number): void {
    const shard = this.#shards[hash & (SHARDS - 1)]!;
    if (2 * (shard.used + 1) > shard.slots.length * FULLEST) {
      const old = shard.slots;
      shard.slots = new Int32Array(2 * old.length);
      for (let at = 0; at < old.length; at += 2) {
        if (old[at + 1] !== 0) insert(shard.slots, old[at]!, old[at + 1]!);
      }
    }
    insert(shard.slots, hash, order);
    shard.used++;
  }
}

/** The hash's low bits have chosen the shard. */
const firstSlot = (hash: number, last: number): number => ((hash >>> 8) << 1) & last;

function insert(slots: Int32Array, hash: number, order: number): void {
  const last = slots.length - 1;
  let at = firstSlot(hash, last);
  while (slots[at + 1] !== 0) at = (at + 2) & last;
  slots[at] = hash;
  slots[at + 1] = order;
}
