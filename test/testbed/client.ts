import type { ListingPage } from '../../testbed/listing.ts';
import type { NewOrder } from '../../testbed/order.ts';
import type { StoredKey } from '../../testbed/order-store.ts';
import type { Service } from '../../testbed/service.ts';

export function newOrder(key: string, changes: Partial<NewOrder> = {}): NewOrder {
  return {
    user_id: 'u-1',
    items: [{ product_id: 'p-1', quantity: 2, price: 9.9 }],
    idempotency_key: key,
    ...changes,
  };
}

export function postOrder(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/api/v1/orders`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Reads on from page to page until there is no more. */
export async function readListing(url: string, limit: number): Promise<StoredKey[]> {
  const orders: StoredKey[] = [];
  let cursor = '0';
  for (let pages = 0; pages < 10_000; pages++) {
    const response = await fetch(`${url}/api/v1/orders?limit=${limit}&cursor=${cursor}`);
    const page = (await response.json()) as ListingPage;
    orders.push(...page.orders);
    if (!page.has_more) return orders;
    cursor = page.next_cursor;
  }
  throw new Error('the listing never ended');
}

/** Polls until the condition holds. @throws after half a minute, which nothing here comes near */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Serves in this process, on any free port. */
export async function listen({ server }: Service): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
