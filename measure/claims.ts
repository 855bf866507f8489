/**
 * What can be claimed of a run: one table of claims, and the language in which a configuration writes them
 * (`'latency.p95@10s': '< 100ms'`). Judging is in `judge.ts`.
 */
import { mainOf } from './plan.ts';
import { Problem } from './problem.ts';
import { didYouMean } from './suggest.ts';
import type { Claim, ClaimOperator, ClaimUnit } from './verdict.ts';

/** What a claim's id says. `windowMs` is null for the whole window, else it must hold in every such stretch. */
export type ClaimId =
  | { kind: 'throughput' | 'errors' | 'availability'; windowMs: number | null }
  | {
      kind: 'latency';
      /** Null: the order, or the scenario's only operation. */
      operation: string | null;
      /** 0.95 for p95, 1 for max. */
      quantile: number;
      windowMs: number | null;
    }
  /** What a drill finds out, over all of it. */
  | { kind: DrillClaimKind; windowMs: null };

export type DrillClaimKind = 'rto' | 'rpo.seconds' | 'rpo.orders' | 'duplicated';

/** A claim that cannot be understood, with the sentence that says why. */
export type ClaimMistake = Problem;

export interface ClaimKind {
  kind: ClaimId['kind'];
  /** As documentation writes it. */
  pattern: string;
  title: string;
  /** Which way the promise points: a claim the other way round is a slip. */
  direction: 'below' | 'above';
  unit: ClaimUnit;
  definition: string;
}

/** Every kind of claim, in the order in which tables show them. */
export const CLAIMS: readonly ClaimKind[] = [
  {
    kind: 'throughput',
    pattern: 'throughput',
    title: 'Throughput',
    direction: 'above',
    unit: '1/s',
    definition: 'Acknowledged arrivals in the window, divided by its seconds.',
  },
  {
    kind: 'latency',
    pattern: 'latency.p50|p90|p95|p99|p999|max, latency.<operation>.<the same>',
    title: 'latency',
    direction: 'below',
    unit: 'ms',
    definition:
      'From the first send to the acknowledgement, connection included, over planned arrivals: an arrival that was ' +
      'not served counts as infinite. The interval is that of binomial order statistics at 95 %.',
  },
  {
    kind: 'errors',
    pattern: 'errors',
    title: 'Errors',
    direction: 'below',
    unit: 'ratio',
    definition: 'Refused, unsent and unknown arrivals, divided by those started.',
  },
  {
    kind: 'availability',
    pattern: 'availability',
    title: 'Availability',
    direction: 'above',
    unit: 'ratio',
    definition: 'Acknowledged arrivals, divided by those planned.',
  },
  {
    kind: 'rto',
    pattern: 'rto',
    title: 'RTO',
    direction: 'below',
    unit: 's',
    definition:
      'The longest outage of clients with fresh connections: from the first order that the lost region did not serve to ' +
      'the order from which service was sustained (ISO 22301: resumed at a minimum acceptable capacity).',
  },
  {
    kind: 'rpo.seconds',
    pattern: 'rpo.seconds',
    title: 'RPO',
    direction: 'below',
    unit: 's',
    definition:
      'From the earliest acknowledgement of an order that the survivor did not have at cut-over to the outage; 0 if none ' +
      'was lost.',
  },
  {
    kind: 'rpo.orders',
    pattern: 'rpo.orders',
    title: 'Lost orders',
    direction: 'below',
    unit: 'count',
    definition:
      'Orders that the lost region acknowledged and that the survivor did not have at cut-over; the interval adds those ' +
      'whose clients had no answer.',
  },
  {
    kind: 'duplicated',
    pattern: 'duplicated',
    title: 'Duplicated orders',
    direction: 'below',
    unit: 'count',
    definition: 'Keys that have two order ids after heal, in whatever region.',
  },
];

const DRILL_KINDS: readonly string[] = ['rto', 'rpo.seconds', 'rpo.orders', 'duplicated'];

