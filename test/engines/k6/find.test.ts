import { describe, expect, it } from 'vitest';
import { findK6 } from '../../../engines/k6/find.ts';
import { parseK6Version } from '../../../engines/k6/search.mjs';
import { requirePart } from '../../require.ts';

describe('the version of k6', () => {
  it.each([
    ['k6 v1.8.1 (commit/devel, go1.26.8, linux/amd64)\n', 'v1.8.1'],
    [
      'k6 v2.0.0-rc1 (commit/abc, go1.26, darwin/arm64)\nExtensions:\n  github.com/a/b v0.1.0\n',
      'v2.0.0-rc1',
    ],
    ['k6 v0.49.0 ((devel), go1.21.6, linux/amd64)', 'v0.49.0'],
    ['usage: k6 [command]', null],
    ['', null],
  ])('in %j is %s', (text, version) => {
    expect(parseK6Version(text)).toBe(version);
  });
});

describe('finding k6', () => {
  it('refuses a K6_BIN that cannot be used, as a mistake that a person can mend', async () => {
    await expect(findK6({ ...process.env, K6_BIN: '/not/there/k6' })).rejects.toMatchObject({
      code: 'E_K6_BIN',
      message: expect.stringContaining('/not/there/k6 is no program that can be run'),
    });
  });

  it.runIf(requirePart('k6'))('finds the k6 of this machine', async () => {
    const { path, version } = await findK6();
    expect(path).toMatch(/^\//);
    expect(version).toMatch(/^v[12]\./);
  });
});
