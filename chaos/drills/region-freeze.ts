import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'region-freeze',
  hypothesis:
    'a primary region that accepts connections and answers none is left as quickly as one that is gone: within 2 minutes',
  bite: 'outage',
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s' },
  faults: [{ fault: 'region.freeze', on: 'primary', until: '200s', loss: true }],
});