/** Whether a claim is one that only a drill can judge. */
export function isDrillClaim(id: ClaimId): id is Extract<ClaimId, { kind: DrillClaimKind }> {
  return DRILL_KINDS.includes(id.kind);
}

/** The percentiles that can be claimed: word in the id, quantile, words in a title. */
export const QUANTILES: readonly { word: string; quantile: number; title: string }[] = [
  { word: 'p50', quantile: 0.5, title: 'P50' },
  { word: 'p90', quantile: 0.9, title: 'P90' },
  { word: 'p95', quantile: 0.95, title: 'P95' },
  { word: 'p99', quantile: 0.99, title: 'P99' },
  { word: 'p999', quantile: 0.999, title: 'P99.9' },
  { word: 'max', quantile: 1, title: 'Max' },
];

const MS_PER_UNIT: Readonly<Record<string, number>> = { s: 1000, m: 60_000 };
const KNOWN_IDS: readonly string[] = CLAIMS.map(({ kind }) => kind);
const OPERATORS: Readonly<Record<string, ClaimOperator>> = {
  '<': '<',
  '<=': '<=',
  '≤': '<=',
  '>': '>',
  '>=': '>=',
  '≥': '>=',
};
/** `100`, `1.5`, `10_000`, `10,000`: a comma marks thousands and is never a decimal point. */
const NUMBER = /^(?:\d{1,3}(?:[_,]\d{3})+|\d+)(?:\.\d+)?$/;

/**
 * Reads a claim's id.
 * @returns null where it is not one; `parseClaim` says why
 */
export function parseClaimId(id: string): ClaimId | null {
  const read = readId(id, null);
  return 'mistake' in read ? null : read;
}

/** The kind of an id, out of the table. */
export function claimKind(id: ClaimId): ClaimKind {
  return CLAIMS.find(({ kind }) => kind === id.kind)!;
}

/**
 * A claim's name in tables: `P95 latency`, `P99 latency of browse`, `Errors in every 10 s`. The id itself if unknown.
 * @param operations what the scenario sends: with several of them, the order is named where the id leaves it out
 */
export function claimTitle(id: string, operations: readonly string[] | null = null): string {
  const read = parseClaimId(id);
  if (read === null) return id;
  const inEvery = read.windowMs === null ? '' : ` in every ${read.windowMs / 1000} s`;
  if (read.kind !== 'latency') return `${claimKind(read).title}${inEvery}`;
  const quantile = QUANTILES.find((each) => each.quantile === read.quantile)!;
  const several = operations !== null && operations.length > 1;
  const operation = read.operation ?? (several ? mainOf(operations) : null);
  const ofOperation = operation === null ? '' : ` of ${operation}`;
  return `${quantile.title} latency${ofOperation}${inEvery}`;
}

/**
 * Parses one claim. Values are normalised: latency in ms, ratios 0 to 1 (`99.99%` is 0.9999 exactly), throughput
 * in 1/s.
 * @param id `latency.p95`, `errors@10s`
 * @param expression `< 100ms`, `>= 99.99%`, `≥ 10_000/s`
 * @param operations what the scenario sends; null where that is not known yet
 * @param where path into the configuration, for the mistake
 * @param of who declares it: a load has no outage to claim anything of
 */
export function parseClaim(
  id: string,
  expression: string,
  operations: readonly string[] | null,
  where = `claims.${id}`,
  of: 'load' | 'drill' = 'load',
): Claim | ClaimMistake {
  const read = readId(id, operations);
  if ('mistake' in read) return new Problem(read.code, read.mistake, where);
  if (of === 'load' && isDrillClaim(read)) {
    const mistake = `${id} is what a drill claims. Expected a claim of a load. Move it to the claims of a drill.`;
    return new Problem('E_CLAIM_OF_DRILL', mistake, where);
  }
  const table = claimKind(read);
  const value = readExpression(expression, table);
  if ('mistake' in value) return new Problem(value.code, value.mistake, where);
  return { id, title: claimTitle(id, operations), op: value.op, claimed: value.claimed, unit: table.unit };
}

