/** Bundles what a region's processes run: eight of them start with a drill, and compiling each would take seconds. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

let bundled: Promise<string> | null = null;

/** @returns the file to be run by `node`, in the folder given, which is made where it is missing */
export async function writeProgram(folder: string): Promise<string> {
  bundled ??= bundleProgram();
  const file = join(folder, 'region.mjs');
  await mkdir(folder, { recursive: true });
  await writeFile(file, await bundled);
  return file;
}

async function bundleProgram(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('program.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  return outputFiles[0]!.text;
}
