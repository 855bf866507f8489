import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';

/**
 * The proxy that the environment asks for, as npm and Go read it too: without it a machine behind a company's proxy
 * reaches the registry but no release.
 * @param {URL} url
 * @param {NodeJS.ProcessEnv} environment
 * @returns {URL | null} null for plain http too: that is a mirror nearby
 */
export function proxyFor(url, environment) {
  const named = environment.HTTPS_PROXY || environment.https_proxy;
  if (!named || url.protocol !== 'https:') return null;
  const exceptions = (environment.NO_PROXY || environment.no_proxy || '')
    .split(/[\s,]+/)
    .filter((each) => each !== '');
  const excepted = exceptions.some((each) => {
    const host = each.replace(/^\*?\./, '').replace(/:\d+$/, '');
    return each === '*' || url.hostname === host || url.hostname.endsWith(`.${host}`);
  });
  const proxy = named.includes('://') ? named : `http://${named}`;
  return excepted || !URL.canParse(proxy) ? null : new URL(proxy);
}

/**
 * A TLS connection to the URL's host through a proxy's CONNECT (RFC 9110, 9.3.6).
 * @param {URL} proxy
 * @param {URL} url
 * @param {AbortSignal} signal
 * @returns {Promise<tls.TLSSocket>}
 */
export function connectThrough(proxy, url, signal) {
  const host = `${url.hostname}:${url.port || 443}`;
  const user = decodeURIComponent(`${proxy.username}:${proxy.password}`);
  const authorization =
    proxy.username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
  const client = proxy.protocol === 'https:' ? https : http;
  return new Promise((done, fail) => {
    const options = {
      method: 'CONNECT',
      path: host,
      headers: { host, ...authorization },
      agent: false,
      signal,
    };
    const request = client.request(proxy, options);
    request.once('error', fail);
    request.once('connect', (answer, socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        fail(new Error(`the proxy ${proxy.host} answered ${answer.statusCode} for ${host}`));
        return;
      }
      const secure = tls.connect({ socket, servername: url.hostname }, () => done(secure));
      secure.once('error', fail);
      signal.addEventListener('abort', () => secure.destroy(/** @type {Error} */ (signal.reason)), {
        once: true,
      });
    });
    request.end();
  });
}
