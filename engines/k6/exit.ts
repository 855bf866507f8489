/** What k6's end means: its exit status, its log and its stderr, in one sentence. */

/** k6's exit codes (errext/exitcodes), as causes. */
const CAUSES: Readonly<Record<number, string>> = {
  100: 'k6 timed out in setup',
  101: 'k6 timed out in teardown',
  102: 'k6 timed out',
  103: 'k6 was stopped through its REST API',
  104: 'k6 found its configuration invalid',
  105: 'k6 was interrupted from outside',
  106: 'k6 could not run',
  107: 'the scenario threw while it was loaded',
  108: 'the scenario called test.abort()',
  109: 'k6 panicked',
  126: 'k6 could not be started: it is no program for this machine',
  127: 'k6 could not be started: it is not there',
};

/** What k6 prints on stderr when a line of evidence could not be written. */
const LOST_LINE = /Failed to write to log/;
const NO_SPACE = /no space left on device|disk quota exceeded/i;

export interface K6End {
  code: number | null;
  signal: string | null;
  /** The first lines of its stderr, and how many there were. */
  stderr: string;
  stderrLines: number;
  /** Error lines of `engine.log`. */
  log: string;
}

/** `complete` only when every arrival of the plan was started and its evidence written. */
export function explainExit(end: K6End): { complete: boolean; cause: string } {
  const code = end.signal === null ? (end.code ?? 0) : 0;
  // A shell adds 128 to the number of a signal, of which there are 64; k6 has a status 255 of its own.
  const byShell = code > 128 && code <= 192 ? (SIGNALS[code - 128] ?? `signal ${code - 128}`) : null;
  const signal = end.signal ?? byShell;
  if (signal !== null) {
    const why = signal === 'SIGKILL' ? ' (by hand, or by the system when memory ran out)' : '';
    return { complete: false, cause: `the generator was killed by ${signal}${why}` };
  }
  if (LOST_LINE.test(end.stderr)) {
    const why = NO_SPACE.test(end.stderr) ? 'no space left on the disk' : firstLine(end.stderr);
    return {
      complete: false,
      cause: `evidence could not be written: ${why}; free the disk or use --runs-dir`,
    };
  }
  const detail = firstError(end.log) || firstError(end.stderr);
  if (code === 0) return { complete: true, cause: detail };
  const cause = CAUSES[code] ?? `k6 ended with status ${code}`;
  return { complete: false, cause: detail === '' ? cause : `${cause}: ${detail}` };
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

const firstLine = (text: string): string => text.trim().split('\n')[0]?.trim() ?? '';

/** The message and the place in the scenario's TypeScript, out of k6's stack trace. */
function firstError(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const message = lines[0]?.replace(/^(?:Uncaught \(in promise\) )?/, '').slice(0, 300) ?? '';
  if (message === '') return '';
  const place = /\(?(?:file:\/\/)?([^\s()]*?scenarios\/[^\s()]+:\d+:\d+)(?:\(\d+\))?\)?/.exec(text)?.[1];
  const short = place?.replace(/^.*?(scenarios\/)/, '$1');
  return short === undefined || message.includes(short) ? message : `${message} at ${short}`;
}
