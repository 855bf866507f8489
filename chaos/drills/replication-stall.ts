import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'replication-stall',
  hypothesis:
    'replication that has stalled unseen for a minute costs every order since, once the primary region is lost: the claim of 2 seconds does not survive it',
  bite: 'outage',
  expected: 'FAIL',
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s' },
  faults: [
    { fault: 'replication.pause', on: 'primary', until: '265s' },
    { fault: 'region.kill', on: 'primary', at: '60s', until: '260s', loss: true },
  ],
});
