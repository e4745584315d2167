/** Runs processes that are marked `inline` in the host's own process: no worker, no boundary. */
import type { Clock } from '../core/clock.ts';
import { WeftError } from '../core/error.ts';
import type { Domain } from '../sdk/index.ts';
import { createContexts } from './context.ts';
import { type Outcome, execute } from './execution.ts';
import type { OrderBody } from './message.ts';
import { createSight } from './sight.ts';
import type { Job } from './task.ts';

/** Runs one execution of a domain's inline process to its end. */
export async function runInline(domain: Domain, { order, signal, call, write }: Job, clock: Clock): Promise<Outcome> {
  const process = domain.processes.find(({ name }) => name === order.process);
  if (process === undefined) throw new RangeError(`No process "${order.process}"`);
  const stop = new AbortController();
  const end = (code: 'EXECUTION_TIMED_OUT' | 'EXECUTION_CANCELLED', action: string): void =>
    stop.abort(new WeftError(code, { action }));
  const timer = setTimeout(() => end('EXECUTION_TIMED_OUT', 'The time of this execution is over'), order.timeoutMs);
  const cancel = (): void => end('EXECUTION_CANCELLED', 'Cancelled by its caller');
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  const { filters, ...body } = JSON.parse(order.json) as OrderBody;
  const { sifted, ...sight } = await createSight(filters, body.subject);
  const contextFor = createContexts({
    ...body,
    ...sight,
    execution: { id: order.id, domain: domain.name, process: order.process, revision: order.revision },
    signal: stop.signal,
    call,
    write,
  });
  try {
    const outcome = await execute(process, { contextFor, clock, signal: stop.signal });
    return { ...outcome, sifted: [...sifted] };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}
