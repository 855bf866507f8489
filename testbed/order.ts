/** An order as clients send it, and what may be wrong with one. */

export interface OrderItem {
  product_id: string;
  quantity: number;
  price: number;
}

/** The body of `POST /api/v1/orders`. Other fields are ignored. */
export interface NewOrder {
  user_id: string;
  items: readonly OrderItem[];
  idempotency_key: string;
}

/** One mistake in a request: a path into its body (`items[0].quantity`) or the name of a parameter, and a sentence. */
export interface Detail {
  path: string;
  message: string;
}

const LONGEST_KEY = 128;
const LONGEST_ID = 64;
const MOST_ITEMS = 100;
const MOST_OF_ONE = 1000;
const HIGHEST_PRICE = 1e12;

/** No quotes, commas, spaces or control characters: an id needs no escaping in JSON, CSV or a path. */
const ID = /^[A-Za-z0-9._:~@/+=-]+$/;
const ID_WORDS = 'letters, digits and . _ : ~ @ / + = -';

/** A body full of mistakes is described by its first: an answer must not be larger than its request. */
const MOST_DETAILS = 20;

/**
 * Reads a parsed JSON body.
 * @returns the order (the same object, nothing is copied), or every mistake in it, the first 20
 */
export function readOrder(body: unknown): NewOrder | Detail[] {
  // One pass that builds nothing for the orders that are right, and a second one that finds the words for the rest.
  return isOrder(body) ? body : mistakesIn(body).slice(0, MOST_DETAILS);
}

/** Sum of quantity x price, to the cent. */
export function totalOf(items: readonly OrderItem[]): number {
  let sum = 0;
  for (const item of items) sum += item.quantity * item.price;
  return Math.round(sum * 100) / 100;
}

function isOrder(body: unknown): body is NewOrder {
  if (!isRecord(body)) return false;
  const { items } = body;
  if (!isId(body.idempotency_key, LONGEST_KEY) || !isId(body.user_id, LONGEST_ID)) return false;
  if (!Array.isArray(items) || items.length === 0 || items.length > MOST_ITEMS) return false;
  for (const item of items) {
    if (!isRecord(item) || !isId(item.product_id, LONGEST_ID)) return false;
    if (!isQuantity(item.quantity) || !isPrice(item.price)) return false;
  }
  return true;
}

function mistakesIn(body: unknown): Detail[] {
  if (!isRecord(body)) return [{ path: '', message: 'Expected a JSON object.' }];
  const details: Detail[] = [];
  if (!isId(body.user_id, LONGEST_ID)) details.push({ path: 'user_id', message: idSentence(LONGEST_ID) });
  const { items } = body;
  if (!Array.isArray(items) || items.length === 0 || items.length > MOST_ITEMS) {
    details.push({ path: 'items', message: `Expected a list of 1 to ${MOST_ITEMS} items.` });
  } else {
    items.forEach((item: unknown, i) => {
      details.push(...mistakesInItem(item, `items[${i}]`));
    });
  }
  if (!isId(body.idempotency_key, LONGEST_KEY)) {
    details.push({ path: 'idempotency_key', message: idSentence(LONGEST_KEY) });
  }
  return details;
}

function mistakesInItem(item: unknown, path: string): Detail[] {
  if (!isRecord(item)) return [{ path, message: 'Expected an object with product_id, quantity and price.' }];
  const details: Detail[] = [];
  if (!isId(item.product_id, LONGEST_ID)) {
    details.push({ path: `${path}.product_id`, message: idSentence(LONGEST_ID) });
  }
  if (!isQuantity(item.quantity)) {
    details.push({ path: `${path}.quantity`, message: `Expected a whole number from 1 to ${MOST_OF_ONE}.` });
  }
  if (!isPrice(item.price)) {
    details.push({ path: `${path}.price`, message: `Expected a number from 0 to ${HIGHEST_PRICE}.` });
  }
  return details;
}

const idSentence = (longest: number): string =>
  `Expected a string of 1 to ${longest} characters: ${ID_WORDS}.`;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isId = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length <= longest && ID.test(value);

const isQuantity = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_OF_ONE;

const isPrice = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= HIGHEST_PRICE;
