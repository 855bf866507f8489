/** Where the example's parts listen on 127.0.0.1: eight ports from one on. */
const BASE = Number(process.env.EXAMPLE_PORT ?? 7100);

export const PORTS = {
  /** The front door: what clients talk to. */
  front: BASE,
  api: { a: BASE + 1, b: BASE + 2 },
  redis: { a: BASE + 3, b: BASE + 4 },
} as const;

export type Region = 'a' | 'b';
