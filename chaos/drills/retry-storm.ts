import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'retry-storm',
  hypothesis:
    'clients that send an unknown order again, with its key, to the other region are charged twice: keys are remembered by region',
  bite: 'outage',
  expected: 'FAIL',
  rate: 1000,
  retries: 2,
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s', duplicated: '<= 0' },
  faults: [{ fault: 'region.freeze', on: 'primary', until: '200s', loss: true }],
});
