import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { board, stages } from './board.ts';
import { bars, COLOURS, lines, number } from './panels.ts';
import { from, math } from './query.ts';

/** Acknowledged attempts of an operation: a visitor who only looks is an arrival, and no order. */
const acknowledged = (op: 'browse' | 'order') =>
  from('operations').sum('acknowledged').where('op', op).alias('$col');

/** Of `scenarios/shopper.ts`: there every order begins with browsing. */
const shopped = (op: 'browse' | 'order') => acknowledged(op).as(op).where('scenario', 'shopper').hidden();

/** What the load was worth to the shop. */
export function businessDashboard(): DashboardBuilder {
  const orders = () => acknowledged('order').as('orders');
  const value = () => from('orders').sum('value').as('order value');
  const unserved = () => from('orders').sum('planned').minus('acknowledged').as('not served');

  return board({
    uid: 'stormproof-business',
    title: 'Stormproof: business',
    description: 'Orders, their value, the conversion of visitors, and what was not served.',
    last: '1h',
    refresh: '30s',
    runs: 'all',
    variablesFrom: 'orders',
    annotations: [stages()],
  })
    .withRow(new RowBuilder('In all'))
    .withPanel(
      number(
        {
          title: 'Orders',
          description: 'Acknowledged attempts of the operation order in the time shown.',
          width: 6,
        },
        'short',
        orders(),
      ),
    )
    .withPanel(
      number(
        { title: 'Order value', description: 'Worth of the acknowledged orders.', width: 6 },
        'currencyKRW',
        value(),
      ),
    )
    .withPanel(
      number(
        {
          title: 'Conversion',
          description: 'Acknowledged orders over acknowledged visits of the shop, for the scenario shopper.',
          width: 6,
        },
        'percentunit',
        shopped('order'),
        shopped('browse'),
        math('$A / $B'),
      ),
    )
    .withPanel(
      number(
        {
          title: 'Not served',
          description: 'Arrivals that were planned and not acknowledged: what visitors felt.',
          width: 6,
        },
        'short',
        unserved(),
      ),
    )
    .withRow(new RowBuilder('By the minute'))
    .withPanel(
      bars(
        {
          title: 'Orders a minute',
          description:
            'Acknowledged orders in each minute of the clock; the first and the last are seldom whole.',
          width: 12,
        },
        'short',
        [orders().every('1m', 'none')],
        { orders: COLOURS.acknowledged },
      ),
    )
    .withPanel(
      bars(
        { title: 'Order value a minute', description: 'Worth of the orders of each minute.', width: 12 },
        'currencyKRW',
        [value().every('1m', 'none').alias('$col')],
        { 'order value': COLOURS.acknowledged },
      ),
    )
    .withPanel(
      lines(
        {
          title: 'Conversion by the minute',
          description:
            'Orders over visits of the shop; an order counts in its own minute, not in that of its visit.',
          width: 12,
        },
        'percentunit',
        [shopped('order').every('1m', 'none'), shopped('browse').every('1m', 'none'), math('$A / $B')],
      ).displayName('conversion'),
    )
    .withPanel(
      bars(
        { title: 'Not served a minute', description: 'Planned less acknowledged arrivals.', width: 12 },
        'short',
        [unserved().every('1m', 'none').alias('$col')],
        { 'not served': COLOURS.shortfall },
      ),
    );
}
