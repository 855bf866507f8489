import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLAIMS, claimTitle, parseClaim, parseClaimId, QUANTILES } from '../../measure/claims.ts';
import { Problem } from '../../measure/problem.ts';

describe('a claim is parsed', () => {
  it.each([
    ['throughput', '>= 10000', { title: 'Throughput', op: '>=', claimed: 10_000, unit: '1/s' }],
    ['throughput', '≥ 10_000/s', { op: '>=', claimed: 10_000 }],
    ['throughput', '> 10,000 /s', { op: '>', claimed: 10_000 }],
    ['throughput@10s', '>=99.5/s', { title: 'Throughput in every 10 s', op: '>=', claimed: 99.5 }],
    ['latency.p95', '< 100ms', { title: 'P95 latency', op: '<', claimed: 100, unit: 'ms' }],
    ['latency.p999', '≤ 1.1s', { title: 'P99.9 latency', op: '<=', claimed: 1100 }],
    ['latency.max', '< 2m', { title: 'Max latency', claimed: 120_000 }],
    ['latency.browse.p50@1m', '< 5ms', { title: 'P50 latency of browse in every 60 s', claimed: 5 }],
    ['errors', '< 1%', { title: 'Errors', op: '<', claimed: 0.01, unit: 'ratio' }],
    ['errors', '< 0.01', { claimed: 0.01 }],
    ['errors', '<= 0%', { claimed: 0 }],
    ['availability', '>= 99.99%', { title: 'Availability', op: '>=', claimed: 0.9999, unit: 'ratio' }],
    ['availability', '>= 100%', { claimed: 1 }],
    ['availability', '>= 99.95 %', { claimed: 0.9995 }],
  ])('%s %s', (id, expression, expected) => {
    expect(parseClaim(id, expression, null)).toMatchObject({ id, ...expected });
  });

  it('without binary rounding: every percentage is the decimal that was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), (thousandths) => {
        const text = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}`;
        expect(parseClaim('availability', `>= ${text}%`, null)).toMatchObject({
          claimed: thousandths / 100_000,
        });
      }),
    );
  });

  it('the same however it is spaced, signed and grouped', () => {
    const space = fc.constantFrom('', ' ', '  ');
    const operator = fc.constantFrom(['>=', '>='], ['≥', '>='], ['>', '>'] as const);
    const value = fc.integer({ min: 1, max: 1_000_000 });
    const group = fc.constantFrom('', '_', ',');
    const unit = fc.constantFrom('', '/s');
    fc.assert(
      fc.property(
        space,
        operator,
        space,
        value,
        group,
        space,
        unit,
        (a, [written, op], b, claimed, mark, c, per) => {
          const digits = claimed.toLocaleString('en').replaceAll(',', mark);
          expect(parseClaim('throughput', `${a}${written}${b}${digits}${c}${per}`, null)).toEqual({
            id: 'throughput',
            title: 'Throughput',
            op,
            claimed,
            unit: '1/s',
          });
        },
      ),
    );
  });

  it('never throws, whatever is written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (id, expression) => {
        const parsed = parseClaim(id, expression, ['order']);
        if (!(parsed instanceof Problem)) expect(parseClaimId(parsed.id)).not.toBeNull();
      }),
    );
  });
});

describe('a mistake in a claim says what to write', () => {
  it.each([
    ['latency.p59', '< 1ms', 'E_CLAIM_UNKNOWN: no such percentile. Did you mean p95?'],
    ['latency.p75', '< 1ms', 'E_CLAIM_UNKNOWN: no such percentile. Did you mean p95?'],
    [
      'latency',
      '< 1ms',
      'E_CLAIM_UNKNOWN: no such percentile. Expected one of p50, p90, p95, p99, p999, max.',
    ],
    [
      'latency..p95',
      '< 1ms',
      "E_CLAIM_UNKNOWN: an operation's name is missing. Write latency.p95 or latency.order.p95.",
    ],
    [
      'latency.ordr.p95',
      '< 1ms',
      'E_CLAIM_UNKNOWN: the scenario has no operation "ordr". Did you mean order?',
    ],
    [
      'latency.pay.p95',
      '< 1ms',
      'E_CLAIM_UNKNOWN: the scenario has no operation "pay". Expected one of browse, order.',
    ],
    ['throughputs', '> 1', 'E_CLAIM_UNKNOWN: no such claim. Did you mean throughput?'],
    [
      'speed',
      '<= 2m',
      'E_CLAIM_UNKNOWN: no such claim. Expected throughput, latency.p95 (or another percentile), errors or availability; a drill has rto, rpo.seconds, rpo.orders and duplicated too.',
    ],
    [
      'rto',
      '<= 2m',
      'E_CLAIM_OF_DRILL: rto is what a drill claims. Expected a claim of a load. Move it to the claims of a drill.',
    ],
    [
      'errors@10',
      '< 1%',
      'E_CLAIM_WINDOW: "10" is no window. Expected whole seconds. Write @10s for "in every 10 s".',
    ],
    [
      'errors@500ms',
      '< 1%',
      'E_CLAIM_WINDOW: "500ms" is no window. Expected whole seconds. Write @10s for "in every 10 s".',
    ],
    [
      'errors@0s',
      '< 1%',
      'E_CLAIM_WINDOW: "0s" is no window. Expected whole seconds. Write @10s for "in every 10 s".',
    ],
    [
      'throughput',
      '10000',
      'E_CLAIM_EXPRESSION: "10000" is no claim. Expected an operator, a number and a unit. Write ">= 10000/s".',
    ],
    [
      'latency.p95',
      '< 1,5s',
      'E_CLAIM_EXPRESSION: "< 1,5s" is no claim. Expected an operator, a number and a unit. Write "< 100ms".',
    ],
    [
      'throughput',
      '< 5',
      'E_CLAIM_DIRECTION: "< 5" promises nothing: throughput is good when high. Write ">= 5".',
    ],
    [
      'latency.p95',
      '> 5ms',
      'E_CLAIM_DIRECTION: "> 5ms" promises nothing: latency is good when low. Write "< 5ms".',
    ],
    ['latency.p95', '< 100', 'E_CLAIM_UNIT: "100" has no unit. Expected ms, s or m. Write "< 100ms".'],
    ['latency.p95', '< 1%', 'E_CLAIM_UNIT: "%" is no unit of latency. Expected ms, s or m. Write "< 100ms".'],
    [
      'throughput',
      '>= 5ms',
      'E_CLAIM_UNIT: "ms" is no unit of throughput. Expected /s or nothing. Write ">= 10000/s".',
    ],
    ['errors', '< 1', 'E_CLAIM_UNIT: "1" has no unit. Expected %, or a ratio such as 0.01. Write "< 1%".'],
    [
      'availability',
      '>= 101%',
      'E_CLAIM_RANGE: 101 % is more than all. Expected 0 % to 100 %. Write ">= 99.99%".',
    ],
    [
      'errors',
      '< 0%',
      'E_CLAIM_RANGE: "< 0%" can never hold. Expected a value that can be met. Write "<= 0%".',
    ],
    [
      'availability',
      '> 100%',
      'E_CLAIM_RANGE: "> 100%" can never hold. Expected a value that can be met. Write ">= 100%".',
    ],
    [
      'latency.p95',
      '<= 0ms',
      'E_CLAIM_RANGE: "<= 0ms" can never hold. Expected a value that can be met. Write "< 100ms".',
    ],
  ])('%s %s', (id, expression, message) => {
    const problem = parseClaim(id, expression, ['browse', 'order'], 'profiles.mine.claims');
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ message, where: 'profiles.mine.claims' });
  });

  it('asks for the operation where a scenario has several and none is the order', () => {
    const problem = parseClaim('latency.p95', '< 1ms', ['browse', 'detail']);
    expect(problem).toMatchObject({
      message:
        'E_CLAIM_UNKNOWN: the scenario has no operation "order" but browse, detail. Write latency.browse.p95.',
    });
    expect(parseClaim('latency.p95', '< 1ms', ['ping'])).not.toBeInstanceOf(Problem);
  });
});

describe('a claim of a drill', () => {
  const parse = (id: string, expression: string) => parseClaim(id, expression, null, 'drills.x', 'drill');

  it.each([
    ['rto', '<= 2m', { title: 'RTO', op: '<=', claimed: 120, unit: 's' }],
    ['rto', '< 6s', { op: '<', claimed: 6 }],
    ['rpo.seconds', '≤ 1_500ms', { title: 'RPO', claimed: 1.5, unit: 's' }],
    ['rpo.seconds', '<= 0s', { claimed: 0 }],
    ['rpo.orders', '<= 0', { title: 'Lost orders', claimed: 0, unit: 'count' }],
    ['duplicated', '<= 1,000', { title: 'Duplicated orders', claimed: 1000, unit: 'count' }],
    ['latency.p95', '< 100ms', { claimed: 100, unit: 'ms' }],
  ])('%s %s', (id, expression, expected) => {
    expect(parse(id, expression)).toMatchObject({ id, ...expected });
  });

  it.each([
    ['rot', '<= 2m', 'E_CLAIM_UNKNOWN: no such claim. Did you mean rto?'],
    ['rpo', '<= 2s', 'E_CLAIM_UNKNOWN: no such claim. Expected rpo.seconds or rpo.orders.'],
    ['rpo.second', '<= 2s', 'E_CLAIM_UNKNOWN: no such claim. Did you mean rpo.seconds?'],
    ['rpo.order', '<= 0', 'E_CLAIM_UNKNOWN: no such claim. Did you mean rpo.orders?'],
    ['duplicates', '<= 0', 'E_CLAIM_UNKNOWN: no such claim. Did you mean duplicated?'],
    [
      'rto@10s',
      '<= 2m',
      'E_CLAIM_WINDOW: rto is judged over the whole drill. Expected no window. Write rto.',
    ],
    ['rto', '<= 120', 'E_CLAIM_UNIT: "120" has no unit. Expected m, s or ms. Write "<= 2m".'],
    ['rto', '>= 2m', 'E_CLAIM_DIRECTION: ">= 2m" promises nothing: rto is good when low. Write "< 2m".'],
    [
      'rpo.seconds',
      '< 0s',
      'E_CLAIM_RANGE: "< 0s" can never hold. Expected a value that can be met. Write "<= 0s".',
    ],
    ['rpo.orders', '<= 2s', 'E_CLAIM_UNIT: "2s" is no whole number. Expected a whole number. Write "<= 0".'],
    [
      'duplicated',
      '<= 0.5',
      'E_CLAIM_UNIT: "0.5" is no whole number. Expected a whole number. Write "<= 0".',
    ],
  ])('%s %s', (id, expression, message) => {
    expect(parse(id, expression)).toMatchObject({ message });
  });
});

describe("a claim's id", () => {
  it('tells the judge what to measure', () => {
    expect(parseClaimId('latency.p95')).toEqual({
      kind: 'latency',
      operation: null,
      quantile: 0.95,
      windowMs: null,
    });
    expect(parseClaimId('latency.order.max@10s')).toEqual({
      kind: 'latency',
      operation: 'order',
      quantile: 1,
      windowMs: 10_000,
    });
    expect(parseClaimId('errors@2m')).toEqual({ kind: 'errors', windowMs: 120_000 });
    for (const id of ['rto@10s', 'rpo', 'latency', 'latency.p42', 'errors@', 'constructor', ''])
      expect(parseClaimId(id)).toBeNull();
  });

  it('is understood for every kind in the table, and titled', () => {
    for (const { kind } of CLAIMS) {
      const ids = kind === 'latency' ? QUANTILES.map(({ word }) => `latency.${word}`) : [kind];
      for (const id of ids) {
        expect(parseClaimId(id)?.kind).toBe(kind);
        expect(claimTitle(id)).toMatch(/^[A-Z]/);
      }
    }
    expect(claimTitle('nonsense')).toBe('nonsense');
  });

  it('name the operation where the scenario has several', () => {
    const titleOf = (id: string, operations: string[]) => {
      const claim = parseClaim(id, '< 100ms', operations);
      return claim instanceof Error ? claim.message : claim.title;
    };
    expect(titleOf('latency.p95', ['browse', 'order'])).toBe('P95 latency of order');
    expect(titleOf('latency.p95@10s', ['browse', 'order'])).toBe('P95 latency of order in every 10 s');
    expect(titleOf('latency.browse.p95', ['browse', 'order'])).toBe('P95 latency of browse');
    expect(titleOf('latency.p95', ['order'])).toBe('P95 latency');
  });
});
