/** The drill: the link to the replica is cut unseen, two seconds later the primary dies. */
import { defineDrill } from '../../chaos/definition.ts';

export default defineDrill({
  name: 'replication-cut',
  hypothesis:
    'an order that was acknowledged before the link was cut is never lost; those of the two seconds after it are, and the claim of one second does not survive them',
  bite: 'outage',
  expected: 'FAIL',
  rate: 500,
  claims: { rto: '<= 5s', 'rpo.seconds': '<= 1s' },
  baseline: '5s',
  sustained: { window: '1s' },
  faults: [
    { fault: 'replication.cut', until: '11s' },
    { fault: 'region.kill', on: 'primary', at: '2s', until: '10s', loss: true },
  ],
  recovery: '3s',
});
