/** `npm run testbed`: the order service in the foreground, to aim anything at. */
import { defineCommand, runCommand } from '../harness/command.ts';
import { EXIT_CODES } from '../harness/exit-codes.ts';
import { SHARED_FLAGS } from '../harness/flags.ts';
import { renderAccount } from '../testbed/account.ts';
import { type Behaviour, describeBehaviour } from '../testbed/behaviour.ts';
import { parseBehaviour } from '../testbed/behaviour-text.ts';
import { startTestbed, type Testbed } from '../testbed/testbed.ts';

/** What curl sends in the example. */
const EXAMPLE =
  '{"user_id":"u-1","items":[{"product_id":"p-1","quantity":2,"price":10}],"idempotency_key":"k-1"}';

const share = (help: string) => ({ type: 'text', metavar: 'SHARE', default: '0%', help }) as const;

const testbed = defineCommand({
  name: 'testbed',
  summary: 'the built-in order service on loopback, until ctrl-C',
  flags: {
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
  ],
  async run(flags) {
    const behaviour = parseBehaviour(flags);
    const running = await startTestbed({ port: flags.port, seed: flags.seed, behaviour });
    process.stdout.write(describe(running, behaviour, flags.seed));
    return untilStopped(running);
  },
});

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
