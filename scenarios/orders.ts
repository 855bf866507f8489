import { BASKETS, itemsOf, USERS } from '../measure/order.ts';
import { defineScenario } from './lib/scenario.ts';

/** What stands between the user and the number of the order, by basket; made when it is first ordered. */
const middles: string[] = [];

/** The platform's order API: one order an arrival, 201 is the acknowledgement. */
export default defineScenario({
  operations: { order: { success: 201 } },
  iteration({ send, seq, keyPrefix, orderPath }) {
    const basket = seq % BASKETS;
    middles[basket] ??= `","items":${JSON.stringify(itemsOf(basket))},"idempotency_key":"${keyPrefix}`;
    const body = `{"user_id":"user-${seq % USERS}${middles[basket]}${seq}"}`;
    send('order', 'POST', orderPath, body);
  },
});
