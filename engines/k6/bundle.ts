/** Turns a scenario into the one script that k6 runs, and reads what it declares without k6. */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, type BuildResult, build, type Message, type Plugin } from 'esbuild';
import type { Operation, Plan } from '../../measure/plan.ts';
import { Problem, Problems } from '../../measure/problem.ts';
import type { Scenario } from '../../scenarios/lib/scenario.ts';
import type { ClientSettings } from '../../scenarios/lib/settings.ts';
import { k6Options, type Saturation } from './options.ts';

/** What a scenario says of itself. */
export interface ScenarioDescription {
  operations: Record<string, Operation>;
  /** Requests that one iteration sends at most, retries left out. */
  sendsPerIteration: number;
  /** The scenario's own weights by operation, which a profile may replace; null where it has none. */
  weights: Record<string, number> | null;
}

/** What a run tells its scenario: of the configuration, only what is no secret is taken. */
export interface RunSettings {
  /** The run's name: every idempotency key begins with it. */
  run: string;
  seed: number;
  profile: { retries: number; thinkTimeMs: number; weights: Readonly<Record<string, number>> };
  service: { url: string; regionHeader: string; host: string | null; insecureSkipTLSVerify: boolean };
  /** The TTL of the target's DNS record, ms. Default: 1 s. */
  dnsTtlMs?: number;
}

export interface BundleRequest {
  scenarioFile: string;
  plan: Plan;
  settings: RunSettings;
  saturation?: Saturation;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const POPULATION = resolve(ROOT, 'scenarios/lib/population.ts');
const HEAP = resolve(ROOT, 'scenarios/lib/heap.ts');
const DNS_TTL_MS = 1000;

/** What k6 has built in, and scripts that it fetches itself. */
const EXTERNAL = ['k6', 'k6/*', 'http://*', 'https://*'];

const BUILD = {
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  // What sobek runs natively: lowering class fields or `??=` would only cost time in each client.
  target: 'es2022',
  logLevel: 'silent',
} as const satisfies BuildOptions;

/**
 * Bundles a scenario, its libraries and its plan into one script for k6.
 * @returns the script; its source map is inside, so that an exception names the TypeScript line
 * @throws Problems where the scenario cannot be bundled
 */
export async function bundleScenario({
  scenarioFile,
  plan,
  settings,
  saturation,
}: BundleRequest): Promise<string> {
  const { profile, service } = settings;
  const network = {
    dnsTtlMs: settings.dnsTtlMs ?? DNS_TTL_MS,
    insecureSkipTLSVerify: service.insecureSkipTLSVerify,
    userAgent: `stormproof/${version()}`,
  };
  const client: ClientSettings = {
    run: settings.run,
    seed: settings.seed,
    operations: plan.operations,
    orderPath: service.url,
    timeoutMs: plan.timeoutMs,
    regionHeader: canonicalHeader(service.regionHeader),
    host: service.host,
    retries: profile.retries,
    thinkTimeMs: profile.thinkTimeMs,
    weights: profile.weights,
  };
  const file = resolve(scenarioFile);
  const entry = [
    `import { population } from ${JSON.stringify(POPULATION)};`,
    `import { touchHeap } from ${JSON.stringify(HEAP)};`,
    `import scenario from ${JSON.stringify(file)};`,
    `export const options = ${JSON.stringify(k6Options(plan, network, saturation))};`,
    'touchHeap();',
    `const settings = ${JSON.stringify(client)};`,
    ...plan.populations.map(({ letter, kind }) => {
      return `export const ${kind} = population(scenario, settings, ${JSON.stringify({ letter, kind })});`;
    }),
  ].join('\n');
  // Paths in the source map are relative to where the bundle would lie: scenarios/orders.ts.
  const root = dirname(dirname(file));
  const result = await bundle(file, {
    ...BUILD,
    external: EXTERNAL,
    stdin: { contents: entry, loader: 'ts', resolveDir: root, sourcefile: 'stormproof-entry.ts' },
    absWorkingDir: root,
    outfile: resolve(root, 'bundle.js'),
    sourcemap: 'inline',
    sourcesContent: false,
  });
  return result.outputFiles![0]!.text;
}

/**
 * Reads what a scenario declares, in Node: k6's modules are replaced by something that takes everything.
 * @throws Problem or Problems where the file is no scenario
 */
export async function describeScenario(file: string): Promise<ScenarioDescription> {
  const path = resolve(file);
  const result = await bundle(path, {
    ...BUILD,
    entryPoints: [path],
    absWorkingDir: dirname(dirname(path)),
    plugins: [WITHOUT_K6],
    banner: { js: K6_GLOBALS },
  });
  const text = Buffer.from(result.outputFiles![0]!.text).toString('base64');
  let found: { default?: unknown };
  try {
    found = (await import(`data:text/javascript;base64,${text}`)) as { default?: unknown };
  } catch (error) {
    throw new Problem(
      'E_SCENARIO_LOAD',
      `${shortName(path)} threw while it was loaded: ${error instanceof Error ? error.message : String(error)}. Expected only declarations outside of iteration.`,
    );
  }
  return declarationsOf(found.default, shortName(path));
}

const shortName = (file: string): string => `scenarios/${basename(file)}`;

async function bundle(file: string, options: BuildOptions): Promise<BuildResult> {
  try {
    return await build(options);
  } catch (error) {
    const { errors } = error as { errors?: Message[] };
    if (!Array.isArray(errors) || errors.length === 0) throw error;
    const problems = errors.map(({ text, location }) => {
      const where = location === null ? '' : `${location.file}:${location.line}:${location.column + 1}`;
      return new Problem('E_SCENARIO_BUILD', `${text.replace(/\.?$/, '.')}`, where);
    });
    throw new Problems(`${shortName(file)} cannot be bundled`, problems);
  }
}

/** Go spells header names like this, whatever the server wrote: `x-region` is found as `X-Region`. */
const canonicalHeader = (name: string): string =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());

