/** Which InfluxDB, if any: by flag, environment or configuration. Secrets come by the environment alone. */
import { Problem } from '../measure/problem.ts';
import type { InfluxConnection } from '../reports/influx/client.ts';
import type { Config } from './config.ts';
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
  const wished = flag || environment.INFLUX_URL || configured || undefined;
  if (flag === undefined && wished === undefined) return null;
  return {
    url: checkUrl(wished ?? DEFAULT_URL, flag ? '--influx' : 'INFLUX_URL'),
    database: environment.INFLUX_DATABASE || influx.database,
    retentionPolicy: influx.retentionPolicy,
    auth: authOf(environment),
  };
}

function checkUrl(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Never echoed: a password may stand in it.
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Problem('E_INFLUX_URL', `this is no URL. Expected one such as ${DEFAULT_URL}.`, where);
  }
  if (url.username !== '' || url.password !== '') {
    const instead = 'Put them into INFLUX_USERNAME and INFLUX_PASSWORD, or a token into INFLUX_TOKEN.';
    throw new Problem('E_INFLUX_URL', `it holds a user name or password. Expected none. ${instead}`, where);
  }
  return `${url.origin}${url.pathname}`;
}

function authOf({
  INFLUX_TOKEN: token,
  INFLUX_USERNAME: username,
  INFLUX_PASSWORD: password,
}: NodeJS.ProcessEnv): InfluxConnection['auth'] {
  if (token) return { kind: 'token', token };
  if (!username && !password) return { kind: 'none' };
  if (username && password) return { kind: 'password', username, password };
  const missing = username ? 'INFLUX_PASSWORD' : 'INFLUX_USERNAME';
  throw new Problem(
    'E_INFLUX_AUTH',
    `${missing} is not set. Expected a user and a password together. Write: export ${missing}=...`,
  );
}
