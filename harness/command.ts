/**
 * A command is data: name, summary, flags, examples and what it runs. Parsing, `--help` and the exit status come
 * from that one definition.
 *
 *     process.exitCode = await runCommand(load, process.argv.slice(2));
 */

import { Problem, Problems } from '../measure/problem.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { Flags, FlagValues, Word } from './flags.ts';
import { renderHelp } from './help.ts';
import { parseFlags } from './parse-flags.ts';

export interface Command<F extends Flags = Flags> {
  /** The npm script: `load` for `npm run load`. */
  name: string;
  /** One sentence without a full stop, for `--help`. */
  summary: string;
  flags: F;
  /** The one word that may stand without a flag: `region-loss`. None where left out. */
  word?: Word;
  examples: readonly { line: string; does: string }[];
  /**
   * @returns the exit status (see `EXIT_CODES`, `exitCodeOf`)
   * @throws Problem or Problems for what a person can mend
   */
  run(flags: FlagValues<F>, word: string): number | Promise<number>;
}

/** Gives the flags of a definition their types. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}

/** The edges of a command, so that tests can stand there. */
export interface CommandEdges {
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  environment: NodeJS.ProcessEnv;
}

/**
 * Runs a command: `--help` on stdout, a person's mistakes as one line each on stderr, our bugs with their stack.
 * @param argv without node and the script
 * @returns the exit status, for `process.exitCode`; it does not throw
 */
export async function runCommand<F extends Flags>(
  command: Command<F>,
  argv: readonly string[],
  edges: CommandEdges = { stdout: process.stdout, stderr: process.stderr, environment: process.env },
): Promise<number> {
  const { stdout, stderr } = edges;
  // `npm run report -- --list | head -1` closes the pipe early: not worth a stack trace.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe);
  // A configuration that calls `process.exit` must not look like a verdict.
  let ended = false;
  const early = (code: number): void => {
    if (ended || code !== 0) return;
    stderr.write(
      `something ended ${command.name} before it was done: does the configuration call process.exit?\n`,
    );
    process.exitCode = EXIT_CODES.usage.code;
  };
  process.once('exit', early);
  try {
    const parsed = parseFlags(command, argv, edges.environment);
    if (parsed.kind === 'help') {
      stdout.write(renderHelp(command));
      return EXIT_CODES.pass.code;
    }
    return await command.run(parsed.values, parsed.word);
  } catch (error) {
    if (error instanceof Problems) {
      stderr.write(`${error.message}\n`);
      return EXIT_CODES.usage.code;
    }
    if (error instanceof Problem) {
      stderr.write(`${error.where ? `${error.where}   ` : ''}${error.message}\n`);
      return EXIT_CODES.usage.code;
    }
    stderr.write(
      `${stackOf(error)}\nThis is a bug of ours, not a mistake of yours. Please report it with the lines above.\n`,
    );
    return EXIT_CODES.bug.code;
  } finally {
    ended = true;
    process.off('exit', early);
    // The process's own streams keep the listener: what is still buffered may meet the closed pipe later.
    for (const stream of [stdout, stderr]) {
      if (stream !== process.stdout && stream !== process.stderr) stream.off('error', ignoreClosedPipe);
    }
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `Thrown: ${String(error)}`;
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
