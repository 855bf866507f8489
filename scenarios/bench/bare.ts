/**
 * The ceiling of stock k6: a loop that sends one prebuilt request and does nothing else. Only for the bench, with the
 * same engine flags and options as ours; the body is as long as an order of one item.
 */
import http from 'k6/http';

export const options = {
  discardResponseBodies: true,
  systemTags: [],
  maxRedirects: 0,
  scenarios: {
    saturate: {
      executor: 'constant-vus',
      exec: 'order',
      vus: Number(__ENV.BENCH_VUS ?? 50),
      duration: __ENV.BENCH_DURATION ?? '10s',
      gracefulStop: '2s',
    },
  },
};

const url = `${__ENV.STORMPROOF_TARGET}/api/v1/orders`;
const params = { headers: { 'Content-Type': 'application/json' } };
const items = '[{"product_id":"p-1","quantity":1,"price":5000}]';
const body = `{"user_id":"user-4242","items":${items},"idempotency_key":"20261121T001503Z-load-quick-7f3a-s424242"}`;

export function order(): void {
  http.post(url, body, params);
}
