/** One task of a region: a process that serves HTTP on the region's address. The orders are with the region's process. */
import type { ServerResponse } from 'node:http';
import { Server as NetServer, Socket } from 'node:net';
import { answer } from '../answer.ts';
import {
  createOrderServer,
  HEALTHY_BODY,
  LISTEN_BACKLOG,
  ORDERS,
  PRODUCTS_PATH,
  type Read,
} from '../order-server.ts';
import { type Reading, readProduct, readProducts } from '../reading.ts';
import { ASK, FRAMES_FD, type FromTask, type TaskSettings, TELL, type ToTask } from './channel.ts';
import { FrameWriter, readFrames } from './frames.ts';
import { rehearse } from './rehearsal.ts';
import { TaskDesk } from './task-desk.ts';

/** A client that never asks again keeps its connection; the task does not wait for it for ever. */
const LONGEST_LEAVING_MS = 30_000;

export function runTask(settings: TaskSettings): void {
  const { region, host, port } = settings;
  process.title = `stormproof-task ${region}`;
  const pipe = new Socket({ fd: FRAMES_FD, readable: true, writable: true });
  // Broken with the region's process, and Node ends a task whose primary is gone.
  pipe.on('error', () => {});
  const writer = new FrameWriter(pipe);
  const desk = new TaskDesk(settings, writer);
  const waiting = new Map<number, (payload: Buffer) => void>();
  let tickets = 0;

  const ask = (kind: number, question: string, then: (payload: Buffer) => void): void => {
    tickets++;
    waiting.set(tickets, then);
    const { bytes, start } = writer.open(kind, tickets, Buffer.byteLength(question));
    bytes.write(question, start);
  };
  const tell = (response: ServerResponse, { status, body }: Reading): void =>
    answer(response, region, status, body);
  const askReading = (response: ServerResponse, kind: number, question: string): void =>
    ask(kind, question, (payload) =>
      tell(response, { status: payload.readUInt16LE(0), body: payload.toString('utf8', 2) }),
    );

  readFrames(pipe, (kind, ticket, payload) => {
    if (kind === TELL.order) {
      desk.answered(ticket, payload);
      return;
    }
    const then = waiting.get(ticket)!;
    waiting.delete(ticket);
    then(payload);
  });

  const reads: Read[] = [
    { path: ORDERS, read: (response, _, query) => askReading(response, ASK.listing, query) },
    { path: `${ORDERS}/`, named: true, read: (response, id) => askReading(response, ASK.oneOrder, id) },
    { path: PRODUCTS_PATH, read: (response) => tell(response, readProducts()) },
    { path: `${PRODUCTS_PATH}/`, named: true, read: (response, name) => tell(response, readProduct(name)) },
    // In the same queue as orders: a region with more than it can do looks ill.
    {
      path: '/healthz',
      read: (response) => ask(ASK.health, '', () => tell(response, { status: 200, body: HEALTHY_BODY })),
    },
  ];
  const server = createOrderServer(desk, reads);
  const open = new Set<Socket>();
  let ending = false;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      if (ending && open.size === 0) process.exit(0);
    });
  });

  const listen = (id: number): void => {
    const failed = ({ code = '', message }: NodeJS.ErrnoException): void =>
      say({ kind: 'done', id, code, message });
    server.once('error', failed);
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
      server.off('error', failed);
      say({ kind: 'done', id, code: '', message: '' });
    });
  };
  const refuse = (id: number): void => {
    server.close(() => say({ kind: 'done', id, code: '', message: '' }));
    for (const socket of open) socket.resetAndDestroy();
  };

  process.on('message', (message: ToTask) => {
    if (message.kind === 'leave') {
      desk.leaving = true;
      // Not the HTTP server's own close: it would close idle connections, into which clients send their next orders.
      NetServer.prototype.close.call(server);
      say({ kind: 'left' });
      setTimeout(() => process.exit(0), LONGEST_LEAVING_MS);
      return;
    }
    if (message.kind === 'end') {
      ending = true;
      if (open.size === 0) process.exit(0);
      return;
    }
    const { id, state } = message;
    const was = desk.state.listening;
    desk.state = state;
    if (state.listening && !was) listen(id);
    else if (!state.listening && was) refuse(id);
    else say({ kind: 'done', id, code: '', message: '' });
  });
  void rehearse(server, desk, settings.rehearsals).then(() => say({ kind: 'ready' }));
}

function say(message: FromTask): void {
  process.send?.(message);
}
