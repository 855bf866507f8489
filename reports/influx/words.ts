/** What became of a run's points, as the end of a command says it. */
import { formatCount } from '../../measure/format.ts';
import type { Measurement } from '../../measure/measurement.ts';
import { type Palette, palette } from '../terminal/paint.ts';
import { plainLine, wrap } from '../terminal/width.ts';

export interface Sent {
  url: string;
  database: string;
  sent: number;
  unsent: number;
  /** Points that the database would not store. */
  leftOut: number;
  series: number;
  /** One sentence without a full stop; empty while all is well. */
  cause: string;
}

const LABEL = 'influxdb';
const HANG = ' '.repeat(LABEL.length + 2);
const WIDEST = 110;

const points = (n: number): string => (n === 1 ? '1 point' : `${formatCount(n)} points`);

export const placeOf = ({ url, database }: { url: string; database: string }): string =>
  `${url}, database ${database}`;

/** One sentence, without its label. */
export function sentSentence(what: Sent): string {
  const { sent, unsent, leftOut, series, cause } = what;
  const place = placeOf(what);
  const left =
    leftOut === 0 ? '' : `; ${points(leftOut)} ${leftOut === 1 ? 'was' : 'were'} left out: ${cause}`;
  if (unsent === 0) return `${points(sent)} in ${formatCount(series)} series at ${place}${left}`;
  const some = sent === 0 ? '' : `, ${formatCount(sent)} sent`;
  return `${points(unsent)} unsent${some} to ${place}: ${cause}`;
}

export interface SentOptions {
  columns: number;
  colour: boolean;
  /** What sends the run again. */
  again: string;
  /** Where Grafana shows the run; empty where it is not known. */
  grafana: string;
}

/** The last lines of a run whose points went, or should have gone, to a database. Commands and links are never broken. */
export function renderSent(what: Sent, { columns, colour, again, grafana }: SentOptions): string[] {
  const paint: Palette = palette(colour);
  const width = Math.max(1, Math.min(columns, WIDEST) - HANG.length);
  const [first = '', ...rest] = wrap(plainLine(sentSentence(what)), width);
  const lines = [`${paint.strong(LABEL)}  ${first}`, ...rest.map((line) => HANG + line)];
  if (what.unsent > 0 || what.leftOut > 0) lines.push(`${HANG}send it again: ${again}`);
  else if (grafana !== '') lines.push(`${paint.strong('grafana')}   ${grafana}`);
  return lines;
}

/** A word of a command, quoted where a shell would read it otherwise. */
const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** @param run its name, or its folder where that is not below `runs` */
export function againCommand(run: string, url: string, config: string | undefined): string {
  const more = config === undefined ? '' : ` --config ${quoted(config)}`;
  return `npm run report -- --run ${quoted(run)} --influx ${quoted(url)}${more}`;
}

/**
 * The load dashboard at this run, from its beginning, where claims and verdict stand, to its last second.
 * @param base of Grafana, as in `GRAFANA_URL`: of a user, a password or a query in it nothing is taken over
 * @returns empty where it is not the URL of a web server
 */
export function grafanaLink(base: string | undefined, { run, zeroMs, seconds }: Measurement): string {
  if (!base || !URL.canParse(base)) return '';
  const { protocol, origin, pathname } = new URL(base);
  if (!/^https?:$/.test(protocol)) return '';
  const from = Date.parse(run.startedAt) || zeroMs;
  const to = Math.max(from, seconds.at(-1)?.startMs ?? from) + 1000;
  const query = new URLSearchParams({ 'var-run': run.run, from: String(from), to: String(to) });
  return `${origin}${pathname.replace(/\/+$/, '')}/d/stormproof-load?${query}`;
}
