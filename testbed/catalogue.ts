/** The shop's products. Orders may name others: a load test brings its own. */

export interface Product {
  product_id: string;
  name: string;
  price: number;
}

const NAMES = [
  'Umbrella',
  'Raincoat',
  'Lantern',
  'Compass',
  'Thermos',
  'Blanket',
  'Rope',
  'Whistle',
  'Map case',
  'Boots',
  'Gloves',
  'Anchor',
  'Barometer',
  'Torch',
  'Tarpaulin',
  'Life jacket',
  'First-aid kit',
  'Radio',
  'Water filter',
  'Storm glass',
];

/** `p-1` to `p-20`. */
export const PRODUCTS: readonly Product[] = NAMES.map((name, i) => ({
  product_id: `p-${i + 1}`,
  name,
  price: 10 + 5 * i,
}));
