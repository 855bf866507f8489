import { USERS } from '../measure/order.ts';
import { defineScenario } from './lib/scenario.ts';

/**
 * A visitor: looks through the shop, looks at a product, orders it, reads the order back. How far one comes is a matter
 * of the weights: with 10 for browse and 3 for order, 3 of 10 visitors order. One who is refused anything leaves.
 */
export default defineScenario({
  operations: {
    browse: { success: 200, json: true },
    product: { success: 200, json: true },
    order: { success: 201, json: true },
    read: { success: 200 },
  },
  weights: { browse: 10, product: 6, order: 3, read: 3 },
  iteration({ send, key, seq, orderPath, weights, random, think }) {
    const patience = random() * weights.browse!;
    const shop = orderPath.replace(/[^/]+$/, 'products');

    const list = send('browse', 'GET', shop);
    if (!list.acknowledged || patience >= weights.product!) return;
    think();
    const { products } = list.json();
    const chosen = products[Math.floor(random() * products.length)].product_id;

    const detail = send('product', 'GET', `${shop}/${encodeURIComponent(chosen)}`);
    if (!detail.acknowledged || patience >= weights.order!) return;
    think();
    const items = [
      { product_id: chosen, quantity: 1 + Math.floor(random() * 3), price: detail.json().price },
    ];

    const body = JSON.stringify({ user_id: `user-${seq % USERS}`, items, idempotency_key: key });
    const order = send('order', 'POST', orderPath, body);
    if (!order.acknowledged || patience >= weights.read!) return;
    think();
    send('read', 'GET', `${orderPath}/${encodeURIComponent(order.json().order_id)}`);
  },
});
