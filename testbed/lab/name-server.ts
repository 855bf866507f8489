/** The authoritative name server of the lab: one name with one address, over UDP and TCP. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket as Stream } from 'node:net';
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet';
import { Problem } from '../../measure/problem.ts';

/** What it knows; asked for with each question, since the address changes. */
export interface Zone {
  /** In lower case, without a dot at its end. */
  name: string;
  ttlS: number;
  address: string;
}

export interface NameServer {
  close(): Promise<void>;
}

/** Bits of the header (RFC 1035, 4.1.1). */
const AUTHORITATIVE = 0x0400;
const RECURSION_DESIRED = 0x0100;
const RCODE = { ok: 0, malformed: 1, noSuchName: 3, notImplemented: 4, refused: 5 } as const;
/** Taken without being cut into fragments anywhere (DNS flag day 2020). */
const UDP_PAYLOAD = 1232;
/** EDNS (RFC 6891), for those who speak it. */
const EXTENSION: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: UDP_PAYLOAD,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};
/** Before the message of TCP stands its length. */
const LENGTH_BYTES = 2;
const IDLE_MS = 5000;

/**
 * @param message a packet as it came, without TCP's length
 * @returns the answer as a packet; null for what is no question at all and gets none
 */
export function answerQuery(message: Buffer, zone: Zone): Buffer | null {
  try {
    const query: Packet & { opcode?: string } = decode(message);
    return query.type === 'query' ? encode(answerOf(query, zone)) : null;
  } catch {
    return null;
  }
}

function answerOf(query: Packet & { opcode?: string }, zone: Zone): Packet {
  const { id = 0, flags = 0, questions = [], additionals = [], opcode = 'QUERY' } = query;
  const { rcode, addresses } = resolve(opcode, questions, zone);
  return {
    type: 'response',
    id,
    flags: rcode | (flags & RECURSION_DESIRED) | (rcode === RCODE.refused ? 0 : AUTHORITATIVE),
    questions,
    // The name as it was asked: some resolvers mix its case and compare.
    answers: addresses.map((data) => ({ type: 'A', name: questions[0]!.name, ttl: zone.ttlS, data })),
    additionals: additionals.some(({ type }) => type === 'OPT') ? [EXTENSION] : [],
  };
}

function resolve(
  opcode: string,
  questions: readonly Question[],
  zone: Zone,
): { rcode: number; addresses: string[] } {
  const none = (rcode: number) => ({ rcode, addresses: [] });
  if (opcode !== 'QUERY') return none(RCODE.notImplemented);
  const [question] = questions;
  if (question === undefined || questions.length !== 1) return none(RCODE.malformed);
  const name = question.name.toLowerCase();
  const parent = zone.name.slice(zone.name.indexOf('.') + 1);
  if (question.class !== undefined && question.class !== 'IN') return none(RCODE.refused);
  if (name === zone.name) return { rcode: RCODE.ok, addresses: question.type === 'A' ? [zone.address] : [] };
  if (name === parent) return none(RCODE.ok);
  return none(name.endsWith(`.${parent}`) ? RCODE.noSuchName : RCODE.refused);
}

/**
 * Listens until it is closed.
 * @throws Problem E_PORT_IN_USE, E_ADDRESS
 */
export async function startNameServer(
  { host, port }: { host: string; port: number },
  zone: () => Zone,
): Promise<NameServer & { port: number }> {
  const udp = createSocket('udp4');
  udp.on('message', (message, from) => {
    const answer = answerQuery(message, zone());
    // Who asked may be gone.
    if (answer !== null) udp.send(answer, from.port, from.address, () => {});
  });
  const streams = new Set<Stream>();
  const tcp = createServer((stream) => {
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
    serveStream(stream, zone);
  });
  try {
    udp.bind({ address: host, port });
    await once(udp, 'listening');
    tcp.listen({ host, port: udp.address().port });
    await once(tcp, 'listening');
  } catch (error) {
    await closeAll(udp, tcp, streams);
    throw explain(error as NodeJS.ErrnoException, `${host}:${port}`);
  }
  // A datagram that cannot be sent is an answer lost, as on any network.
  udp.on('error', () => {});
  return { port: udp.address().port, close: () => closeAll(udp, tcp, streams) };
}

function serveStream(stream: Stream, zone: () => Zone): void {
  let kept = Buffer.alloc(0);
  stream.setTimeout(IDLE_MS, () => stream.destroy());
  stream.on('error', () => stream.destroy());
  stream.on('data', (chunk) => {
    kept = Buffer.concat([kept, chunk]);
    while (kept.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + kept.readUInt16BE(0);
      if (kept.length < end) return;
      const answer = answerQuery(kept.subarray(LENGTH_BYTES, end), zone());
      kept = kept.subarray(end);
      if (answer === null) {
        stream.destroy();
        return;
      }
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(answer.length);
      stream.write(Buffer.concat([length, answer]));
    }
  });
}

async function closeAll(udp: Socket, tcp: Server, streams: ReadonlySet<Stream>): Promise<void> {
  for (const stream of streams) stream.destroy();
  await new Promise<void>((resolve) => (tcp.listening ? tcp.close(() => resolve()) : resolve()));
  // Throws where it is closed already: a bind that failed may have done it.
  await new Promise<void>((resolve) => udp.close(() => resolve()));
}

function explain(error: NodeJS.ErrnoException, address: string): Problem {
  return error.code === 'EADDRINUSE'
    ? new Problem(
        'E_PORT_IN_USE',
        `something listens on ${address} already, where the lab's name server belongs. ` +
          'Expected a network of its own with nothing in it. Start the lab again.',
      )
    : new Problem(
        'E_ADDRESS',
        `the lab's name server cannot listen on ${address} (${error.message}). ` +
          'Expected a private network with its loopback up. Start the lab again.',
      );
}
