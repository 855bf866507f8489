import { join } from 'node:path';
import { K6_VERSION } from '../../engines/k6/search.mjs';
import { runChild } from './child.mjs';

const MODULE = 'go.k6.io/k6';
/** A minute on two cores; a machine that takes this long will not offer much load either. */
const COMPILE_MS = 15 * 60_000;

/**
 * Compiles the pinned k6 by `go install`, which takes its sources from the Go module proxy.
 * @param {string} folder where k6 is put, an absolute path
 * @param {{ environment: NodeJS.ProcessEnv, signal: AbortSignal }} options
 * @returns {Promise<string>} path of k6
 */
export async function compileK6(folder, { environment, signal }) {
  // Cross compiling and GOBIN exclude each other, and a project's flags are not meant for another's module.
  const { GOOS: _os, GOARCH: _arch, GOFLAGS: _flags, ...kept } = environment;
  // As the releases are built: a C compiler is not needed, and names are resolved by Go's own resolver.
  const system = process.platform === 'linux' ? { CGO_ENABLED: '0' } : {};
  const limited = AbortSignal.any([signal, AbortSignal.timeout(COMPILE_MS)]);
  const end = await runChild('go', ['install', `${MODULE}@${K6_VERSION}`], {
    cwd: folder,
    environment: { ...kept, ...system, GOBIN: folder },
    signal: limited,
  });
  if (!end.ok) {
    // What a proxy answered follows on a line of its own, and says less.
    const own = end.lines.findLast((line) => /^go: (?!downloading )/.test(line));
    throw new Error(/ENOENT/.test(end.how) ? 'go is not installed' : (own ?? end.lines.at(-1) ?? end.how));
  }
  return join(folder, 'k6');
}
