import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BUCKETS,
  type FieldSpec,
  MEASUREMENTS,
  type MeasurementSpec,
  MOST_NAMES,
  MOST_SERIES,
  RUN_TAGS,
} from '../../../reports/influx/schema.ts';

const PAGE = '../../../docs/influxdb.md';
const [BEGIN, END] = ['<!-- schema: begin -->\n', '<!-- schema: end -->\n'];

const code = (text: string): string => `\`${text}\``;

/** Fields in their order; the buckets of a histogram as one row. */
function rowsOf({ fields }: MeasurementSpec): string[] {
  const buckets = new Set<string>(BUCKETS.map(({ field }) => field));
  const rows = Object.entries<FieldSpec>(fields)
    .filter(([name]) => !buckets.has(name))
    .map(
      ([name, { type, about, optional }]) =>
        `| ${code(name)} | ${type}${optional ? ', may be absent' : ''} | ${about} |`,
    );
  if (rows.length === Object.keys(fields).length) return rows;
  const [first, last] = [BUCKETS[0]!, BUCKETS.at(-1)!];
  const bounds = BUCKETS.slice(0, -1).map(({ boundMs }) => boundMs);
  const about = `acknowledged orders of at most ${bounds.join(', ')} ms and more than the bound before; the last: longer than all`;
  return [...rows, `| ${code(first.field)} to ${code(last.field)} | integer | ${about} |`];
}

function renderMeasurement([name, spec]: [string, MeasurementSpec]): string {
  const own = spec.tags.filter((tag) => !RUN_TAGS.some((each) => each === tag)).map(code);
  const tags = own.length === 0 ? '' : ` More tags: ${own.join(', ')}.`;
  const rows = rowsOf(spec).join('\n');
  return `### ${name}\n${spec.about}. A point for ${spec.when}.${tags}\n\n| field | type | is |\n|---|---|---|\n${rows}\n`;
}

function renderSchema(): string {
  const parts = Object.entries<MeasurementSpec>(MEASUREMENTS).map(renderMeasurement);
  const bounds = Object.entries(MOST_NAMES).map(([tag, most]) => `${code(tag)} ${most}`);
  return `Every point has the tags ${RUN_TAGS.map(code).join(', ')}.

${parts.join('\n')}
A run has at most **${MOST_SERIES}** series. Tags that name many things keep so many names (${bounds.join(', ')}); the last of
them is \`other\`, which takes whatever comes after, so that no count is lost.
`;
}

describe('docs/influxdb.md', () => {
  it('tells the schema as it is; after a change: npx vitest run test/reports/influx/page.test.ts -u', async () => {
    const page = readFileSync(new URL(PAGE, import.meta.url), 'utf8');
    const [before, rest] = page.split(BEGIN);
    const after = rest!.split(END)[1];
    expect(after).toBeDefined();
    await expect(`${before}${BEGIN}${renderSchema()}${END}${after}`).toMatchFileSnapshot(PAGE);
  });
});
