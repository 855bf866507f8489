import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { decode, encode, type Packet, type Question, streamDecode, streamEncode } from 'dns-packet';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { answerQuery, startNameServer, type Zone } from '../../../testbed/lab/name-server.ts';
import { freePort } from '../../child.ts';

const ZONE: Zone = { name: 'orders.stormproof.test', ttlS: 3, address: '127.1.0.10' };
const RECURSION_DESIRED = 0x0100;

const question = (name: string, type: Question['type'] = 'A', more: Partial<Packet> = {}): Buffer =>
  encode({ type: 'query', id: 7, flags: RECURSION_DESIRED, questions: [{ type, name }], ...more });

type Answer = Packet & { rcode: string; flag_aa: boolean; flag_rd: boolean };
const answerTo = (query: Buffer): Answer => decode(answerQuery(query, ZONE)!) as unknown as Answer;

describe('the name server', () => {
  it('answers the name with its address, its TTL and authority', () => {
    const answer = answerTo(question('orders.stormproof.test'));
    expect(answer).toMatchObject({ id: 7, type: 'response', rcode: 'NOERROR', flag_aa: true, flag_rd: true });
    expect(answer.questions).toMatchObject([{ name: 'orders.stormproof.test', type: 'A' }]);
    expect(answer.answers).toMatchObject([
      { name: 'orders.stormproof.test', type: 'A', ttl: 3, data: '127.1.0.10' },
    ]);
  });

  it.each([
    ['orders.stormproof.test', 'AAAA', 'NOERROR'],
    ['orders.stormproof.test', 'TXT', 'NOERROR'],
    ['stormproof.test', 'A', 'NOERROR'],
    ['payments.stormproof.test', 'A', 'NXDOMAIN'],
    ['example.com', 'A', 'REFUSED'],
    ['notstormproof.test', 'A', 'REFUSED'],
    ['.', 'NS', 'REFUSED'],
  ] as const)('answers %s %s with nothing: %s', (name, type, rcode) => {
    expect(answerTo(question(name, type))).toMatchObject({ rcode, answers: [] });
  });

  it('knows the name in any case, and answers it as it was asked', () => {
    const answer = answerTo(question('oRDers.StormProof.TEST'));
    expect(answer.answers).toMatchObject([{ name: 'oRDers.StormProof.TEST', data: '127.1.0.10' }]);
  });

  it('answers no class but IN, and no operation but a query', () => {
    const chaos = question('x', 'A', { questions: [{ type: 'TXT', name: ZONE.name, class: 'CH' }] });
    expect(answerTo(chaos)).toMatchObject({ rcode: 'REFUSED', answers: [] });
    const notify = question(ZONE.name, 'SOA', { flags: 4 << 11 });
    expect(answerTo(notify)).toMatchObject({ rcode: 'NOTIMP', answers: [] });
  });

  it('says that it is malformed to ask nothing, or two things', () => {
    const two: Question[] = [
      { type: 'A', name: ZONE.name },
      { type: 'AAAA', name: ZONE.name },
    ];
    expect(answerTo(question('x', 'A', { questions: two }))).toMatchObject({ rcode: 'FORMERR', answers: [] });
    expect(answerTo(question('x', 'A', { questions: [] }))).toMatchObject({ rcode: 'FORMERR' });
  });

  it('speaks the extension (EDNS) with those who do', () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] } as never;
    expect(answerTo(question(ZONE.name, 'A', { additionals: [opt] })).additionals).toMatchObject([
      { type: 'OPT', udpPayloadSize: 1232 },
    ]);
    expect(answerTo(question(ZONE.name)).additionals).toEqual([]);
  });

  it('answers neither an answer nor garbage, and never throws', () => {
    expect(answerQuery(encode({ type: 'response', id: 1, questions: [] }), ZONE)).toBeNull();
    expect(answerQuery(Buffer.from('GET / HTTP/1.1\r\n\r\n'), ZONE)).toBeNull();
    const whole = question(ZONE.name);
    for (let length = 0; length < whole.length; length++) answerQuery(whole.subarray(0, length), ZONE);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        answerQuery(Buffer.from(bytes), ZONE);
      }),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        answerQuery(changed, ZONE);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('the name server on the network', () => {
  const close: (() => unknown)[] = [];
  afterEach(async () => {
    for (const each of close.splice(0).reverse()) await each();
  });

  async function start(zone: () => Zone): Promise<number> {
    // One that is free for TCP, which other tests use; of UDP nobody takes any.
    const server = await startNameServer({ host: '127.0.0.1', port: await freePort() }, zone);
    close.push(() => server.close());
    return server.port;
  }

  it('answers over UDP, garbage in between or not, with the address as it is now', async () => {
    let address = '127.1.0.10';
    const port = await start(() => ({ ...ZONE, address }));
    const client = createSocket('udp4');
    close.push(() => client.close());
    const ask = async (): Promise<Packet> => {
      const answer = once(client, 'message');
      client.send('garbage', port, '127.0.0.1');
      client.send(question(ZONE.name), port, '127.0.0.1');
      return decode((await answer)[0]);
    };
    expect((await ask()).answers).toMatchObject([{ data: '127.1.0.10' }]);
    address = '127.2.0.10';
    expect((await ask()).answers).toMatchObject([{ data: '127.2.0.10' }]);
  });

  it('answers over TCP, in whatever pieces the question comes, and hangs up on garbage', async () => {
    const port = await start(() => ZONE);
    const client = connect(port, '127.0.0.1').setNoDelay();
    close.push(() => client.destroy());
    let got = Buffer.alloc(0);
    client.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
    });
    const framed = streamEncode({ type: 'query', id: 1, questions: [{ type: 'A', name: ZONE.name }] });
    for (const byte of framed) {
      client.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.write(framed);
    const length = (): number => (got.length < 2 ? Number.POSITIVE_INFINITY : 2 * (2 + got.readUInt16BE(0)));
    while (got.length < length()) await once(client, 'data');
    expect(streamDecode(got.subarray(0, got.length / 2)).answers).toMatchObject([{ data: '127.1.0.10' }]);
    expect(got.subarray(0, got.length / 2)).toEqual(got.subarray(got.length / 2));
    client.write(Buffer.from([0, 3, 1, 2, 3]));
    await once(client, 'close');
  });

  it('says that its port is taken', async () => {
    const other = createSocket('udp4');
    other.bind(0, '127.0.0.1');
    await once(other, 'listening');
    close.push(() => other.close());
    const { port } = other.address();
    await expect(startNameServer({ host: '127.0.0.1', port }, () => ZONE)).rejects.toThrow(
      `E_PORT_IN_USE: something listens on 127.0.0.1:${port} already`,
    );
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    close.push(() => tcp.close());
    await expect(
      startNameServer({ host: '127.0.0.1', port: (tcp.address() as { port: number }).port }, () => ZONE),
    ).rejects.toThrow('E_PORT_IN_USE');
    await expect(startNameServer({ host: '192.0.2.1', port: 0 }, () => ZONE)).rejects.toThrow('E_ADDRESS');
  });
});
