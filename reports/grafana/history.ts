import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from './board.ts';
import { bars, dots, table } from './panels.ts';
import { from } from './query.ts';

/** A run in the load dashboard. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
const TO_THE_RUN = '/d/stormproof-load?var-datasource=${datasource}&var-run=${__value.text}';
/** Its row's time is its beginning, its end is a column of the same table. */
const WHOLE = `${TO_THE_RUN}&from=\${__value.time}&to=\${__data.fields.ended.numeric}`;
/** An hour on both sides of its beginning, where the end is not known. */
const AROUND = `${TO_THE_RUN}&time=\${__value.time}&time.window=7200000`;

/** Run after run: what is getting better, what is getting worse, and since which commit. */
export function historyDashboard(): DashboardBuilder {
  return board({
    uid: 'stormproof-history',
    title: 'Stormproof: history',
    description: 'The claims and verdicts of all runs, by profile and commit.',
    last: '90d',
    refresh: null,
    runs: 'all',
    variablesFrom: 'runs',
    annotations: [],
  })
    .withRow(new RowBuilder('Trends'))
    .withPanel(
      dots(
        {
          title: 'P95 latency, run by run',
          description: 'Measured over planned arrivals, by profile; infinite ones are missing.',
          width: 12,
        },
        'ms',
        [
          from('claims')
            .pick('measured')
            .where('claim', 'latency.p95')
            .groupBy('profile')
            .alias('$tag_profile'),
          from('claims')
            .pick('claimed')
            .where('claim', 'latency.p95')
            .groupBy('profile')
            .alias('claimed $tag_profile'),
        ],
      ),
    )
    .withPanel(
      bars(
        {
          title: 'Claims that failed, by day and profile',
          description: 'How many claims of the runs that began on each day do not hold.',
          width: 12,
        },
        'none',
        [from('claims').sum('failed').groupBy('profile').every('1d', 'none').alias('$tag_profile')],
        {},
      ),
    )
    .withRow(new RowBuilder('Drills'))
    .withPanel(
      dots(
        {
          title: 'Recovery time (RTO), drill by drill',
          description: 'By drill, with what was claimed; outages that did not end are missing.',
          width: 12,
        },
        's',
        [
          from('drills').pick('rto_s').groupBy('drill').alias('$tag_drill'),
          from('drills').pick('rto_claim').groupBy('drill').alias('claimed $tag_drill'),
        ],
      ),
    )
    .withPanel(
      dots(
        {
          title: 'Recovery point (RPO), drill by drill',
          description: 'How far back acknowledged orders were lost, by drill, with what was claimed.',
          width: 12,
        },
        's',
        [
          from('drills').pick('rpo_s').groupBy('drill').alias('$tag_drill'),
          from('drills').pick('rpo_claim').groupBy('drill').alias('claimed $tag_drill'),
        ],
      ),
    )
    .withRow(new RowBuilder('Runs'))
    .withPanel(
      table(
        {
          title: 'Last runs',
          description: "The newest 50 runs with their verdict; a run's name leads to its load dashboard.",
          width: 24,
          height: 9,
        },
        from('runs')
          .pick(
            'verdict',
            'run',
            'profile',
            'scenario',
            'commit',
            'planned',
            'acknowledged',
            'dropped',
            'duration',
            'ended',
          )
          .pick('saturated', 'reason')
          .newestFirst(50)
          .table(),
        { units: { duration: 's', ended: 'dateTimeAsIso' }, links: { run: WHOLE } },
      ),
    )
    .withPanel(
      table(
        {
          title: 'Claims over runs',
          description: 'The newest 200 claims by run, profile and commit, with their intervals.',
          width: 24,
          height: 11,
        },
        from('claims')
          .pick(
            'verdict',
            'title',
            'op',
            'claimed',
            'measured',
            'low',
            'high',
            'unit',
            'run',
            'profile',
            'commit',
          )
          .pick('reason')
          .newestFirst(200)
          .table(),
        { links: { run: AROUND } },
      ),
    );
}
