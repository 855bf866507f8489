import { describe, expect, it } from 'vitest';
import { from, tagValues } from '../../../reports/grafana/query.ts';

const CHOSEN =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
  '$timeFilter AND "run" =~ /^${run:regex}$/ AND "profile" =~ /^${profile:regex}$/ AND "scenario" =~ /^${scenario:regex}$/';

describe('a query', () => {
  it('asks for the runs that are chosen, in the time that is shown', () => {
    expect(from('regions').mean('share').groupBy('region').every().build().query).toBe(
      `SELECT mean("share") AS "share" FROM "regions" WHERE ${CHOSEN} GROUP BY time($__interval), "region" fill(null)`,
    );
  });

  it('calculates with the same aggregate of two fields, and leaves out where there is nothing to divide by', () => {
    const served = from('orders')
      .sum('acknowledged')
      .dividedBy('planned')
      .as('availability')
      .wherePositive('planned');
    expect(served.build().query).toBe(
      `SELECT sum("acknowledged") / sum("planned") AS "availability" FROM "orders" WHERE ${CHOSEN} AND "planned" > 0`,
    );
  });

  it('lists the newest points as a table', () => {
    const { query, resultFormat } = from('runs').pick('run', 'verdict').newestFirst(50).table().build();
    expect(query).toBe(`SELECT "run", "verdict" FROM "runs" WHERE ${CHOSEN} ORDER BY time DESC LIMIT 50`);
    expect(resultFormat).toBe('table');
  });

  it('looks at every run where it is told how far back to look', () => {
    expect(from('claims').last('failed').groupBy('claim').inTheLast('24h').build().query).toBe(
      'SELECT last("failed") AS "failed" FROM "claims" WHERE time > now() - 24h GROUP BY "claim"',
    );
  });

  it('keeps a value from ending its own quotes', () => {
    expect(from('operations').sum('failed').where('op', "a'b\\").build().query).toContain(
      `"op" = 'a\\'b\\\\'`,
    );
  });

  it('says how its lines are called, by which letter it goes, and whether it is drawn', () => {
    const query = from('regions').mean('share').groupBy('region').alias('of $tag_region');
    expect(query.build()).toMatchObject({ refId: 'A', alias: 'of $tag_region', resultFormat: 'time_series' });
    expect(query.build()).not.toHaveProperty('hide');
    expect(query.hidden().refId('C').build()).toMatchObject({ refId: 'C', hide: true });
    expect(from('regions').mean('share').build()).not.toHaveProperty('alias');
  });

  it('offers values of a tag', () => {
    expect(tagValues('orders', 'profile', [])).toBe('SHOW TAG VALUES FROM "orders" WITH KEY = "profile"');
    expect(tagValues('orders', 'scenario', ['profile'])).toBe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
      'SHOW TAG VALUES FROM "orders" WITH KEY = "scenario" WHERE "profile" =~ /^${profile:regex}$/',
    );
  });

  it('is a type error where the schema has no such name', () => {
    // @ts-expect-error a measurement
    from('order');
    // @ts-expect-error a field
    from('orders').sum('acknowledge');
    // @ts-expect-error a field that is no number
    from('claims').sum('verdict');
    // @ts-expect-error a tag of another measurement
    from('orders').sum('acknowledged').groupBy('region');
    // @ts-expect-error a tag in a series' name
    from('errors').mean('count').alias('$tag_kind');
    // @ts-expect-error a variable's tag
    tagValues('orders', 'region', []);
  });
});
