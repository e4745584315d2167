/**
 * Guards a subgraph, whatever stands behind the port: a query that met no subgraph is asked again, within a budget; one
 * that keeps failing is left alone for a while. A call that goes well costs one look at the clock before and after.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CancelSignal, abortSignalOf } from '../../mesh/core/cancel.ts';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import { isWeftError, WeftError } from '../../mesh/core/error.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { Breaker, type BreakerOptions, type ProbeOutcome } from './breaker.ts';
import { RetryBudget, retryWaitMs } from './retry.ts';

export interface GuardOptions {
  /** Milliseconds for all attempts of one call together. */
  readonly timeoutMs: number;
  readonly retries: RetryOptions;
  /** `null`: none. */
  readonly breaker: BreakerOptions | null;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface RetryOptions {
  /** How often a query is asked again; 0: never. */
  readonly max: number;
  /** Retries in percent of calls. */
  readonly budgetPercent: number;
}

/** The same subgraph, guarded. Its health is `SUBGRAPH_CIRCUIT_OPEN` while it is left alone. */
export function guardSubgraph<Guarded extends Subgraph>(subgraph: Guarded, options: GuardOptions): Guarded {
  const { breaker: breakerOptions, clock = systemClock } = options;
  const breaker = breakerOptions === null ? null : new Breaker(breakerOptions);
  const guard: Guard = { subgraph, options, clock, breaker, budget: new RetryBudget(options.retries.budgetPercent) };
  const takeResponse = (response: SubgraphResponse): SubgraphResponse => {
    breaker?.note(false, clock.monotonic());
    return response;
  };
  const fetch: Subgraph['fetch'] = (request, signal) => {
    const startedAt = clock.monotonic();
    guard.budget.deposit();
    const admission = breaker?.admit(startedAt) ?? 'pass';
    if (admission === 'refuse') return Promise.reject(circuitOpen(subgraph.name));
    if (admission === 'probe') return probe(guard, () => subgraph.fetch(request, signal), signal);
    return subgraph
      .fetch(request, signal)
      .then(takeResponse, (error: unknown) => recover(guard, { request, signal, startedAt }, error));
  };
  return { ...subgraph, fetch, health: () => askHealth(guard) };
}

interface Guard {
  readonly subgraph: Subgraph;
  readonly options: GuardOptions;
  readonly clock: Clock;
  readonly breaker: Breaker | null;
  readonly budget: RetryBudget;
}

interface Call {
  readonly request: SubgraphRequest;
  readonly signal: CancelSignal;
  readonly startedAt: number;
}

/** Makes the one call that decides whether the breaker closes. */
async function probe<Answer>(guard: Guard, make: () => Promise<Answer>, signal?: CancelSignal): Promise<Answer> {
  let outcome: ProbeOutcome = 'success';
  try {
    return await make();
  } catch (error) {
    outcome = outcomeOf(error, signal);
    throw error;
  } finally {
    guard.breaker?.noteProbe(outcome, guard.clock.monotonic());
  }
}

/** After a first attempt that failed. The breaker counts the call once, by what it comes to in the end. */
async function recover(guard: Guard, call: Call, first: unknown): Promise<SubgraphResponse> {
  const { breaker, clock } = guard;
  try {
    const response = await repeat(guard, call, first);
    breaker?.note(false, clock.monotonic());
    return response;
  } catch (error) {
    const outcome = outcomeOf(error, call.signal);
    if (outcome !== 'unknown') breaker?.note(outcome === 'failure', clock.monotonic());
    throw error;
  }
}

/** Further attempts, as long as there is hope, budget and time. */
async function repeat(guard: Guard, { request, signal, startedAt }: Call, first: unknown): Promise<SubgraphResponse> {
  const { subgraph, options, clock, breaker, budget } = guard;
  let error = first;
  for (let attempt = 0; attempt < options.retries.max; attempt++) {
    if (!mayRepeat(error, request, signal) || !budget.take()) break;
    await sleep(retryWaitMs(attempt, clock), undefined, { signal: abortSignalOf(signal) }).catch(() => undefined);
    const leftMs = Math.floor(startedAt + options.timeoutMs - clock.monotonic());
    // Where the breaker has opened meanwhile, what probes is a call of its own.
    if (signal.aborted || leftMs <= 0 || breaker?.isClosed === false) break;
    try {
      return await subgraph.fetch(request, AbortSignal.any([abortSignalOf(signal), AbortSignal.timeout(leftMs)]));
    } catch (next) {
      error = next;
    }
  }
  throw error;
}

async function askHealth(guard: Guard): Promise<string | null> {
  const admission = guard.breaker?.admit(guard.clock.monotonic()) ?? 'pass';
  if (admission === 'refuse') return 'SUBGRAPH_CIRCUIT_OPEN';
  if (admission === 'pass') return guard.subgraph.health();
  let reason: string | null = null;
  const ask = async (): Promise<void> => {
    reason = await guard.subgraph.health();
    if (reason !== null) throw new WeftError('SUBGRAPH_UNAVAILABLE', { action: 'The subgraph is not well' });
  };
  await probe(guard, ask).catch(() => undefined);
  return reason;
}

/** What a failed call says of the subgraph. One that its caller gave up says nothing, unless for want of time. */
function outcomeOf(error: unknown, signal: CancelSignal | undefined): ProbeOutcome {
  if (signal?.aborted === true && !isWeftError(signal.reason, 'REQUEST_TIMED_OUT')) return 'unknown';
  if (!isWeftError(error)) return 'unknown';
  switch (error.code) {
    case 'SUBGRAPH_UNAVAILABLE':
    case 'SUBGRAPH_TIMED_OUT':
    case 'SUBGRAPH_INVALID_RESPONSE':
      return 'failure';
    default:
      return 'unknown';
  }
}

/** Only a query, which has no effect, and only where nobody was there to answer it: more time would not be given twice. */
function mayRepeat(error: unknown, { operationKind }: SubgraphRequest, signal: CancelSignal): boolean {
  return operationKind === 'query' && !signal.aborted && isWeftError(error, 'SUBGRAPH_UNAVAILABLE');
}

function circuitOpen(name: string): WeftError {
  return new WeftError('SUBGRAPH_CIRCUIT_OPEN', {
    action: `Subgraph "${name}" is not asked for a while, for too many calls to it have failed`,
  });
}