interface Mistake {
  code: string;
  mistake: string;
}

const unknown = (mistake: string): Mistake => ({ code: 'E_CLAIM_UNKNOWN', mistake });

function readId(id: string, operations: readonly string[] | null): ClaimId | Mistake {
  const at = id.indexOf('@');
  const name = at < 0 ? id : id.slice(0, at);
  const windowMs = at < 0 ? null : readWindow(id.slice(at + 1));
  if (windowMs !== null && typeof windowMs !== 'number') return windowMs;
  if (name === 'throughput' || name === 'errors' || name === 'availability') return { kind: name, windowMs };
  if (DRILL_KINDS.includes(name)) return readDrillId(name as DrillClaimKind, windowMs);
  const [first = '', ...rest] = name.split('.');
  if (first !== 'latency') return unknown(`no such claim.${nearestId(name, first)}`);
  const word = rest.at(-1) ?? '';
  const quantile = QUANTILES.find((each) => each.word === word);
  if (quantile === undefined) {
    const words = QUANTILES.map((each) => each.word);
    return unknown(
      `no such percentile.${didYouMean(word, words) || ` Expected one of ${words.join(', ')}.`}`,
    );
  }
  // An operation's name may hold dots, so everything between is the name.
  const operation = rest.length > 1 ? rest.slice(0, -1).join('.') : null;
  if (operation === '')
    return unknown(`an operation's name is missing. Write latency.${word} or latency.order.${word}.`);
  const mistake = operations === null ? null : operationMistake(operation, word, operations);
  return mistake ?? { kind: 'latency', operation, quantile: quantile.quantile, windowMs };
}

function readDrillId(kind: DrillClaimKind, windowMs: number | null): ClaimId | Mistake {
  if (windowMs === null) return { kind, windowMs };
  const mistake = `${kind} is judged over the whole drill. Expected no window. Write ${kind}.`;
  return { code: 'E_CLAIM_WINDOW', mistake };
}

/** What was probably meant, or all that can be claimed. */
function nearestId(name: string, first: string): string {
  if (name === 'rpo') return ' Expected rpo.seconds or rpo.orders.';
  const near = didYouMean(name, KNOWN_IDS) || didYouMean(first, KNOWN_IDS);
  const drill = 'rto, rpo.seconds, rpo.orders and duplicated';
  return (
    near ||
    ` Expected throughput, latency.p95 (or another percentile), errors or availability; a drill has ${drill} too.`
  );
}

function operationMistake(
  operation: string | null,
  word: string,
  operations: readonly string[],
): Mistake | null {
  const known = operations.join(', ');
  if (operation !== null) {
    if (operations.includes(operation)) return null;
    return unknown(
      `the scenario has no operation ${JSON.stringify(operation)}.${didYouMean(operation, operations) || ` Expected one of ${known}.`}`,
    );
  }
  if (operations.includes('order') || operations.length === 1) return null;
  return unknown(
    `the scenario has no operation "order" but ${known}. Write latency.${operations[0] ?? '<operation>'}.${word}.`,
  );
}

/** Windows are whole seconds, because a second is the smallest thing that the timeline keeps. */
function readWindow(text: string): number | Mistake {
  const match = /^(\d+)(ms|s|m)$/.exec(text);
  const windowMs = match ? Number(match[1]) * (MS_PER_UNIT[match[2]!] ?? 1) : Number.NaN;
  if (windowMs >= 1000 && windowMs % 1000 === 0) return windowMs;
  return {
    code: 'E_CLAIM_WINDOW',
    mistake: `${JSON.stringify(text)} is no window. Expected whole seconds. Write @10s for "in every 10 s".`,
  };
}

