import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'brown-out',
  hypothesis:
    'a slower primary with one error in two hundred degrades service without taking it away, and nothing fails over',
  bite: 'degradation',
  claims: { availability: '>= 99%', 'latency.p95': '< 250ms' },
  faults: [
    { fault: 'region.slow', on: 'primary', args: { ms: 80 }, until: '120s' },
    { fault: 'region.errors', on: 'primary', args: { share: 0.005 }, until: '120s' },
  ],
});
