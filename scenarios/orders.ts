import { BASKETS, itemsOf, USERS } from '../measure/order.ts';
import { defineScenario } from './lib/scenario.ts';

/** The JSON of each basket, made when it is first ordered. */
const baskets: string[] = [];

/** The platform's order API: one order an arrival, 201 is the acknowledgement. */
export default defineScenario({
  operations: { order: { success: 201 } },
  iteration({ send, seq, keyPrefix, orderPath }) {
    const basket = seq % BASKETS;
    baskets[basket] ??= JSON.stringify(itemsOf(basket));
    const body = `{"user_id":"user-${seq % USERS}","items":${baskets[basket]},"idempotency_key":"${keyPrefix}${seq}"}`;
    send('order', 'POST', orderPath, body);
  },
});
