/** `npm run testbed`: the order service in the foreground, to aim anything at. */
import { DEFAULT_RATE } from '../chaos/definition.ts';
import { defineCommand, runCommand } from '../harness/command.ts';
import { loadConfig } from '../harness/config.ts';
import { EXIT_CODES } from '../harness/exit-codes.ts';
import { SHARED_FLAGS } from '../harness/flags.ts';
import { Problem } from '../measure/problem.ts';
import { renderAccount } from '../testbed/account.ts';
import { type Behaviour, describeBehaviour } from '../testbed/behaviour.ts';
import { parseBehaviour } from '../testbed/behaviour-text.ts';
import { DEFAULT_TIME_SCALE, HIGHEST_SCALE, LOWEST_SCALE, shapeFor } from '../testbed/lab/settings.ts';
import { startTestbed, type Testbed } from '../testbed/testbed.ts';
import { runStandingLab } from './testbed/standing-lab.ts';

/** What curl sends in the example. */
const EXAMPLE =
  '{"user_id":"u-1","items":[{"product_id":"p-1","quantity":2,"price":10}],"idempotency_key":"k-1"}';

const share = (help: string) => ({ type: 'text', metavar: 'SHARE', default: '0%', help }) as const;

const testbed = defineCommand({
  name: 'testbed',
  summary: 'the built-in order service on loopback, or the lab, until ctrl-C',
  flags: {
    lab: { type: 'switch', help: 'two regions that fail over, in a private network of their own (Linux)' },
    'time-scale': {
      type: 'number',
      metavar: 'X',
      min: LOWEST_SCALE,
      max: HIGHEST_SCALE,
      help: "multiplies the lab's health checks, TTL and start of tasks (0.05): 1 is a real platform",
    },
    port: {
      type: 'number',
      metavar: 'N',
      default: 8080,
      min: 0,
      max: 65_535,
      integer: true,
      help: 'port to listen on; 0 for any free one',
    },
    seed: {
      ...SHARED_FLAGS.seed,
      default: 1,
      help: 'what is planted for an order depends on this and its key',
    },
    latency: {
      type: 'text',
      metavar: 'TIME',
      default: 'none',
      help: 'time that an order takes: 5ms, or p50=5ms,p99=80ms (lognormal)',
    },
    errors: share('orders answered 503: 1% or 0.01'),
    refusals: share('orders refused with 422'),
    hangs: share('orders accepted and never answered'),
    resets: share('orders whose connection is reset'),
  },
  examples: [
    { line: 'npm run testbed', does: 'a healthy service on port 8080' },
    {
      line: 'npm run testbed -- --latency p50=5ms,p99=80ms --errors 1%',
      does: 'a slower one, with an error in a hundred orders',
    },
    { line: 'npm run testbed -- --lab', does: 'two regions that fail over, to aim drills at' },
  ],
  async run(flags) {
    refuseMixture(flags);
    if (flags.lab) {
      const { lab } = await loadConfig(undefined);
      const shape = shapeFor(lab, DEFAULT_RATE);
      return runStandingLab(flags.seed, flags['time-scale'] ?? DEFAULT_TIME_SCALE, shape);
    }
    const behaviour = parseBehaviour(flags);
    const running = await startTestbed({ port: flags.port, seed: flags.seed, behaviour });
    process.stdout.write(describe(running, behaviour, flags.seed));
    return untilStopped(running);
  },
});

/** The lab has its own addresses, and is broken by writing to its slots; one service alone has no timers. */
function refuseMixture(flags: Readonly<Record<string, string | number | boolean | undefined>>): void {
  const OF_SERVICE = ['port', 'latency', 'errors', 'refusals', 'hangs', 'resets'] as const;
  const mixed = flags.lab
    ? OF_SERVICE.filter((name) => flags[name] !== testbed.flags[name].default)
    : flags['time-scale'] === undefined
      ? []
      : ['time-scale'];
  if (mixed.length === 0) return;
  const given = mixed.map((name) => `--${name}`).join(', ');
  throw new Problem(
    'E_FLAG_MIXTURE',
    flags.lab
      ? `${given} is not for the lab. Expected --lab with --seed and --time-scale alone. Leave it out; the lab says how it is broken by hand.`
      : `${given} is for the lab alone. Expected it together with --lab. Add --lab, or leave it out.`,
  );
}

function describe({ url, regions }: Testbed, behaviour: Behaviour, seed: number): string {
  const planted = describeBehaviour(behaviour);
  return `${[
    `testbed  ${url}  (${regions.map(({ name, pid }) => `${name}, process ${pid}`).join('; ')})`,
    '',
    `  curl -d '${EXAMPLE}' ${url}/api/v1/orders`,
    `  curl ${url}/testbed/account`,
    '',
    ...(planted.length === 0
      ? ['planted  nothing: every order is answered 201 as soon as it is stored']
      : [`planted  with seed ${seed}`, ...planted.map((line) => `  ${line}`)]),
    'ctrl-C stops it and prints its account',
  ].join('\n')}\n`;
}

/** A second ctrl-C leaves at once: the regions follow by themselves. */
async function untilStopped(running: Testbed): Promise<number> {
  const ending = await new Promise<string>((resolve) => {
    running.onExit(({ cause }) => resolve(cause));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(''));
  });
  const account = await running.stop();
  process.stdout.write(`\n${renderAccount(account)}`);
  if (ending === '') return EXIT_CODES.pass.code;
  process.stderr.write(`${ending}\n`);
  return EXIT_CODES.bug.code;
}

process.exitCode = await runCommand(testbed, process.argv.slice(2));
