/** Two alert rules to begin with, in the form in which Grafana provisions them from a file. */
import { from, type InfluxQuery } from './query.ts';

/** Rules cannot use a dashboard's variables: Grafana fills this in from its own environment. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
const DATASOURCE_UID = '${STORMPROOF_DATASOURCE_UID}';
/** Of what was planned; below it somebody is told while the load still runs. */
const LEAST_AVAILABILITY = 0.999;

interface Rule {
  uid: string;
  title: string;
  summary: string;
  target: { build(): InfluxQuery };
  /** How far back the query looks, as it says itself. */
  overSeconds: number;
  fires: { type: 'gt' | 'lt'; than: number };
  for: string;
}

const RULES: readonly Rule[] = [
  {
    uid: 'stormproof-claim-failed',
    title: 'A claim failed',
    summary: '{{ $labels.claim }} of the profile {{ $labels.profile }} did not hold in its newest run.',
    // A claim's point stands at the beginning of its run, which may be long ago when it is judged.
    target: from('claims').last('failed').groupBy('profile', 'claim').inTheLast('24h'),
    overSeconds: 24 * 3600,
    fires: { type: 'gt', than: 0 },
    for: '0s',
  },
  {
    uid: 'stormproof-availability',
    title: 'Availability is low',
    summary: `Less than ${LEAST_AVAILABILITY * 100} % of the arrivals of the profile {{ $labels.profile }} are served.`,
    target: from('orders')
      .sum('acknowledged')
      .dividedBy('planned')
      .as('availability')
      .wherePositive('planned')
      .groupBy('profile')
      .inTheLast('5m'),
    overSeconds: 5 * 60,
    fires: { type: 'lt', than: LEAST_AVAILABILITY },
    for: '1m',
  },
];

/** The file's content; https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/ */
export function alertRules(): object {
  return {
    apiVersion: 1,
    groups: [
      { orgId: 1, name: 'stormproof', folder: 'Stormproof', interval: '1m', rules: RULES.map(ruleOf) },
    ],
  };
}

function ruleOf(rule: Rule): object {
  const { query, rawQuery, resultFormat } = rule.target.build();
  return {
    uid: rule.uid,
    title: rule.title,
    condition: 'fires',
    data: [
      {
        refId: 'query',
        datasourceUid: DATASOURCE_UID,
        relativeTimeRange: { from: rule.overSeconds, to: 0 },
        model: { refId: 'query', query, rawQuery, resultFormat },
      },
      expression('newest', { type: 'reduce', expression: 'query', reducer: 'last' }),
      expression('fires', {
        type: 'threshold',
        expression: 'newest',
        conditions: [{ evaluator: { type: rule.fires.type, params: [rule.fires.than] } }],
      }),
    ],
    // Between runs there is nothing to measure, and nothing wrong.
    noDataState: 'OK',
    execErrState: 'Error',
    for: rule.for,
    // A dollar would be looked up in the environment, two are one.
    annotations: { summary: rule.summary.replaceAll('$', '$$$$') },
    labels: { source: 'stormproof' },
  };
}

const expression = (refId: string, model: object): object => ({
  refId,
  datasourceUid: '__expr__',
  model: { refId, ...model },
});
