/**
 * What may be loaded: loopback always, anything else only if the configuration lists it. Load is never sent anywhere
 * by a typo.
 */
import { Problem } from '../measure/problem.ts';

/**
 * The origin (`https://staging.example.com`, default port left out, lower case) of a target that may be loaded. Load
 * must go to this string and not to the one that was typed: `http://2130706433` is 127.0.0.1 to this check, and
 * would be a name to ask the DNS for to another parser.
 * @param url what the person typed
 * @param targets origins that the configuration allows, as `parseOrigin` gives them
 * @param file the configuration's name, for the message
 * @throws Problem E_TARGET or E_TARGET_NOT_ALLOWED
 */
export function checkTarget(url: string, targets: readonly string[], file = 'stormproof.config.ts'): string {
  const origin = parseOrigin(url, '--target');
  if (origin instanceof Problem) throw origin;
  const { hostname, host } = new URL(origin);
  if (isLoopback(hostname) || targets.includes(origin)) return origin;
  const otherScheme = targets.find((target) => new URL(target).host === host);
  const found =
    otherScheme === undefined
      ? `${host} is not in targets`
      : `${origin} is not in targets, ${otherScheme} is`;
  throw new Problem(
    'E_TARGET_NOT_ALLOWED',
    `${found} (${file}). Only loopback and what is listed may be loaded. Add it, or use --target http://127.0.0.1:...`,
  );
}

/**
 * An origin: scheme, host and port, normalised as a browser would (WHATWG URL). What holds more is a mistake: a path
 * belongs to `service.url`, a password to `env()`.
 * @param where path into the configuration or flag, for the mistake
 */
export function parseOrigin(text: string, where: string): string | Problem {
  const mistake = (sentences: string): Problem => new Problem('E_TARGET', sentences, where);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (text.includes('@') && (url === null || url.username !== '' || url.password !== '')) {
    return mistake(
      'a target cannot hold a user name or password. Expected an origin. Put the secret into service.headers by env().',
    );
  }
  const shown = JSON.stringify(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return mistake(
      `${shown} is no http or https URL. Expected an origin, such as "https://staging.example.com".`,
    );
  }
  if (url.hostname.includes('*'))
    return mistake(`${shown} holds a wildcard. Expected one origin. List each by itself.`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return mistake(
      `${shown} holds more than an origin. Expected "${url.origin}". The path belongs to service.url.`,
    );
  }
  return url.origin;
}

/**
 * Whether a host, as WHATWG URL normalises it, is this machine: 127.0.0.0/8, ::1, the same mapped into IPv6, and the
 * name localhost. Names that only look like it (`localhost.evil.com`, `127.0.0.1.nip.io`) are names.
 */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname) ||
    /^\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\]$/.test(hostname)
  );
}
