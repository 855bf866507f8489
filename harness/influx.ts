/** Which InfluxDB, if any: by flag, environment or configuration. Secrets come by the environment alone. */
import { Problem } from '../measure/problem.ts';
import type { InfluxConnection } from '../reports/influx/client.ts';
import type { Config } from './config.ts';
import { isHeaderValue } from './schema.ts';
import { isSecret } from './secret.ts';

const DEFAULT_URL = 'http://127.0.0.1:8086';

/**
 * @param flag what `--influx` said: undefined where it was not given, empty where it stood alone
 * @returns null where nobody asked for a database
 * @throws Problem where the URL or the credentials cannot be used
 */
export function resolveInflux(
  flag: string | undefined,
  config: Pick<Config, 'influx'>,
  environment: NodeJS.ProcessEnv = process.env,
): InfluxConnection | null {
  const { influx } = config;
  const configured = isSecret(influx.url) ? environment[influx.url.variable] : influx.url;
  const wishes: [where: string, url: string | undefined][] = [
    ['--influx', flag],
    ['INFLUX_URL', environment.INFLUX_URL],
    ['influx.url', configured],
    ['', flag === undefined ? '' : DEFAULT_URL],
  ];
  const [where, url] = wishes.find(([, wish]) => wish) ?? [];
  if (url === undefined) return null;
  return {
    url: checkUrl(url, where!),
    database: environment.INFLUX_DATABASE || influx.database,
    retentionPolicy: influx.retentionPolicy,
    auth: authOf(environment),
  };
}

/** Where credentials belong instead of a URL, which ends up in files and logs. */
export const INFLUX_CREDENTIALS =
  'Put them into INFLUX_USERNAME and INFLUX_PASSWORD, or a token into INFLUX_TOKEN.';

function checkUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Never echoed: a password may stand in it.
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Problem('E_INFLUX_URL', `this is no URL. Expected one such as ${DEFAULT_URL}.`, where);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Problem(
      'E_INFLUX_URL',
      `it holds a user name or password. Expected none. ${INFLUX_CREDENTIALS}`,
      where,
    );
  }
  // InfluxDB 1 takes ?u=...&p=...; the URL is told on the screen and in the command of the run's record.
  if (url.search !== '' || url.hash !== '') {
    throw new Problem(
      'E_INFLUX_URL',
      `it holds a query. Expected a host, and a path at most. The database is INFLUX_DATABASE. ${INFLUX_CREDENTIALS}`,
      where,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function authOf({
  INFLUX_TOKEN: token,
  INFLUX_USERNAME: username,
  INFLUX_PASSWORD: password,
}: NodeJS.ProcessEnv): InfluxConnection['auth'] {
  if (token) {
    if (isHeaderValue(token)) return { kind: 'token', token };
    const what = 'INFLUX_TOKEN holds a line break or another control character';
    throw new Problem('E_INFLUX_AUTH', `${what}. Expected one line of text. Set it anew.`);
  }
  if (!username && !password) return { kind: 'none' };
  if (username && password) return { kind: 'password', username, password };
  const missing = username ? 'INFLUX_PASSWORD' : 'INFLUX_USERNAME';
  throw new Problem(
    'E_INFLUX_AUTH',
    `${missing} is not set. Expected a user and a password together. Write: export ${missing}=...`,
  );
}
