/** A region's tasks as its own process sees them: how many there should be, which serve, which are to come or to go. */
import cluster, { type Worker } from 'node:cluster';
import type { Duplex } from 'node:stream';
import { FRAMES_FD, type FromTask, type TaskSettings, type TaskState } from './channel.ts';

export interface Task {
  id: number;
  pid: number;
  pipe: Duplex;
}

interface Member extends Task {
  worker: Worker;
  /** A spare has begun and waits until it is wanted. */
  phase: 'spare' | 'starting' | 'serving' | 'leaving';
  /** Its process can be told things. */
  ready: boolean;
  /** Its time to serve has come. */
  due: boolean;
}

export interface TasksOptions {
  settings: TaskSettings;
  /** Kept besides those that are wanted: processes take their time to start, and a task's is to be `startMs`. */
  spares: number;
  /** It serves from now on. */
  onServing(task: Task): void;
  /** It has begun; its pipe can be read. */
  onStarted(task: Task): void;
  /** It takes nothing new. */
  onLeaving(task: Task): void;
  /** It is dead, or about to be: nothing that it asked for can be answered. */
  onGone(task: Task): void;
  onChange(): void;
}

export class Tasks {
  readonly #options: TasksOptions;
  readonly #members = new Map<number, Member>();
  #state: TaskState;
  /** Settled by tasks, by the id of what was told to them. */
  readonly #waiting = new Map<number, () => void>();
  #messages = 0;
  /** Tasks and spares together; null before it is known how many tasks there are at first. */
  #processes: number | null = null;
  /** Why one could not listen. */
  failure: { code: string; message: string } | null = null;

  constructor(options: TasksOptions, state: TaskState) {
    this.#options = options;
    this.#state = state;
    const { settings } = options;
    // Tasks accept connections themselves: handing each over costs more than an order does.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: process.argv[1]!,
      args: [JSON.stringify(settings)],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
    });
  }

  pids(phase: Member['phase']): number[] {
    return [...this.#members.values()].filter((m) => m.phase === phase).map(({ pid }) => pid);
  }

  /** Starts or ends tasks until this many are left. @param startMs from now until the new ones serve */
  want(count: number, startMs: number): void {
    const members = [...this.#members.values()];
    const staying = members.filter(({ phase }) => phase === 'starting' || phase === 'serving');
    const spares = members.filter(({ phase }) => phase === 'spare');
    for (let n = staying.length; n < count; n++) this.#take(spares.shift() ?? this.#fork(), startMs);
    // The newest go first.
    for (const member of staying.slice(count)) this.#dismiss(member);
    this.#processes ??= count + this.#options.spares;
    for (let n = count + spares.length; n < this.#processes; n++) this.#fork();
    this.#options.onChange();
  }

  /** These were killed: they are not waited for. */
  forget(pids: readonly number[]): void {
    for (const member of this.#members.values()) if (pids.includes(member.pid)) this.#gone(member);
  }

  /** Done when all tasks that serve have it. */
  async set(state: TaskState): Promise<void> {
    this.#state = state;
    const told = [...this.#members.values()].filter((m) => m.ready && m.due && m.phase !== 'leaving');
    await Promise.all(told.map((member) => this.#tell(member)));
  }

  #fork(): Member {
    const worker = cluster.fork();
    const pipe = worker.process.stdio[FRAMES_FD] as Duplex;
    const { id } = worker;
    const pid = worker.process.pid!;
    const member: Member = { id, pid, pipe, worker, phase: 'spare', ready: false, due: false };
    this.#members.set(id, member);
    pipe.on('error', () => {});
    this.#options.onStarted(member);
    worker.on('message', (message: FromTask) => {
      if (message.kind === 'ready') {
        member.ready = true;
        this.#serveWhenDue(member);
        return;
      }
      if (message.kind === 'left') {
        // On the same ordered channel as connections: none can be on its way to the task behind this.
        worker.send({ kind: 'end' }, () => {});
        return;
      }
      if (message.code !== '') this.failure ??= { code: message.code, message: message.message };
      this.#settle(message.id);
    });
    worker.on('error', () => {});
    worker.on('exit', () => this.#gone(member));
    return member;
  }

  #take(member: Member, startMs: number): void {
    member.phase = 'starting';
    setTimeout(() => {
      member.due = true;
      this.#serveWhenDue(member);
    }, startMs);
  }

  #serveWhenDue(member: Member): void {
    if (!member.ready || !member.due) return;
    void this.#tell(member).then(() => {
      if (member.phase !== 'starting' || !this.#members.has(member.id)) return;
      member.phase = 'serving';
      this.#options.onServing(member);
      this.#options.onChange();
    });
  }

  #tell(member: Member): Promise<void> {
    this.#messages++;
    const id = this.#messages;
    return new Promise((resolve) => {
      const settle = (): void => this.#settle(id);
      member.worker.once('exit', settle);
      this.#waiting.set(id, () => {
        member.worker.off('exit', settle);
        resolve();
      });
      member.worker.send({ kind: 'set', id, state: this.#state }, (error) => {
        if (error !== null) settle();
      });
    });
  }

  #settle(id: number): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }

  #dismiss(member: Member): void {
    if (member.phase === 'starting') {
      member.worker.process.kill('SIGKILL');
      this.#gone(member);
      return;
    }
    member.phase = 'leaving';
    this.#options.onLeaving(member);
    member.worker.send({ kind: 'leave' }, () => {});
  }

  #gone(member: Member): void {
    if (!this.#members.delete(member.id)) return;
    this.#options.onGone(member);
    this.#options.onChange();
  }
}
