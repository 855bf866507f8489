import { describe, expect, it } from 'vitest';
import { checkTarget } from '../../harness/targets.ts';
import { Problem } from '../../measure/problem.ts';

const TARGETS = ['https://staging.example.com', 'http://10.0.0.1:8080'];

function refusal(url: string): string {
  try {
    checkTarget(url, TARGETS);
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
  throw new Error(`${url} was allowed`);
}

describe('a target may be loaded', () => {
  it.each([
    // Loopback, however it is written: the answer is what load must go to.
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.9.8.7', 'http://127.9.8.7'],
    ['http://127.1:8080/', 'http://127.0.0.1:8080'],
    ['http://2130706433', 'http://127.0.0.1'],
    ['http://0x7f.1', 'http://127.0.0.1'],
    ['http://017700000001', 'http://127.0.0.1'],
    ['http://LocalHost:80', 'http://localhost'],
    ['https://[::1]:8443', 'https://[::1]:8443'],
    ['http://[0:0:0:0:0:0:0:1]', 'http://[::1]'],
    ['http://[::ffff:127.0.0.1]', 'http://[::ffff:7f00:1]'],
    // Listed, however it is written.
    ['https://staging.example.com', 'https://staging.example.com'],
    ['https://STAGING.example.com:443/', 'https://staging.example.com'],
    ['http://10.0.0.1:8080/', 'http://10.0.0.1:8080'],
    ['http://167772161:8080', 'http://10.0.0.1:8080'],
  ])('%s as %s', (url, origin) => expect(checkTarget(url, TARGETS)).toBe(origin));
});

describe('a target is refused', () => {
  it.each([
    'https://api.example.com',
    'http://localhost.evil.com',
    'http://127.0.0.1.nip.io',
    'http://127.evil.com',
    'http://localhost.',
    'http://mylocalhost',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://[::2]',
    'http://[::ffff:8.8.8.8]',
    'http://[::ffff:126.0.0.1]',
    'https://staging.example.com.evil.com',
    'https://staging.example.com:8443',
    'https://xstaging.example.com',
    'http://10.0.0.1',
  ])('because it is not listed: %s', (url) => expect(refusal(url)).toMatch(/^E_TARGET_NOT_ALLOWED: /));

  it('with what to do', () => {
    expect(refusal('https://api.example.com')).toBe(
      'E_TARGET_NOT_ALLOWED: api.example.com is not in targets (stormproof.config.ts). ' +
        'Only loopback and what is listed may be loaded. Add it, or use --target http://127.0.0.1:...',
    );
  });

  it.each([
    ['ftp://127.0.0.1', 'is no http or https URL'],
    ['file:///etc/passwd', 'is no http or https URL'],
    ['127.0.0.1:8080', 'is no http or https URL'],
    ['', 'is no http or https URL'],
    ['http://127.0.0.1/orders', 'Expected "http://127.0.0.1". The path belongs to service.url.'],
    ['http://127.0.0.1?x', 'holds more than an origin'],
    ['https://*.example.com', 'holds a wildcard'],
    ['http://me:hunter2@127.0.0.1', 'cannot hold a user name or password'],
    ['http://127.0.0.1@evil.com', 'cannot hold a user name or password'],
    ['http://me:hunter2@not a host', 'cannot hold a user name or password'],
  ])('because it is no plain origin: %s', (url, message) => {
    expect(refusal(url)).toMatch(/^E_TARGET: /);
    expect(refusal(url)).toContain(message);
    expect(refusal(url)).not.toContain('hunter2');
  });

  it('names the scheme where only that differs', () => {
    expect(() => checkTarget('http://a.b', ['https://a.b'])).toThrow(
      'http://a.b is not in targets, https://a.b is',
    );
  });
});
