import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'no-failover',
  hypothesis:
    'without a failover an outage lasts as long as its cause: the claim of 2 minutes fails, and is seen to fail',
  bite: 'outage',
  expected: 'FAIL',
  claims: { rto: '<= 2m' },
  faults: [
    { fault: 'health.lie', on: 'primary', args: { says: 'healthy' }, until: '205s' },
    { fault: 'region.kill', on: 'primary', until: '200s', loss: true },
  ],
});
