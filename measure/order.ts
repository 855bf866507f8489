/**
 * What order number n is: a pure function of its number, shared by the scenario that sends it and by whoever adds up
 * what was at stake. No order needs to be remembered.
 */

export interface OrderItem {
  product_id: string;
  quantity: number;
  /** Of one piece, in KRW, which has no smaller unit. */
  price: number;
}

export interface Order {
  userId: string;
  items: OrderItem[];
  /** Sum of quantity x price, KRW. */
  value: number;
}

/** Order n holds basket n % BASKETS: few enough that a client can keep every basket's JSON. */
export const BASKETS = 16;
/** Order n is sent by user n % USERS. */
export const USERS = 10_000;
const PRODUCTS = 20;

const lines = (basket: number): number => 1 + (basket % 2);
const product = (basket: number, line: number): number => (basket * 7 + line * 3) % PRODUCTS;
const quantity = (basket: number, line: number): number => 1 + ((basket + line) % 3);
const price = (number: number): number => 5_000 + ((number * 37) % PRODUCTS) * 2_500;

/** @param seq the order's number in its population, from 0 */
export function itemsOf(seq: number): OrderItem[] {
  const basket = seq % BASKETS;
  const items: OrderItem[] = [];
  for (let line = 0; line < lines(basket); line++) {
    const number = product(basket, line);
    items.push({ product_id: `p-${number + 1}`, quantity: quantity(basket, line), price: price(number) });
  }
  return items;
}

/** The scenarios whose orders these are. */
const PRICED: ReadonlySet<string> = new Set(['orders', 'shopper']);

/** Whether `orderValue` tells what an order of this scenario is worth; a user's own may sell anything. */
export const isPriced = (scenario: string): boolean => PRICED.has(scenario);

const VALUES = Array.from({ length: BASKETS }, (_, basket) =>
  itemsOf(basket).reduce((sum, item) => sum + item.quantity * item.price, 0),
);

/** What order `seq` is worth, KRW; allocates nothing. */
export const orderValue = (seq: number): number => VALUES[seq % BASKETS]!;

/** Order number `seq` as a whole. */
export function orderOf(seq: number): Order {
  return { userId: `user-${seq % USERS}`, items: itemsOf(seq), value: orderValue(seq) };
}
