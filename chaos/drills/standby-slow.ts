import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'standby-slow',
  hypothesis:
    'a standby that begins to grow 38 seconds after the loss still carries the load within 2 minutes of it',
  bite: 'outage',
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s' },
  faults: [
    { fault: 'region.kill', on: 'primary', until: '200s', loss: true },
    { fault: 'standby.pin', until: '38s' },
  ],
});
