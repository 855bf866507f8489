/** Numbers drawn from an idempotency key: where the store keeps it, and what is planted for it. */

/** Murmur3's 32-bit finaliser (Appleby, public domain): every bit of the input moves about half of the output's. */
function mix(bits: number): number {
  let h = bits ^ (bits >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * FNV-1a (Fowler, Noll, Vo) over the key's characters, finished by `mix`, since neighbouring keys differ in their
 * last digits only.
 * @param key ASCII
 * @returns a signed 32-bit number: small integers of the engine, which need no memory
 */
export function hashKey(key: string): number {
  let h = 0x811c9dc5 | 0;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  return mix(h);
}

/**
 * One of several independent draws for a key.
 * @param hash of the key
 * @param seed of the testbed
 * @param stream which draw: 0, 1, 2...
 * @returns evenly distributed over [0, 1)
 */
export function draw(hash: number, seed: number, stream: number): number {
  // 2^32 over the golden ratio keeps neighbouring streams and seeds far apart (Knuth, TAOCP 3, 6.4).
  const start = mix(Math.imul(seed, 0x9e3779b1) + Math.imul(stream + 1, 0x7f4a7c15));
  return (mix(mix(hash ^ start) + start) >>> 0) / 4_294_967_296;
}
