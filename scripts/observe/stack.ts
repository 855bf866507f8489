/** InfluxDB and Grafana by Docker Compose: what it needs, how it is called, what is said about it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Problem, Problems } from '../../measure/problem.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Below the checkout, where docker is called. */
const COMPOSE_FILE = 'deploy/compose.yaml';
const INFLUX_URL = 'http://127.0.0.1:8086';
const GRAFANA_URL = 'http://127.0.0.1:3000';
/** A client asks an engine on another machine as well, which may not answer. */
const ANSWER_MS = 30_000;
/** What docker said last is the cause; before it stands its progress. */
const LAST_LINES = 5;

const SECRETS = ['INFLUX_PASSWORD', 'GF_SECURITY_ADMIN_PASSWORD'] as const;
/** Of compose.yaml: Grafana's own user, which may only read. */
const READER = 'grafana';
const ADMINISTRATOR = 'stormproof';
/** The image of InfluxDB gives both to a shell and to InfluxQL, without quotes that hold. */
const PLAIN = /^[\w.~+=@%:,/-]+$/;

const BY_HAND = `Without docker, install both and use the same files:
  apt-get install influxdb influxdb-client     Debian; Grafana's own repository has the package grafana
  brew install influxdb@1 grafana              macOS
  deploy/grafana/provisioning                  data source and dashboards, for Grafana's GF_PATHS_PROVISIONING
  docs/observe.md                              step by step, and for an InfluxDB and Grafana that you have`;

/**
 * Says all that is wrong with the environment at once, and never what stands in it.
 * @throws Problem or Problems
 */
export function checkEnvironment(environment: NodeJS.ProcessEnv): void {
  const problems: Problem[] = SECRETS.filter((name) => !environment[name]).map(
    (name) =>
      new Problem(
        'E_OBSERVE_PASSWORD',
        `${name} is not set. Expected a password of your choice for ${OF[name]}. Write: export ${name}=...`,
      ),
  );
  for (const name of ['INFLUX_USERNAME', 'INFLUX_PASSWORD'] as const) {
    const value = environment[name];
    if (!value || PLAIN.test(value)) continue;
    const what = `${name} holds a character that the image of InfluxDB cannot take`;
    problems.push(
      new Problem(
        'E_OBSERVE_CHARACTER',
        `${what}. Expected letters, digits and . _ ~ + = @ % : , / - alone. Choose another one.`,
      ),
    );
  }
  if (environment.INFLUX_USERNAME === READER) {
    const what = `INFLUX_USERNAME is ${READER}, which is the user that Grafana reads with`;
    problems.push(new Problem('E_OBSERVE_USER', `${what}. Expected another name. Choose one, or unset it.`));
  }
  if (environment.GF_SECURITY_ADMIN_PASSWORD === 'admin') {
    const what = "GF_SECURITY_ADMIN_PASSWORD is Grafana's default, which everybody knows";
    problems.push(new Problem('E_OBSERVE_PASSWORD', `${what}. Expected a password of your own. Choose one.`));
  }
  if (problems.length === 1) throw problems[0]!;
  if (problems.length > 1) throw new Problems('InfluxDB and Grafana cannot be started so', problems);
}

const OF: Record<(typeof SECRETS)[number], string> = {
  INFLUX_PASSWORD: 'InfluxDB',
  GF_SECURITY_ADMIN_PASSWORD: "Grafana's user admin",
};

/**
 * Asks for the client, its compose plugin and the engine, in this order.
 * @throws Problem that names the one that is missing, and what to do without it
 */
export async function checkDocker(environment: NodeJS.ProcessEnv): Promise<void> {
  const compose = await callDocker(['compose', 'version'], environment, { limitMs: ANSWER_MS });
  if (compose.status === null) {
    throw missing('there is no docker client that can be run', 'Expected docker on the PATH', compose);
  }
  if (compose.status !== 0) {
    throw missing(
      'docker has no compose plugin',
      'Expected docker compose (apt-get install docker-compose-v2, or docker-compose-plugin)',
      compose,
    );
  }
  const args = ['version', '--format', '{{.Server.Version}}'];
  const engine = await callDocker(args, environment, { limitMs: ANSWER_MS });
  if (engine.status !== 0) {
    throw missing('no docker engine answers', 'Expected one that runs and that you may use', engine);
  }
}

