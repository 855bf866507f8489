/** Random numbers that are the same in every run of the same seed, whichever client draws them. */

/**
 * A stream of numbers in [0, 1) for one arrival: mulberry32 (public domain), started from the seed, the arrival's
 * number and its population's letter.
 */
export function randomStream(seed: number, seq: number, letter: string): () => number {
  let state =
    (Math.imul(seed | 0, 0x85ebca6b) ^ Math.imul(seq + 1, 0x9e3779b1) ^ (letter.charCodeAt(0) << 24)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
