import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { annotation, board, stages } from './board.ts';
import { COLOURS, claim, lines, stacked, table, verdict } from './panels.ts';
import { from } from './query.ts';

/** A region is taken away under load: who answers, what is lost, and how soon it is over. */
export function drillDashboard(): DashboardBuilder {
  return board({
    uid: 'stormproof-drill',
    title: 'Stormproof: failover drill',
    description: 'Which region answered while one was away, how soon service was back, and what was lost.',
    last: '15m',
    refresh: '5s',
    runs: 'latest',
    variablesFrom: 'orders',
    annotations: [
      annotation('Phases', /^phase$/, COLOURS.p50),
      annotation('Faults', /^fault\./, COLOURS.shortfall),
      annotation('Regions', /^(region\.health|dns\.answer|standby\.tasks)$/, COLOURS.p95),
      stages(),
    ],
  })
    .withRow(new RowBuilder('Claims'))
    .withPanel(
      verdict(
        { title: 'Verdict', description: "The drill's verdict, that of its worst claim.", width: 6 },
        from('runs').last('verdict').table(),
      ),
    )
    .withPanel(
      claim(
        {
          title: 'Recovery time (RTO)',
          description: 'From the fault until service was back to stay, against the claim.',
          width: 6,
        },
        's',
        'rto',
      ),
    )
    .withPanel(
      claim(
        {
          title: 'Recovery point (RPO)',
          description: 'How far back acknowledged orders were lost, against the claim.',
          width: 6,
        },
        's',
        'rpo.seconds',
      ),
    )
    .withPanel(
      claim(
        {
          title: 'Orders lost',
          description: 'Acknowledged orders that were not there afterwards, against the claim.',
          width: 6,
        },
        'short',
        'rpo.orders',
      ),
    )
    .withRow(new RowBuilder('Failover'))
    .withPanel(
      stacked(
        {
          title: "Regions' share of answers",
          description: 'Which region acknowledged the arrivals; nothing where none were.',
          width: 24,
        },
        'percentunit',
        [from('regions').mean('share').groupBy('region').every().alias('$tag_region')],
        1,
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Availability',
          description: 'Acknowledged over planned arrivals, where any were planned.',
          width: 12,
        },
        'percentunit',
        [
          from('orders')
            .sum('acknowledged')
            .dividedBy('planned')
            .as('availability')
            // 0 of 0 would be drawn as an outage.
            .wherePositive('planned')
            .every()
            .alias('$col'),
        ],
        { colours: { availability: COLOURS.acknowledged }, max: 1 },
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Answers a second by region',
          description: 'Arrivals that each region acknowledged.',
          width: 12,
        },
        'reqps',
        [from('regions').mean('acknowledged').groupBy('region').every().alias('$tag_region')],
      ),
    )
    .withRow(new RowBuilder('Past drills'))
    .withPanel(
      table(
        {
          title: 'RTO and RPO of the last drills',
          description: 'The newest 20 drills of 90 days, whichever run is chosen; lost orders at cut-over.',
          width: 24,
        },
        from('drills')
          .pick('verdict', 'drill', 'rto_s', 'rto_claim', 'rpo_s', 'rpo_claim', 'lost', 'recovered')
          .pick('restored', 'expected', 'run', 'commit')
          .ofAllRuns()
          .newestFirst(20)
          .table(),
        { units: { rto_s: 's', rto_claim: 's', rpo_s: 's', rpo_claim: 's' } },
      ).timeFrom('90d'),
    );
}
