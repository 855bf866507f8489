import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'failback',
  hypothesis:
    'service survives the loss of the primary region, and after that the loss of the standby, each within 2 minutes: the way back is as good as the way there',
  bite: 'outage',
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s' },
  // The primary is kept out of the answers until the standby dies: then nothing is healthy, and the primary is answered.
  faults: [
    { fault: 'region.kill', on: 'primary', until: '200s', loss: true },
    { fault: 'health.lie', on: 'primary', args: { says: 'unhealthy' }, at: '150s', until: '490s' },
    { fault: 'region.kill', on: 'standby', at: '280s', until: '480s', loss: true },
  ],
});
