import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameWriter, readFrames } from '../../../testbed/lab/frames.ts';

interface Message {
  kind: number;
  ticket: number;
  payload: string;
}

const message = fc.record({
  kind: fc.integer({ min: 0, max: 255 }),
  ticket: fc.integer({ min: 0, max: 0xffffffff }),
  // Some longer than the writer's chunk.
  payload: fc.oneof(
    fc.string({ maxLength: 50 }),
    fc.integer({ min: 60_000, max: 140_000 }).map((length) => 'x'.repeat(length)),
  ),
});

async function write(messages: Message[]): Promise<Buffer> {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const writer = new FrameWriter(stream);
  for (const { kind, ticket, payload } of messages) {
    const { bytes, start } = writer.open(kind, ticket, Buffer.byteLength(payload));
    bytes.write(payload, start);
  }
  // Whatever is said in this turn goes out by itself.
  await new Promise(setImmediate);
  stream.end();
  await once(stream, 'end');
  return Buffer.concat(chunks);
}

function read(chunks: Buffer[]): Message[] {
  const stream = new PassThrough();
  const messages: Message[] = [];
  readFrames(stream, (kind, ticket, payload) => {
    messages.push({ kind, ticket, payload: payload.toString() });
  });
  for (const chunk of chunks) stream.emit('data', chunk);
  return messages;
}

describe('frames', () => {
  it('come out as they went in, however the stream cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 30 }),
        async (messages, sizes) => {
          const bytes = await write(messages);
          const chunks: Buffer[] = [];
          let at = 0;
          for (const size of sizes) {
            chunks.push(bytes.subarray(at, at + size));
            at = Math.min(at + size, bytes.length);
          }
          chunks.push(bytes.subarray(at));
          expect(read(chunks)).toEqual(messages);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('come out of single bytes too', async () => {
    const messages = [1, 2, 3].map((n) => ({ kind: n, ticket: n * 1000, payload: 'p'.repeat(n * 7) }));
    const bytes = await write(messages);
    expect(read(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(messages);
  });
});
