/** The script and the styles that travel inside a report: built when it is rendered, from files beside this one. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { paletteCss } from './palette.ts';

let script: string | undefined;

/** The page's code and uPlot as one script. It cannot end its element: esbuild writes `<\/script` in strings. */
export function pageScript(): string {
  script ??= buildSync({
    entryPoints: [fileURLToPath(new URL('page/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  }).outputFiles[0]?.text;
  return script ?? '';
}

const STYLES = ['report.css', 'charts.css', 'drill.css', 'phone-and-paper.css'];

/** The styles of the page, after the palette and uPlot's own. */
export function pageStyles(): string {
  const uplot = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');
  const own = STYLES.map((file) => fileURLToPath(new URL(file, import.meta.url)));
  return [paletteCss(), ...[uplot, ...own].map((file) => readFileSync(file, 'utf8'))].join('\n');
}

/** The hash by which a content security policy lets this script run, and no other. */
export function scriptHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
