import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { K6_VERSION } from '../../engines/k6/search.mjs';
import { runChild } from './child.mjs';
import { download } from './download.mjs';

/** Where k6's releases are; `STORMPROOF_K6_RELEASES` names a mirror with the same files. */
const RELEASES = 'https://github.com/grafana/k6/releases/download';

/** Node's names for systems and processors, in k6's words (build-release.sh of grafana/k6). */
const SYSTEMS = /** @type {Readonly<Record<string, string>>} */ ({ linux: 'linux', darwin: 'macos' });
const PROCESSORS = /** @type {Readonly<Record<string, string>>} */ ({ x64: 'amd64', arm64: 'arm64' });

/**
 * The name of a release without its ending, and its archive; null where k6 is not released for the machine.
 * @param {{ platform: string, arch: string }} machine
 */
export function releaseFor({ platform, arch }) {
  const system = SYSTEMS[platform];
  const processor = PROCESSORS[arch];
  if (system === undefined || processor === undefined) return null;
  const name = `k6-${K6_VERSION}-${system}-${processor}`;
  return { name, archive: `${name}${system === 'linux' ? '.tar.gz' : '.zip'}` };
}

/**
 * The SHA-256 of a file in the output of `sha256sum`; null where it is not listed.
 * @param {string} checksums
 * @param {string} file
 */
export function findChecksum(checksums, file) {
  for (const line of checksums.split('\n')) {
    const match = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+?)\r?$/i.exec(line);
    if (match?.[2] === file) return /** @type {string} */ (match[1]).toLowerCase();
  }
  return null;
}

/**
 * Downloads the pinned release into a folder, checks it before anything of it is touched, and unpacks it.
 * @param {string} folder an empty one
 * @param {{ environment: NodeJS.ProcessEnv, signal: AbortSignal, machine?: { platform: string, arch: string } }} options
 * @returns {Promise<string>} path of k6
 */
export async function fetchRelease(folder, { environment, signal, machine = process }) {
  const release = releaseFor(machine);
  if (release === null) throw new Error(`k6 is not released for ${machine.platform} on ${machine.arch}`);
  const base = `${(environment.STORMPROOF_K6_RELEASES || RELEASES).replace(/\/+$/, '')}/${K6_VERSION}`;
  const checksums = join(folder, 'checksums.txt');
  await download(`${base}/k6-${K6_VERSION}-checksums.txt`, checksums, { environment, signal });
  const expected = findChecksum(readFileSync(checksums, 'utf8'), release.archive);
  if (expected === null) throw new Error(`its checksum file does not list ${release.archive}`);
  const archive = join(folder, release.archive);
  const found = await download(`${base}/${release.archive}`, archive, { environment, signal });
  if (found !== expected) {
    throw new Error(
      `the checksum of ${release.archive} is ${found}, its checksum file says ${expected}; not used`,
    );
  }
  const [command, ...args] = release.archive.endsWith('.zip')
    ? ['unzip', '-q', archive]
    : ['tar', '-xzf', archive];
  const end = await runChild(command, args, { cwd: folder, environment, signal });
  if (!end.ok) throw new Error(`${command} could not unpack it: ${end.lines.at(-1) ?? end.how}`);
  return join(folder, release.name, 'k6');
}
