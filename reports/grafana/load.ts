import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { BUCKETS } from '../influx/schema.ts';
import { board, stages } from './board.ts';
import { COLOURS, claim, heatmap, limit, lines, stacked, table, verdict } from './panels.ts';
import { from } from './query.ts';

/** A run while it is driven, and after. */
export function loadDashboard(): DashboardBuilder {
  const buckets = from('latency').every().alias('$col');
  for (const { field, boundMs } of BUCKETS)
    buckets.sum(field).as(Number.isFinite(boundMs) ? String(boundMs) : '+Inf');

  return board({
    uid: 'stormproof-load',
    title: 'Stormproof: load',
    description: 'One run: its claims, what became of the arrivals, and whether the generator kept up.',
    last: '15m',
    refresh: '5s',
    runs: 'latest',
    variablesFrom: 'orders',
    annotations: [stages()],
  })
    .withRow(new RowBuilder('Claims'))
    .withPanel(
      verdict(
        {
          title: 'Verdict',
          description: "The run's verdict, that of its worst claim; it is there when the run is over.",
          width: 4,
        },
        from('runs').last('verdict').table(),
      ),
    )
    .withPanel(
      claim(
        { title: 'Throughput', description: 'Acknowledged arrivals a second at the plateau.', width: 4 },
        'reqps',
        'throughput',
      ),
    )
    .withPanel(
      claim(
        { title: 'P95 latency', description: 'Over planned arrivals at the plateau.', width: 4 },
        'ms',
        'latency.p95',
      ),
    )
    .withPanel(
      claim(
        { title: 'P99 latency', description: 'Over planned arrivals at the plateau.', width: 4 },
        'ms',
        'latency.p99',
      ),
    )
    .withPanel(
      claim(
        {
          title: 'Errors',
          description: 'Refused, unsent and unknown arrivals over those started.',
          width: 4,
        },
        'percentunit',
        'errors',
      ),
    )
    .withPanel(
      claim(
        { title: 'Availability', description: 'Acknowledged arrivals over those planned.', width: 4 },
        'percentunit',
        'availability',
      ),
    )
    .withPanel(
      table(
        {
          title: 'All claims',
          description: 'Every claim of the run with the interval in which the true value lies.',
          width: 20,
          height: 7,
        },
        from('claims')
          .pick('title', 'op', 'claimed', 'measured', 'low', 'high', 'unit', 'verdict', 'reason')
          .table(),
      ),
    )
    .withPanel(
      limit(
        {
          title: 'Claims that failed',
          description: 'How many claims do not hold anywhere in their error bar.',
          width: 4,
          height: 7,
        },
        'none',
        from('claims').sum('failed'),
        1,
      ),
    )
    .withRow(new RowBuilder('Arrivals'))
    .withPanel(
      lines(
        {
          title: 'Arrivals a second',
          description: 'What was due, what was acknowledged, and what was due and never sent.',
          width: 16,
        },
        'reqps',
        [from('orders').mean('planned').mean('acknowledged').mean('dropped').every().alias('$col')],
        {
          colours: {
            planned: COLOURS.planned,
            acknowledged: COLOURS.acknowledged,
            dropped: COLOURS.dropped,
          },
        },
      ),
    )
    .withPanel(
      stacked(
        {
          title: 'Failed attempts a second',
          description: 'By kind: a status, or the name of what went wrong.',
          width: 8,
        },
        'reqps',
        [from('errors').mean('count').groupBy('code').every().alias('$tag_code')],
      ),
    )
    .withRow(new RowBuilder('Latency'))
    .withPanel(
      lines(
        {
          title: 'Latency over planned arrivals',
          description:
            'The worst second of each interval, and the claims; a gap is an infinity: more arrivals were not served than the percentile allows.',
          width: 12,
          height: 9,
        },
        'ms',
        [
          from('orders').max('p50').max('p95').max('p99').every().alias('$col'),
          from('claims')
            .last('claimed')
            .whereMatches('claim', /^latency\.p(50|95|99)$/)
            .groupBy('claim')
            .every('$__interval', 'previous')
            .alias('claimed $tag_claim'),
        ],
        { colours: { p50: COLOURS.p50, p95: COLOURS.p95, p99: COLOURS.p99 } },
      ).overrideByRegexp('/^claimed /', [
        { id: 'custom.lineStyle', value: { fill: 'dash', dash: [6, 6] } },
        { id: 'custom.lineWidth', value: 1 },
        { id: 'custom.fillOpacity', value: 0 },
      ]),
    )
    .withPanel(
      heatmap(
        {
          title: 'How latencies are spread',
          description: 'Acknowledged orders by latency; a bucket is named by its upper bound.',
          width: 12,
          height: 9,
        },
        'ms',
        buckets,
      ),
    )
    .withRow(new RowBuilder('Generator'))
    .withPanel(
      lines(
        {
          title: 'CPU',
          description: "The generator's share of the CPUs that it may use, and how busy these are in all.",
          width: 8,
        },
        'percentunit',
        [from('generator').mean('cpu').mean('machine').every().alias('$col')],
        { colours: { cpu: COLOURS.generator, machine: COLOURS.machine }, max: 1 },
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Lateness',
          description:
            "How late sends were at p99, and how long the harness's own event loop was held up: latencies below this cannot be told.",
          width: 8,
        },
        'ms',
        [from('generator').max('late_p99').max('loop_delay').every().alias('$col')],
      ),
    )
    .withPanel(
      lines({ title: 'Memory', description: 'Resident memory of the generator.', width: 8 }, 'bytes', [
        from('generator').max('rss').every().alias('$col'),
      ]),
    );
}
