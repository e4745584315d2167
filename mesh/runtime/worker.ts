/**
 * A worker: the child process in which a domain's code runs. Its one argument is the domain's folder. It says what the
 * domain declares, then runs executions as it is told, several at a time, and calls the host for whatever agents do.
 */
import { systemClock } from '../core/clock.ts';
import { WeftError } from '../core/error.ts';
import type { Domain } from '../sdk/index.ts';
import { confine } from './confine.ts';
import { createContexts } from './context.ts';
import { execute } from './execution.ts';
import { createSight } from './sight.ts';
import { loadDomain, manifestOf } from './manifest.ts';
import {
  type AgentCall,
  type FromWorker,
  type Order,
  type OrderBody,
  type ToWorker,
  errorOf,
  faultOf,
} from './message.ts';

const send = process.send?.bind(process);
const running = new Map<string, AbortController>();
const calls = new Map<number, PromiseWithResolvers<unknown>>();
let domain: Domain | null = null;
let lastCall = 0;
let batch: FromWorker[] = [];

process.on('message', (messages) => {
  // The host alone writes to this channel.
  for (const message of messages as readonly ToWorker[]) receive(message);
});
// A host that is gone, however it went, takes its workers with it.
process.on('disconnect', () => process.exit());
confine();

try {
  domain = await loadDomain(process.argv[2] ?? '');
  post({ kind: 'ready', manifest: manifestOf(domain) });
} catch (thrown) {
  post({ kind: 'refused', fault: faultOf(thrown) });
}

function receive(message: ToWorker): void {
  switch (message.kind) {
    case 'run':
      void run(message.order);
      break;
    case 'stop': {
      const action =
        message.code === 'EXECUTION_TIMED_OUT' ? 'The time of this execution is over' : 'Cancelled by its caller';
      running.get(message.id)?.abort(new WeftError(message.code, { action }));
      break;
    }
    case 'ping':
      post({ kind: 'pong' });
      break;
    case 'answer': {
      const call = calls.get(message.call);
      calls.delete(message.call);
      if (message.fault !== undefined) call?.reject(errorOf(message.fault, 'AGENT_FAILED'));
      else call?.resolve(message.json === undefined ? undefined : JSON.parse(message.json));
    }
  }
}

async function run({ id, process: name, revision, json }: Order): Promise<void> {
  const process = domain?.processes.find((candidate) => candidate.name === name);
  if (domain === null || process === undefined) return;
  const stop = new AbortController();
  running.set(id, stop);
  const { filters, ...body } = JSON.parse(json) as OrderBody;
  const { sifted, ...sight } = await createSight(filters, body.subject);
  const contextFor = createContexts({
    ...body,
    ...sight,
    execution: { id, domain: domain.name, process: name, revision },
    signal: stop.signal,
    call: (to) => call(id, to),
    write: (line) => post({ kind: 'log', id, line }),
  });
  const outcome = await execute(process, { contextFor, clock: systemClock, signal: stop.signal });
  running.delete(id);
  post({ kind: 'finished', id, outcome: { ...outcome, sifted: [...sifted] } });
}

function call(id: string, to: AgentCall): Promise<unknown> {
  const answer = Promise.withResolvers<unknown>();
  lastCall += 1;
  calls.set(lastCall, answer);
  post({ kind: 'call', id, call: lastCall, to });
  return answer.promise;
}

/** Sends what one turn of the event loop had to say as one message. */
function post(message: FromWorker): void {
  if (batch.push(message) > 1) return;
  queueMicrotask(() => {
    const messages = batch;
    batch = [];
    send?.(messages);
  });
}
