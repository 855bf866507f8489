/** Reads a cursor listing over HTTP, page by page, as the built-in order service offers it. */
import { z } from 'zod';
import type { ListedKey } from '../platform.ts';

const LIMIT = 5000;
/** A page that takes longer will not come. */
const LONGEST_PAGE_MS = 10_000;

const pageSchema = z.object({
  orders: z.array(
    z.object({
      idempotency_key: z.string(),
      order_id: z.string().nullish(),
      written_ms: z.number().nullish(),
    }),
  ),
  next_cursor: z.string().nullish(),
  has_more: z.boolean(),
});

/**
 * @param url of the listing; `cursor` and `limit` are added to its query
 * @throws Error where a page cannot be had or is no page
 */
export async function* readHttpListing(url: string, signal: AbortSignal): AsyncIterable<ListedKey> {
  let cursor: string | null = null;
  for (;;) {
    const at = new URL(url);
    at.searchParams.set('limit', String(LIMIT));
    if (cursor !== null) at.searchParams.set('cursor', cursor);
    const answer = await fetch(at, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_PAGE_MS)]),
    });
    if (!answer.ok) throw new Error(`the listing at ${at.origin}${at.pathname} answered ${answer.status}`);
    const page = pageSchema.parse(await answer.json());
    for (const order of page.orders) {
      yield {
        key: order.idempotency_key,
        orderId: order.order_id ?? null,
        writtenMs: order.written_ms ?? null,
      };
    }
    // A listing whose cursor stands still would never end.
    if (!page.has_more || page.next_cursor == null || page.next_cursor === cursor) return;
    cursor = page.next_cursor;
  }
}
