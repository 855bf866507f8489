/** A growing set of small whole numbers: one bit each, so that ten million orders take 1.2 MB. */
export class Bitmap {
  #bytes = new Uint8Array(1024);
  /** How many numbers are in the set. */
  size = 0;

  has(n: number): boolean {
    return ((this.#bytes[n >>> 3] ?? 0) & (1 << (n & 7))) !== 0;
  }

  /** @returns false when it was there already */
  add(n: number): boolean {
    const at = n >>> 3;
    if (at >= this.#bytes.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    const bit = 1 << (n & 7);
    if ((this.#bytes[at]! & bit) !== 0) return false;
    this.#bytes[at]! |= bit;
    this.size += 1;
    return true;
  }

  /** The numbers in [0, end) that are not in the set, ascending. */
  *absentBelow(end: number): Generator<number> {
    for (let n = 0; n < end; n++) {
      // Whole bytes that are full hold no gap.
      if ((n & 7) === 0 && this.#bytes[n >>> 3] === 255) n += 7;
      else if (!this.has(n)) yield n;
    }
  }

  /** How many of the numbers in [from, to) are missing. */
  missing(from: number, to: number): number {
    let missing = 0;
    for (let n = from; n < to; n++) if (!this.has(n)) missing += 1;
    return missing;
  }
}