function version(): string {
  return (JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** Operations become a column of the evidence. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
/** The op of the line that an exception writes. */
const RESERVED = 'exception';

function declarationsOf(found: unknown, name: string): ScenarioDescription {
  const scenario = found as Partial<Scenario> | undefined;
  if (typeof scenario !== 'object' || scenario === null || typeof scenario.iteration !== 'function') {
    throw new Problem(
      'E_SCENARIO_SHAPE',
      `${name} exports no scenario. Expected: export default defineScenario({ operations, iteration }).`,
    );
  }
  const names = Object.keys(scenario.operations ?? {});
  const wrong = [
    ...(names.length === 0
      ? ['operations is empty. Expected one at least, such as { order: { success: 201 } }.']
      : []),
    ...names
      .filter((each) => !NAME.test(each) || each === RESERVED)
      .map(
        (each) =>
          `operations.${each} is no name for an operation. Expected letters, digits and dashes, not "${RESERVED}".`,
      ),
    ...names
      .filter((each) => !isStatus(scenario.operations![each]?.success))
      .map((each) => `operations.${each}.success is no HTTP status. Expected 100 to 599.`),
    ...Object.keys(scenario.weights ?? {})
      .filter((each) => !names.includes(each))
      .map((each) => `weights.${each} is of no operation. Expected one of ${names.join(', ')}.`),
  ];
  const sends = scenario.sendsPerIteration ?? names.length;
  if (!Number.isInteger(sends) || sends < 1) wrong.push('sendsPerIteration is no whole number from 1 up.');
  if (wrong.length > 0) {
    throw new Problems(
      `${name} has mistakes`,
      wrong.map((sentence) => new Problem('E_SCENARIO_SHAPE', sentence)),
    );
  }
  return {
    operations: Object.fromEntries(
      names.map((each) => [each, { success: scenario.operations![each]!.success }]),
    ),
    sendsPerIteration: sends,
    weights: scenario.weights === undefined ? null : ({ ...scenario.weights } as Record<string, number>),
  };
}

const isStatus = (status: unknown): boolean =>
  Number.isInteger(status) && Number(status) >= 100 && Number(status) <= 599;

/** Globals of k6 that a scenario may touch while it is loaded. */
const K6_GLOBALS = "const __ENV = {}, __VU = 0, __ITER = 0, open = () => '';";

/** A function that may be called, constructed, iterated and asked for anything, and answers with itself. */
const ANYTHING = `
const anything = new Proxy(function () {}, {
  get: (_, name) => {
    if (name === Symbol.toPrimitive) return () => '';
    if (name === Symbol.iterator) return function* () {};
    return name === 'then' || name === '__esModule' ? undefined : anything;
  },
  apply: () => anything,
  construct: () => anything,
});
// esbuild finds named imports through the prototype of what a module exports.
module.exports = Object.create(anything);
`;

const WITHOUT_K6: Plugin = {
  name: 'without-k6',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(k6(\/.*)?|https?:\/\/.*)$/ }, ({ path }) => ({ path, namespace: 'k6' }));
    onLoad({ filter: /.*/, namespace: 'k6' }, () => ({ contents: ANYTHING, loader: 'js' }));
  },
};
