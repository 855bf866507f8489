import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'false-alarm',
  hypothesis:
    'a failover that nobody needed costs nothing: every order is answered, and what both regions wrote is found in both',
  bite: 'failover',
  claims: { availability: '>= 99.9%', 'rpo.orders': '<= 0' },
  faults: [{ fault: 'health.lie', on: 'primary', args: { says: 'unhealthy' }, until: '200s' }],
});
