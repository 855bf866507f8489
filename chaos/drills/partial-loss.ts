import { defineDrill } from '../definition.ts';

export default defineDrill({
  name: 'partial-loss',
  hypothesis:
    'a primary region that has lost most of its tasks looks ill to its health checks, and the standby takes over within 2 minutes',
  bite: 'outage',
  // Two overloaded regions and the generator share the machine for a while.
  rate: 1000,
  claims: { rto: '<= 2m', 'rpo.seconds': '<= 2s' },
  faults: [{ fault: 'workers.kill', on: 'primary', args: { count: 2 }, until: '200s', loss: true }],
});
