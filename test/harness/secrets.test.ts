import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requirePart } from '../require.ts';
import { Place, start } from './whole-run.ts';

const SECRET = 'Bearer 9f3k-not-to-be-found-anywhere';

describe.runIf(requirePart('k6'))('a secret of the environment', () => {
  it('reaches the service, and neither a file of the run, nor the screen, nor a command line', async () => {
    const place = new Place();
    const seen = new Set<string | undefined>();
    const server = createServer((request, response) => {
      seen.add(request.headers.authorization);
      // What a service echoes must not end up in the evidence either.
      response.setHeader('x-request', request.headers.authorization ?? '');
      request.resume().on('end', () => response.writeHead(seen.size % 2 ? 500 : 201).end(SECRET));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
      place.remove();
    });
    place.configure(`{ service: { headers: { authorization: env('API_TOKEN') } },
      profiles: { smoke: { scenario: 'x', stages: [['2s', 100, 'hold']], claims: { errors: '< 1%' } } } }`);
    place.writeScenario(
      'x',
      '',
      `send('order', 'POST', orderPath, '{}'); if (seq % 9 === 0) throw new Error('oh');`,
    );
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = start(place, ['--profile', 'smoke', '--target', target], { env: { API_TOKEN: SECRET } });
    await run.underLoad();
    const { guard, k6 } = run.parts();
    const commandLines = [run.pid, guard, k6].map(commandLineOf);
    const { code, said, folder } = await run.finished;
    expect(code).toBe(99);
    expect(seen).toEqual(new Set([SECRET]));
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(files.length).toBeGreaterThan(8);
    const leaks = files.filter((file) => readFileSync(file).includes(SECRET));
    expect(leaks).toEqual([]);
    expect([said, ...commandLines].filter((text) => text.includes(SECRET))).toEqual([]);
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).toContain('"authorization": "[redacted]"');
  });
});

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
