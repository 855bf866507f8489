/** Ten million orders into outages and a ledger, as a drill's measurement does it; bytes come from memory. */
import { ByStart } from '../../measure/by-start.ts';
import { EvidenceDecoder } from '../../measure/evidence.ts';
import { Ledger } from '../../measure/ledger.ts';
import { Orders } from '../../measure/orders.ts';
import { findOutages, learnBaseline } from '../../measure/outage.ts';
import { outcomeOf } from '../../measure/outcome.ts';
import { Ticks } from '../../measure/ticks.ts';
import type { LedgerFigures } from './ledger.ts';
import { lossOf, syntheticKeys, syntheticLoss, syntheticPlan } from './synthetic.ts';

const RUN = 'synthetic';
const orderCount = Number(process.argv[2]);
const plan = syntheticPlan(orderCount);
const [population] = plan.populations;
const ticks = new Ticks(population!);
const { zeroMs, deathMs, backMs } = lossOf(plan);
const decoder = new EvidenceDecoder();
const orders = new Orders('s', 'sticky', ticks.total);
const ledger = new Ledger(RUN, [orders], decoder.regions);

let seconds = 0;
let cpuSeconds = 0;
const timed = <T>(work: () => T): T => {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const result = work();
  seconds += (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  cpuSeconds += (user + system) / 1e6;
  return result;
};

for (const chunk of syntheticLoss(plan))
  timed(() =>
    decoder.push(chunk, ({ seq, startMs, waitMs, durationMs, status, errorCode, region }) =>
      orders.push(seq, startMs, waitMs + durationMs, outcomeOf(status, errorCode, 201), region),
    ),
  );
for (const chunk of syntheticKeys(plan, RUN, 'cutover')) timed(() => ledger.push('cutover', 'tokyo', chunk));
for (const chunk of syntheticKeys(plan, RUN, 'healed')) timed(() => ledger.push('healed', 'tokyo', chunk));
ledger.end();
const outages = timed(() => {
  orders.settle(zeroMs - 1000, zeroMs + ticks.durationMs + 60_000);
  const arrivals = new ByStart(orders, { ticks, zeroMs, endMs: zeroMs + ticks.durationMs });
  return findOutages(arrivals, {
    rule: { windowMs: 10_000, success: 0.99, throughput: 0.95, latencyTimes: 3 },
    baseline: learnBaseline(arrivals, zeroMs, zeroMs + 20_000),
    regions: decoder.regions,
    lostAt: () => 'seoul',
  });
});
const { cutover } = timed(() =>
  ledger.reconcile({
    isLost: (region) => decoder.regions[region] === 'seoul',
    cutoverMs: backMs,
    survivor: 'tokyo',
    complete: true,
  }),
);
const figures: LedgerFigures = {
  seconds,
  cpuSeconds,
  peakMb: process.resourceUsage().maxRSS / 1000,
  lost: cutover!.lost_acked,
  deathErrorMs: outages[0]!.fromMs - deathMs,
};
process.stdout.write(JSON.stringify(figures));
