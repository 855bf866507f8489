import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { dialTarget } from '../../harness/dial.ts';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

it('finds somebody who listens, with one connection', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.resume();
  });
  const port = await listen(server);
  expect(await dialTarget(`http://127.0.0.1:${port}`)).toBe('');
  expect(connections).toBe(1);
});

it('says that nothing listens', async () => {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  for (const scheme of ['http', 'https']) {
    expect(await dialTarget(`${scheme}://127.0.0.1:${port}`)).toBe(
      `nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`,
    );
  }
});

it('says that a server does not speak TLS, and that it never answers', async () => {
  const plain = await listen(createServer((socket) => socket.end('what?\n')));
  expect(await dialTarget(`https://127.0.0.1:${plain}`)).toMatch(/^127\.0\.0\.1:\d+ does not speak TLS \(/);
  const silent = await listen(createServer((socket) => socket.resume()));
  expect(await dialTarget(`https://127.0.0.1:${silent}`, 50)).toMatch(
    /did not take a connection within 50 ms$/,
  );
});
