/** Workers of one kind and the queue before them: how executions get into a worker, and out of it when it ends. */
import { systemClock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import type { Outcome } from './execution.ts';
import { type Child, startChild } from './child.ts';
import { type FromWorker, type Manifest, faultOf } from './message.ts';
import { type Job, Task } from './task.ts';

export interface LaneOptions {
  readonly folder: string;
  readonly workersMax: number;
  /** At a time in one worker. */
  readonly executionsMax: number;
  /** Keep workers when there is nothing to do. */
  readonly isWarm: boolean;
  /** Takes executions whose worker ended, perhaps not by their doing, and that may be repeated. */
  suspect(tasks: readonly Task[]): void;
}

interface Worker {
  readonly child: Child;
  readonly tasks: Map<string, Task>;
  isReady: boolean;
  /** It does not answer: it is given nothing more. */
  isStalled: boolean;
  /** It was killed, and will soon be gone. */
  isLeaving: boolean;
  hasFinished: boolean;
  /** Monotonic milliseconds: when it was asked whether it is there, unanswered; `null` when it answered. */
  askedAt: number | null;
}

/** A queue and its workers; a pool has two. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #workers = new Set<Worker>();
  readonly #queue: Task[] = [];
  readonly #watch: NodeJS.Timeout;
  #deaths = 0;
  #isClosed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#watch = setInterval(() => this.#look(), limits.workerPingMs).unref();
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Starts all workers; gives what the first one loaded. */
  async start(): Promise<Manifest> {
    const workers = Array.from({ length: this.#options.workersMax }, () => this.#spawn());
    const [manifest] = await Promise.all(workers.map((worker) => worker.child.loaded));
    if (manifest === undefined) throw new RangeError('A lane has at least one worker');
    return manifest;
  }

  run(job: Job): Promise<Outcome> {
    const task = new Task(job);
    this.#add(task, 'last');
    this.#dispatch();
    return task.outcome;
  }

  /** Puts executions before all that wait. */
  addFirst(tasks: readonly Task[]): void {
    for (const task of tasks.toReversed()) this.#add(task, 'first');
    this.#dispatch();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watch);
    for (const task of this.#queue.splice(0)) task.cancel();
    const workers = [...this.#workers];
    for (const { child } of workers) child.kill();
    await Promise.all(workers.map(({ child }) => child.gone));
  }

  #add(task: Task, place: 'first' | 'last'): void {
    if (this.#isClosed) return task.cancel();
    if (place === 'first') this.#queue.unshift(task);
    else this.#queue.push(task);
    task.onCancel(() => {
      const index = this.#queue.indexOf(task);
      if (index >= 0) this.#queue.splice(index, 1);
    });
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const worker = this.#freest();
      const task = worker && this.#queue.shift();
      if (worker === undefined || task === undefined) break;
      this.#give(worker, task);
    }
    const starting = [...this.#workers].filter((worker) => !worker.isReady).length;
    for (let wanted = Math.min(this.#room(), this.#queue.length - starting); wanted > 0; wanted--) this.#spawn();
  }

  /** How many more workers there may be: as many replacements of stalled ones as places, so that a row of endless loops ends in a queue. */
  #room(): number {
    const workers = [...this.#workers].filter((worker) => !worker.isLeaving);
    const stalled = workers.filter((worker) => worker.isStalled).length;
    const { workersMax } = this.#options;
    return Math.min(workersMax - (workers.length - stalled), workersMax * 2 - workers.length);
  }

  #freest(): Worker | undefined {
    let freest: Worker | undefined;
    for (const worker of this.#workers) {
      if (!worker.isReady || worker.isStalled || worker.isLeaving || worker.tasks.size >= this.#options.executionsMax)
        continue;
      if (freest === undefined || worker.tasks.size < freest.tasks.size) freest = worker;
    }
    return freest;
  }

  #give(worker: Worker, task: Task): void {
    worker.tasks.set(task.id, task);
    task.begin({
      stop: (code) => worker.child.send({ kind: 'stop', id: task.id, code }),
      // It did not stop when told: something in its worker holds the event loop.
      giveUp: () => this.#kill(worker),
    });
    worker.child.send({ kind: 'run', order: task.job.order });
  }

  #spawn(): Worker {
    const tasks = new Map<string, Task>();
    const child = startChild({
      folder: this.#options.folder,
      receive: (message) => this.#receive(worker, message),
      ended: (how) => this.#ended(worker, how),
    });
    const worker: Worker = {
      child,
      tasks,
      isReady: false,
      isStalled: false,
      isLeaving: false,
      hasFinished: false,
      askedAt: null,
    };
    this.#workers.add(worker);
    void this.#admit(worker);
    return worker;
  }

  /** Gives a worker its first executions once it is loaded. A domain that does not load fails whoever waits, and is tried again for the next. */
  async #admit(worker: Worker): Promise<void> {
    try {
      await worker.child.loaded;
      worker.isReady = true;
      this.#dispatch();
    } catch (thrown) {
      worker.child.kill();
      this.#workers.delete(worker);
      if ([...this.#workers].some(({ isReady }) => isReady)) return;
      for (const task of this.#queue.splice(0)) task.fail(messageOf(thrown));
    }
  }

  #receive(worker: Worker, message: Parameters<Parameters<typeof startChild>[0]['receive']>[0]): void {
    worker.askedAt = null;
    if (message.kind === 'pong') return this.#revive(worker);
    const task = worker.tasks.get(message.id);
    if (task === undefined) return;
    switch (message.kind) {
      case 'call':
        void answer(worker.child, task.job, message);
        break;
      case 'log':
        task.job.write(message.line);
        break;
      case 'finished':
        worker.tasks.delete(task.id);
        worker.hasFinished = true;
        task.finish(message.outcome);
        this.#dispatch();
        this.#retire(worker);
    }
  }

  #ended(worker: Worker, how: string): void {
    this.#workers.delete(worker);
    this.#deaths = worker.hasFinished ? 0 : this.#deaths + 1;
    const tasks = [...worker.tasks.values()];
    worker.tasks.clear();
    const suspects: Task[] = [];
    for (const task of tasks) {
      if (this.#isClosed) task.cancel();
      else if (task.isStopped) task.finishStopped();
      else if ((tasks.length > 1 || worker.hasFinished) && task.isRepeatable) suspects.push(task);
      else task.fail(`its worker ended (${how})`);
    }
    if (this.#isClosed) return;
    for (const task of suspects) task.rewind();
    this.#options.suspect(suspects);
    if (worker.isReady) this.#refill();
    this.#dispatch();
  }

  #kill(worker: Worker): void {
    worker.isLeaving = true;
    worker.child.kill();
    this.#refill();
  }

  /** Has a warm worker ready before it is needed. */
  #refill(): void {
    if (this.#options.isWarm && !this.#isClosed && this.#deaths < limits.workerDeathsMax && this.#room() > 0)
      this.#spawn();
  }

  /** Looks after workers that have something to do: whoever does not answer gets nothing more, and a replacement. */
  #look(): void {
    const now = systemClock.monotonic();
    for (const worker of this.#workers) {
      if (!worker.isReady || worker.isLeaving || worker.tasks.size === 0) continue;
      if (worker.child.residentMb() > limits.workerResidentMb) this.#kill(worker);
      if (worker.askedAt === null) {
        worker.askedAt = now;
        worker.child.send({ kind: 'ping' });
      } else if (now - worker.askedAt >= limits.workerStallMs && !worker.isStalled) {
        // An answer may lie unread when this process itself was held up: look once more after reading.
        setImmediate(() => worker.askedAt !== null && this.#stalled(worker));
      }
    }
  }

  /** Of several in a stalled worker one holds up the others: if all may be repeated, each does so alone. */
  #stalled(worker: Worker): void {
    worker.isStalled = true;
    const tasks = [...worker.tasks.values()];
    if (tasks.length > 1 && tasks.every((task) => task.isRepeatable)) this.#kill(worker);
    this.#refill();
    this.#dispatch();
  }

  #revive(worker: Worker): void {
    if (!worker.isStalled) return;
    if (this.#room() > 0) worker.isStalled = false;
    this.#retire(worker);
    this.#dispatch();
  }

  /** Lets go of a worker that has nothing to do and is one too many. */
  #retire(worker: Worker): void {
    if (worker.tasks.size === 0 && (worker.isStalled || !this.#options.isWarm)) this.#kill(worker);
  }
}

async function answer(child: Child, job: Job, { call, to }: Extract<FromWorker, { kind: 'call' }>): Promise<void> {
  try {
    const json = JSON.stringify(await job.call(to)) as string | undefined;
    child.send({ kind: 'answer', call, ...(json === undefined ? {} : { json }) });
  } catch (thrown) {
    child.send({ kind: 'answer', call, fault: faultOf(thrown) });
  }
}