function missing(what: string, expected: string, { lines }: Answer): Problem {
  const said = lines.length === 0 ? '' : ` (docker says: ${lines.at(0)})`;
  return new Problem('E_OBSERVE_DOCKER', `${what}${said}. ${expected}. Start or install it.\n\n${BY_HAND}`);
}

/**
 * Starts both in the background, and waits until they answer.
 * @param tell is given docker's progress, line by line
 * @throws Problem with docker's last lines
 */
export async function startStack(
  environment: NodeJS.ProcessEnv,
  tell: (line: string) => void,
): Promise<void> {
  await compose(['up', '-d', '--wait'], environment, tell);
}

/**
 * Stops both; the volumes stay.
 * @throws Problem with docker's last lines
 */
export async function stopStack(environment: NodeJS.ProcessEnv, tell: (line: string) => void): Promise<void> {
  // Compose wants them filled in for every command, and stopping needs none of them.
  const filled = Object.fromEntries(SECRETS.map((name) => [name, environment[name] || 'unused']));
  await compose(['down'], { ...environment, ...filled }, tell);
}

async function compose(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  tell: (line: string) => void,
): Promise<void> {
  const whole = ['compose', '-f', COMPOSE_FILE, ...args];
  const { status, lines } = await callDocker(whole, environment, { tell });
  if (status === 0) return;
  const last = lines.slice(-LAST_LINES).map((line) => `  ${line}`);
  const next = `For more: docker compose -f ${COMPOSE_FILE} logs. docs/observe.md tells what to do about it.`;
  throw new Problem(
    'E_OBSERVE_COMPOSE',
    [`docker ${whole.join(' ')} failed${last.length === 0 ? '.' : ':'}`, ...last, next].join('\n'),
  );
}

interface Answer {
  /** Null where it could not be started. */
  status: number | null;
  /** What it said on stdout and stderr, without blank lines and secrets. */
  lines: string[];
}

/** One call, without a shell. */
function callDocker(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { tell, limitMs }: { tell?: (line: string) => void; limitMs?: number } = {},
): Promise<Answer> {
  return new Promise((done) => {
    const lines: string[] = [];
    const child = spawn('docker', args, {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Not spawn's own timeout, which would hold the process where the program is missing.
    const limit = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        if (line.trim() === '') return;
        const safe = withoutSecrets(line, environment);
        lines.push(safe);
        tell?.(safe);
      });
    }
    child.once('error', () => {
      clearTimeout(limit);
      done({ status: null, lines });
    });
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (limitMs !== undefined && signal === 'SIGKILL') lines.push(`nothing in ${limitMs / 1000} s`);
      done({ status: code ?? 1, lines });
    });
  });
}

function withoutSecrets(line: string, environment: NodeJS.ProcessEnv): string {
  return SECRETS.map((name) => environment[name])
    .filter((secret) => secret !== undefined && secret !== '')
    .reduce<string>((text, secret) => text.replaceAll(secret!, '***'), line);
}

/** Where both are, and the command that sends a run there: it takes INFLUX_PASSWORD from the environment. */
export function renderStack(environment: NodeJS.ProcessEnv): string {
  const variables = [
    // A token would go before the user; another database is not the one that Grafana reads.
    ...(environment.INFLUX_TOKEN ? ['INFLUX_TOKEN='] : []),
    ...(environment.INFLUX_DATABASE ? ['INFLUX_DATABASE=stormproof'] : []),
    `INFLUX_USERNAME=${environment.INFLUX_USERNAME || ADMINISTRATOR}`,
    `GRAFANA_URL=${GRAFANA_URL}`,
  ];
  return `${[
    `grafana   ${GRAFANA_URL}  (user admin, password of GF_SECURITY_ADMIN_PASSWORD; folder Stormproof)`,
    `influxdb  ${INFLUX_URL}  (database stormproof)`,
    '',
    'send a run there, with INFLUX_PASSWORD in the environment as now:',
    `  ${variables.join(' ')} npm run load -- --influx ${INFLUX_URL}`,
    '',
    'stop both, keep their data: npm run observe -- --down',
    'the passwords are those of the first start; docs/observe.md tells how to change them',
  ].join('\n')}\n`;
}
