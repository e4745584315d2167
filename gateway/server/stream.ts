/**
 * A subscription's stream: each event of the source is completed by the plan's other fetches and written as one answer.
 * It outlives the supergraph that it was begun on when the next one answers it alike.
 */
import { abortSignalOf } from '../../mesh/core/cancel.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { type CompiledOperation, writeEvent } from '../execute/operation.ts';
import {
  type ExecutionContext,
  createResult,
  runGroups,
  takeEventError,
  takeRoot,
  writeVariables,
} from '../execute/run.ts';
import type { Generation } from './generation.ts';

/** What a stream stands on; exchanged when the supergraph is. */
export interface StreamGround {
  readonly operation: CompiledOperation;
  readonly source: NonNullable<CompiledOperation['source']>;
  readonly context: ExecutionContext;
  readonly generation: Generation;
  /** What of the schema its answers depend on (`describeView`). */
  view(): string;
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** One stream under way; the pipeline moves it when the supergraph is exchanged. */
export class LiveStream {
  /** Answers in the order of the events; ends when the source ends or the context's signal aborts. */
  readonly answers: AsyncIterable<string>;
  #ground: StreamGround;
  readonly #events: AsyncIterator<SubgraphResponse>;
  readonly #stop = new AbortController();
  readonly #onClose: (stream: LiveStream) => void;
  #waiting: PromiseWithResolvers<IteratorResult<SubgraphResponse>> | null = null;
  #isOver = false;
  /** The answer sent last. */
  #last: string | null = null;

  /** Throws `SUBGRAPH_UNAVAILABLE` when the source's subgraph serves no subscriptions. */
  constructor(ground: StreamGround, onClose: (stream: LiveStream) => void) {
    const { source, context } = ground;
    const { subgraph: name, operationKind, query, queryJson } = source.group;
    const { headers, subject } = context;
    const subgraph = context.subgraphs.get(name);
    if (subgraph?.subscribe === undefined) {
      throw new WeftError('SUBGRAPH_UNAVAILABLE', { action: `Subgraph "${name}" serves no subscriptions` });
    }
    const variablesJson = writeVariables(source.group, [], context);
    const signal = AbortSignal.any([abortSignalOf(context.signal), this.#stop.signal]);
    const events = subgraph.subscribe({ operationKind, query, queryJson, variablesJson, headers, subject }, signal);
    this.#events = events[Symbol.asyncIterator]();
    this.#ground = ground;
    this.#onClose = onClose;
    this.answers = this.#answer();
    ground.generation.enter();
    context.signal.addEventListener('abort', () => this.#leave(), { once: true });
  }

  /** The request behind it. */
  get context(): ExecutionContext {
    return this.#ground.context;
  }

  /** Goes on from another ground, or ends with `SUPERGRAPH_CHANGED` where there is none that gives the same answers. */
  move(next: StreamGround | null): void {
    if (this.#isOver) return;
    if (next !== null && isAlike(this.#ground, next)) {
      next.generation.enter();
      this.#ground.generation.leave();
      this.#ground = next;
      return;
    }
    this.#close();
    this.#waiting?.reject(changed());
  }

  async *#answer(): AsyncGenerator<string, void, void> {
    try {
      for (let event = await this.#next(); event.done !== true; event = await this.#next()) {
        const answer = await this.#complete(event.value);
        if (answer === null || this.#isUnchanged(answer)) continue;
        yield answer;
      }
    } finally {
      this.#close();
    }
  }

  /** The next event. The wait for it ends when the stream has to, whether or not the source heeds its signal. */
  #next(): Promise<IteratorResult<SubgraphResponse>> {
    if (this.context.signal.aborted) return Promise.resolve(done);
    if (this.#isOver) return Promise.reject(changed());
    const waiting = Promise.withResolvers<IteratorResult<SubgraphResponse>>();
    this.#waiting = waiting;
    this.#events.next().then(waiting.resolve, waiting.reject);
    return waiting.promise;
  }

  /** Where policy hides something, an event about that alone would tell when it changes. */
  #isUnchanged(answer: string): boolean {
    const { cover, denials } = this.#ground.operation;
    const isSame = answer === this.#last;
    this.#last = answer;
    return isSame && (cover !== null || denials.length > 0);
  }

  /** The answer to an event; `null` where there is none to give. */
  async #complete(event: SubgraphResponse): Promise<string | null> {
    const { operation, source, context, generation } = this.#ground;
    const { group, part } = source;
    generation.enter();
    try {
      const result = createResult();
      result.plain = event.plain === true;
      if (event.data) takeRoot(part, event.data, result);
      for (const error of event.errors ?? []) takeEventError(group, error, result);
      await runGroups(operation.groups, result, context);
      return writeEvent(operation, result, context.verdicts);
    } finally {
      generation.leave();
    }
  }

  /** Its client left, maybe before anybody came to read. */
  #leave(): void {
    this.#close();
    this.#waiting?.resolve(done);
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop.abort();
    // The source may still wait for an event; nobody waits for the source.
    this.#events.return?.().catch(() => undefined);
    this.#ground.generation.leave();
    this.#onClose(this);
  }
}

/** Whether the source would be asked the same of the same connection, and clients see the same of what comes of it. */
function isAlike(one: StreamGround, other: StreamGround): boolean {
  const [from, to] = [one.source.group, other.source.group];
  return (
    from.subgraph === to.subgraph &&
    one.context.subgraphs.get(from.subgraph) === other.context.subgraphs.get(to.subgraph) &&
    from.query === to.query &&
    writeVariables(from, [], one.context) === writeVariables(to, [], other.context) &&
    JSON.stringify(one.operation.denials) === JSON.stringify(other.operation.denials) &&
    one.view() === other.view()
  );
}

function changed(): WeftError {
  return new WeftError('SUPERGRAPH_CHANGED', {
    action: 'Cannot go on with the stream: the schema that it was begun on has changed',
    fix: 'Subscribe again.',
  });
}
