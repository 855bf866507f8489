/** A region in this process: it serves `/healthz`, remembers what was done to it, and takes a moment for nothing. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { LabRegion, LabRegionExit, TaskCounts } from '../../../testbed/lab/lab-region.ts';
import type { LabEntry } from '../../../testbed/lab/truth.ts';
import type { ListingPage } from '../../../testbed/listing.ts';

export class FakeRegion implements LabRegion {
  readonly name: string;
  readonly host: string;
  port: number;
  process: LabRegion['process'] = 'running';
  /** Calls in their order: `setSlow 5`. */
  readonly did: string[] = [];
  keys: string[] = [];
  waiting = 0;
  /** Of `/healthz`. */
  status = 200;
  /** Killed tasks do not come back. */
  isSlow = false;
  /** What `start` throws. */
  failure: Error | null = null;
  #tasks: TaskCounts;
  #healthz: Server;
  readonly #sockets = new Set<Socket>();
  #tellTasks: ((tasks: TaskCounts) => void)[] = [];
  #tellExit: ((exit: LabRegionExit) => void)[] = [];

  constructor(name: string, tasks: number, host = '127.0.0.1', port = 0) {
    this.name = name;
    this.host = host;
    this.port = port;
    this.#tasks = { desired: tasks, running: tasks };
    this.#healthz = this.#server();
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#healthz.listen(this.port, this.host, resolve));
    this.port = (this.#healthz.address() as AddressInfo).port;
    return this;
  }

  pids = (): number[] => [];

  kill(): number {
    this.did.push('kill');
    this.process = 'killed';
    this.#close();
    return Date.now();
  }

  freeze(): number {
    this.did.push('freeze');
    this.process = 'frozen';
    return Date.now();
  }

  thaw(): number {
    this.did.push('thaw');
    this.process = 'running';
    return Date.now();
  }

  async start(): Promise<void> {
    this.did.push('start');
    if (this.failure !== null) throw this.failure;
    this.#healthz = this.#server();
    await this.listen();
    this.process = 'running';
  }

  /** Ends by itself. */
  end(): void {
    this.process = 'killed';
    this.#close();
    for (const tell of this.#tellExit) tell({ region: this.name, atMs: Date.now(), cause: 'it ended' });
  }

  setPort = async (port: string): Promise<void> => this.#note(`setPort ${port}`);
  setSlow = async (ms: number): Promise<void> => this.#note(`setSlow ${ms}`);
  setErrors = async (share: number): Promise<void> => this.#note(`setErrors ${share}`);
  setReplication = async (state: unknown): Promise<void> =>
    this.#note(`setReplication ${JSON.stringify(state)}`);

  async setDesired(tasks: number): Promise<void> {
    this.#note(`setDesired ${tasks}`);
    this.#tasks = { desired: tasks, running: tasks };
    for (const tell of this.#tellTasks) tell(this.#tasks);
  }

  killWorkers(tasks: number): number {
    this.#note(`killWorkers ${tasks}`);
    this.#tasks = { ...this.#tasks, running: this.#tasks.running - tasks };
    return Date.now();
  }

  async restoreWorkers(): Promise<void> {
    this.#note('restoreWorkers');
    if (this.isSlow) return;
    this.#tasks = { ...this.#tasks, running: this.#tasks.desired };
  }

  tasks = (): TaskCounts => this.#tasks;
  waitingToReplicate = async (): Promise<number> => this.waiting;

  async listing(cursor: number, limit: number): Promise<ListingPage | null> {
    if (this.process !== 'running') return null;
    const orders = this.keys.slice(cursor, cursor + limit).map((idempotency_key, i) => ({
      idempotency_key,
      order_id: `${this.name}-${cursor + i + 1}`,
      written_ms: 1000 + cursor + i,
    }));
    const next = cursor + orders.length;
    return { orders, next_cursor: String(next), has_more: next < this.keys.length };
  }

  onTasks(listener: (tasks: TaskCounts) => void): void {
    this.#tellTasks.push(listener);
  }

  onExit(listener: (exit: LabRegionExit) => void): void {
    this.#tellExit.push(listener);
  }

  truth = (): LabEntry[] =>
    this.keys.map((key, i) => ({
      key,
      orderId: `${this.name}-${i + 1}`,
      writtenMs: 1000 + i,
      arrivedMs: null,
    }));

  async stop(): Promise<void> {
    this.#close();
  }

  #note(what: string): void {
    this.did.push(what);
  }

  #server(): Server {
    const server = createServer((_, response) => {
      // What is frozen takes connections, as the kernel does for it, and answers nothing.
      if (this.process !== 'frozen') response.writeHead(this.status).end('{}');
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  #close(): void {
    this.#healthz.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
