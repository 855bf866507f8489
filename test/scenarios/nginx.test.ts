import { describe, expect, it } from 'vitest';
import { startNginx } from '../../scripts/bench/nginx.ts';
import { findPart, requirePart } from '../require.ts';

describe.runIf(requirePart('nginx'))('nginx of the tests', () => {
  it('answers an order as it was told to, and is gone when stopped', async () => {
    const nginx = await startNginx(findPart('nginx')!, {
      status: 503,
      body: '{"error":"planted"}',
      region: 'tokyo',
    });
    const answer = await fetch(`${nginx.origin}/api/v1/orders`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('x-region')).toBe('tokyo');
    expect(await answer.json()).toEqual({ error: 'planted' });
    await nginx.stop();
    expect(() => process.kill(nginx.pid, 0)).toThrow('ESRCH');
    await expect(fetch(nginx.origin)).rejects.toThrow();
  });
});
