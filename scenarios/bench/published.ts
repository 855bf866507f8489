/**
 * The order script as platforms publish it: a body of random values by `JSON.stringify`, checks, a custom rate and
 * thresholds. Only for the bench, with k6's own defaults for output and garbage collection.
 */
import { check } from 'k6';
import http from 'k6/http';
import { Rate } from 'k6/metrics';

export const options = {
  scenarios: {
    // At a rate where the bench asks for one, else as fast as it is answered.
    orders: __ENV.BENCH_RATE
      ? {
          executor: 'constant-arrival-rate',
          exec: 'order',
          rate: Number(__ENV.BENCH_RATE),
          preAllocatedVUs: Number(__ENV.BENCH_VUS ?? 50),
          duration: __ENV.BENCH_DURATION ?? '10s',
          gracefulStop: '2s',
        }
      : {
          executor: 'constant-vus',
          exec: 'order',
          vus: Number(__ENV.BENCH_VUS ?? 50),
          duration: __ENV.BENCH_DURATION ?? '10s',
          gracefulStop: '2s',
        },
  },
  thresholds: {
    http_req_duration: ['p(95)<100'],
    errors: ['rate<0.01'],
  },
};

const errors = new Rate('errors');

export function order(): void {
  const body = JSON.stringify({
    user_id: `user-${Math.floor(Math.random() * 10_000)}`,
    items: [{ product_id: 'p-1', quantity: 1 + Math.floor(Math.random() * 5), price: 5000 }],
    idempotency_key: `${Date.now()}-${Math.random()}`,
  });
  const params = { headers: { 'Content-Type': 'application/json' } };
  const answer = http.post(`${__ENV.STORMPROOF_TARGET}/api/v1/orders`, body, params);
  const held = check(answer, {
    'status is 201': (r) => r.status === 201,
    'answered within 100 ms': (r) => r.timings.duration < 100,
  });
  errors.add(!held);
}
