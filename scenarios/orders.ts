import { BASKETS, itemsOf, userOf } from '../measure/order.ts';
import { defineScenario } from './lib/scenario.ts';

/** The JSON of each basket, made when it is first ordered. */
const baskets: string[] = [];

/** The platform's order API: one order an arrival, 201 is the acknowledgement. */
export default defineScenario({
  operations: { order: { success: 201 } },
  iteration({ send, seq, key, orderPath }) {
    baskets[seq % BASKETS] ??= JSON.stringify(itemsOf(seq));
    const items = baskets[seq % BASKETS];
    send(
      'order',
      'POST',
      orderPath,
      `{"user_id":"${userOf(seq)}","items":${items},"idempotency_key":"${key}"}`,
    );
  },
});
