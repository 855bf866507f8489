import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'region-loss',
  hypothesis:
    'when the primary region is gone, the standby serves every order within 2 minutes, and what was acknowledged in the last 2 seconds is all that is lost',
  bite: 'outage',
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s' },
  faults: [{ fault: 'region.kill', on: 'primary', until: '200s', loss: true }],
});
