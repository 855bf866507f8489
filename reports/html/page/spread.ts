/** Keeps labels apart: moves them as little as need be, and keeps their order. */

/**
 * @param wanted where each label would like to be
 * @param gap the least distance between two
 * @returns a place for each, in the order given; beyond `high` only when there is no room for all
 */
export function spread(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const places = wanted.map((place) => Math.min(Math.max(place, low), high));
  let floor = low;
  for (const i of order) {
    places[i] = Math.max(places[i] ?? low, floor);
    floor = (places[i] ?? low) + gap;
  }
  let ceiling = high;
  for (const i of order.reverse()) {
    places[i] = Math.max(Math.min(places[i] ?? high, ceiling), low);
    ceiling = (places[i] ?? high) - gap;
  }
  return places;
}