function readExpression(
  expression: string,
  table: ClaimKind,
): { op: ClaimOperator; claimed: number } | Mistake {
  const example = EXAMPLES[table.kind];
  const match = /^\s*([<>≤≥]=?)\s*([\d.,_]+)\s*(.*?)\s*$/u.exec(expression);
  const op = match ? OPERATORS[match[1]!] : undefined;
  const digits = match?.[2] ?? '';
  if (op === undefined || !NUMBER.test(digits)) {
    const shown = JSON.stringify(expression);
    return {
      code: 'E_CLAIM_EXPRESSION',
      mistake: `${shown} is no claim. Expected an operator, a number and a unit. Write "${example}".`,
    };
  }
  const above = op === '>' || op === '>=';
  if (above !== (table.direction === 'above')) {
    const right = above ? '<' : '>=';
    return {
      code: 'E_CLAIM_DIRECTION',
      mistake: `"${expression.trim()}" promises nothing: ${table.kind} is good when ${above ? 'low' : 'high'}. Write "${right} ${digits}${match![3]}".`,
    };
  }
  const claimed = normalise(digits.replaceAll(/[_,]/g, ''), match![3]!, table.unit);
  if (claimed === null) {
    const found =
      table.unit === 'count'
        ? `"${digits}${match![3]}" is no whole number`
        : match![3] === ''
          ? `"${digits}" has no unit`
          : `"${match![3]}" is no unit of ${table.kind}`;
    return { code: 'E_CLAIM_UNIT', mistake: `${found}. Expected ${UNITS[table.kind]}. Write "${example}".` };
  }
  if (table.unit === 'ratio' && claimed > 1) {
    return {
      code: 'E_CLAIM_RANGE',
      mistake: `${digits} % is more than all. Expected 0 % to 100 %. Write "${example}".`,
    };
  }
  const neverHolds =
    (op === '<' && claimed === 0) ||
    (op === '>' && claimed === 1 && table.unit === 'ratio') ||
    (table.unit === 'ms' && claimed === 0);
  if (neverHolds) {
    const mend = table.unit === 'ms' ? example : `${op}= ${digits}${match![3]}`;
    return {
      code: 'E_CLAIM_RANGE',
      mistake: `"${expression.trim()}" can never hold. Expected a value that can be met. Write "${mend}".`,
    };
  }
  return { op, claimed };
}

const EXAMPLES: Readonly<Record<ClaimId['kind'], string>> = {
  throughput: '>= 10000/s',
  latency: '< 100ms',
  errors: '< 1%',
  availability: '>= 99.99%',
  rto: '<= 2m',
  'rpo.seconds': '<= 2s',
  'rpo.orders': '<= 0',
  duplicated: '<= 0',
};
const UNITS: Readonly<Record<ClaimId['kind'], string>> = {
  throughput: '/s or nothing',
  latency: 'ms, s or m',
  errors: '%, or a ratio such as 0.01',
  availability: '%, or a ratio such as 0.9999',
  rto: 'm, s or ms',
  'rpo.seconds': 'm, s or ms',
  'rpo.orders': 'a whole number',
  duplicated: 'a whole number',
};

/** @returns null where the unit does not belong to it. Powers of ten go by the decimal text: no binary rounding. */
function normalise(digits: string, unit: string, into: ClaimUnit): number | null {
  if (into === 'ms') {
    if (unit === 'ms') return Number(digits);
    if (unit === 's') return Number(`${digits}e3`);
    return unit === 'm' ? Number(digits) * 60_000 : null;
  }
  if (into === 's') {
    if (unit === 'ms') return Number(`${digits}e-3`);
    if (unit === 's') return Number(digits);
    return unit === 'm' ? Number(digits) * 60 : null;
  }
  if (into === 'count') return unit === '' && Number.isInteger(Number(digits)) ? Number(digits) : null;
  if (into === '1/s') return unit === '' || unit === '/s' ? Number(digits) : null;
  if (unit === '%') return Number(`${digits}e-2`);
  // A bare "1" may be meant as 1 % or as all: only what is visibly a ratio passes without a unit.
  return unit === '' && /^0?\.\d+$/.test(digits) ? Number(digits) : null;
}
