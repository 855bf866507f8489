/** How Stormproof breaks and watches the example, which knows nothing of it. */
import { Redis } from 'ioredis';
import { defineConfig } from '../../harness/config.ts';
import { PORTS, type Region } from './ports.ts';

const cli = (region: Region): string[] => ['redis-cli', '-p', String(PORTS.redis[region])];

export default defineConfig({
  commands: {
    primary: 'a',
    standby: 'b',
    target: `http://127.0.0.1:${PORTS.front}`,
    faults: {
      // A killed Redis alone loses next to nothing: what it has sent is in socket buffers, and arrives.
      'replication.cut': {
        words: 'cut the replication link from a to b',
        read: async ({ $ }) => field((await $`${cli('b')} info replication`).stdout, 'role'),
        inject: async ({ $ }) => void (await $`${cli('b')} replicaof 127.0.0.1 1`),
        // Promoted meanwhile, b holds orders that a has not: to attach it again would delete them.
        undo: async ({ $ }) => {
          const role = field((await $`${cli('b')} info replication`).stdout, 'role');
          if (role === 'slave') await $`${cli('b')} replicaof 127.0.0.1 ${PORTS.redis.a}`;
        },
        verify: () => true,
      },
      'region.kill': {
        words: 'kill the Redis of a',
        read: async ({ $ }) => ({
          folder: (await $`${cli('a')} config get dir`).stdout.trim().split('\n')[1]!,
          pid: Number(field((await $`${cli('a')} info server`).stdout, 'process_id')),
        }),
        inject: async ({ $, prior }) => void (await $`kill -KILL ${(prior as { pid: number }).pid}`),
        undo: async ({ $, prior }) => {
          const { folder } = prior as { folder: string };
          if ((await $`${cli('a')} ping`.nothrow()).stdout.trim() === 'PONG') return;
          await $`redis-server --port ${PORTS.redis.a} --bind 127.0.0.1 --dir ${folder} --appendonly yes --appendfsync no --save "" --daemonize yes`;
        },
      },
    },
    healthy: async ({ region }) => {
      const answer = await fetch(`http://127.0.0.1:${PORTS.api[region as Region]}/healthz`).catch(() => null);
      return answer?.ok === true || `${region} does not answer its health check`;
    },
    listKeys: async function* ({ region }) {
      const redis = new Redis({ port: PORTS.redis[region as Region], maxRetriesPerRequest: 1 });
      try {
        for await (const names of redis.scanStream({ match: 'order:*', count: 1000 })) {
          const keys = names as string[];
          const ids = keys.length === 0 ? [] : await redis.mget(keys);
          for (const [i, key] of keys.entries())
            yield { key: key.slice('order:'.length), orderId: ids[i] ?? null };
        }
      } finally {
        redis.disconnect();
      }
    },
  },
});

const field = (info: string, name: string): string =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
