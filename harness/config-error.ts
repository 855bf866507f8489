/** Why a configuration file could not be run, in one sentence with file and line. */
import { fileURLToPath } from 'node:url';
import { Problem } from '../measure/problem.ts';

/**
 * @param error what `import()` threw
 * @param path absolute path of the configuration
 * @param name its short name, for the message
 */
export function explainLoadError(error: unknown, path: string, name: string): Problem {
  const text = error instanceof Error ? error.message : String(error);
  // esbuild, behind tsx: "Transform failed with 1 error:\n/path/file.ts:3:10: ERROR: Expected ..."
  const transform = /^(.+?):(\d+):(\d+): ERROR: (.+)$/m.exec(text);
  if (transform) {
    const [, file, line, column, what] = transform;
    return new Problem(
      'E_CONFIG_SYNTAX',
      `${shorten(file!, path, name)}:${line}:${column}: ${sentence(what!)} Expected TypeScript that runs. Mend that line.`,
    );
  }
  const at = frameIn(error, path);
  const place = at === null ? name : `${name}:${at}`;
  return new Problem(
    'E_CONFIG_THROWS',
    `${place}: ${sentence(firstLine(text))} Expected a file that can be imported. Mend it there.`,
  );
}

/** `line:column` of the innermost frame in the configuration itself. */
function frameIn(error: unknown, path: string): string | null {
  if (!(error instanceof Error)) return null;
  for (const line of error.stack?.split('\n') ?? []) {
    const match = /\(?((?:file:\/\/)?\/[^()]*?)(?:\?[^:)]*)?:(\d+):(\d+)\)?$/.exec(line.trim());
    if (!match) continue;
    const file = match[1]!.startsWith('file:') ? fileURLToPath(match[1]!) : match[1]!;
    if (file.endsWith(path)) return `${match[2]}:${match[3]}`;
  }
  return null;
}

const shorten = (file: string, path: string, name: string): string =>
  file.endsWith(path) || path.endsWith(file) ? name : file;

const firstLine = (text: string): string => text.split('\n', 1)[0]!;

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
