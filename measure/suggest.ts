/** "Did you mean": the nearest of the known words, for names that a person mistyped. */

/** A swap of neighbours (`p59` for `p95`) is the likeliest slip of two hands, so it costs least. */
const SWAP = 1;
const EDIT = 2;

/**
 * The weighted distance between two words: 2 for an insertion, a deletion or a substitution, 1 for a swap of
 * neighbours; case does not count. Optimal string alignment (Damerau 1964, restricted): O(a x b).
 */
function distance(a: string, b: string): number {
  const from = [...a.toLowerCase()];
  const to = [...b.toLowerCase()];
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j * EDIT);
  for (let i = 1; i <= from.length; i++) {
    const row = [i * EDIT];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min(last[j]! + EDIT, row[j - 1]! + EDIT, last[j - 1]! + (same ? 0 : EDIT));
      const swapped = i > 1 && j > 1 && !same && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) cost = Math.min(cost, beforeLast[j - 2]! + SWAP);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length]!;
}

/**
 * The known word that was probably meant, or null when none is near: a third of the letters may be wrong, one at
 * least. Of equals the first wins.
 */
function suggest(word: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(word.length / 3)) * EDIT + 1;
  for (const candidate of known) {
    const found = distance(word, candidate);
    if (found < least) {
      nearest = candidate;
      least = found;
    }
  }
  return nearest;
}

/** ` Did you mean X?` with its leading space, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = suggest(word, known);
  return nearest === null ? '' : ` Did you mean ${nearest}?`;
}
