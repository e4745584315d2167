/**
 * A subscription's stream: each event of the source is completed by the plan's other fetches and written as one answer.
 * What its subject sees is decided again for every event, and once more before its answer is shown. It outlives a change of
 * that, and of the supergraph, where the next one gives what clients know as the same.
 */
import { abortSignalOf } from '../../mesh/core/cancel.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { writeEvent } from '../execute/operation.ts';
import {
  type ExecutionContext,
  type Result,
  createResult,
  runGroups,
  takeEventError,
  takeRoot,
  writeVariables,
} from '../execute/run.ts';
import { type StreamGround, asksAlike, goesOn, schemaChanged, seesAlike, suffices } from './ground.ts';

export interface LiveStreamOptions {
  /**
   * What a stream is to stand on now; the ground itself where nothing changed. What it throws ends the stream: because
   * the subject may see none of it any more, or the supergraph in service knows no such operation.
   */
  readonly decide: (ground: StreamGround) => StreamGround;
  readonly onClose: (stream: LiveStream) => void;
}

/** The source as it was asked on some ground. */
interface Source {
  readonly ground: StreamGround;
  readonly events: AsyncIterator<SubgraphResponse>;
  readonly stop: AbortController;
}

/** An event, and the ground that it was asked for on. */
interface Arrival {
  readonly event: SubgraphResponse;
  readonly origin: StreamGround;
}

/** One stream under way. */
export class LiveStream {
  /** Answers in the order of the events; ends when the source ends or the context's signal aborts. */
  readonly answers: AsyncIterable<string>;
  readonly #options: LiveStreamOptions;
  /** The request's own signal. */
  readonly #left: AbortSignal;
  #ground: StreamGround;
  #source: Source;
  #waiting: PromiseWithResolvers<Arrival | null> | null = null;
  #failure: unknown;
  #isOver = false;
  /** The answer sent last. */
  #last: string | null = null;

  /** Throws `SUBGRAPH_UNAVAILABLE` when the source's subgraph serves no subscriptions. */
  constructor(ground: StreamGround, options: LiveStreamOptions) {
    this.#left = abortSignalOf(ground.context.signal);
    this.#source = openSource(ground, this.#left);
    this.#ground = ground;
    this.#options = options;
    this.answers = this.#answer();
    ground.generation.enter();
    ground.context.signal.addEventListener('abort', () => this.#leave(), { once: true });
  }

  /** Decides again, for the next event and for one that is under way; ends it where that cannot be. */
  decide(): void {
    if (this.#isOver) return;
    try {
      const next = this.#options.decide(this.#ground);
      if (next !== this.#ground) this.#move(next);
    } catch (error) {
      this.#failure = error;
      this.#close();
      this.#waiting?.reject(error);
    }
  }

  /** What was denied is not asked for any longer, not even to be thrown away. */
  #move(next: StreamGround): void {
    const { generation } = this.#ground;
    if (!goesOn(this.#ground, next)) throw schemaChanged();
    const known = this.#source;
    if (!asksAlike(known.ground, next)) this.#source = openSource(next, this.#left);
    next.generation.enter();
    this.#ground = next;
    generation.leave();
    if (known === this.#source) return;
    closeSource(known);
    if (this.#waiting !== null) this.#pull(this.#waiting);
  }

  async *#answer(): AsyncGenerator<string, void, void> {
    try {
      for (let arrival = await this.#next(); arrival !== null; arrival = await this.#next()) {
        const answer = await this.#complete(arrival);
        if (answer !== null && !this.#isUnchanged(answer)) yield answer;
      }
    } finally {
      this.#close();
    }
  }

  /** The next event. The wait for it ends when the stream has to, whether or not the source heeds its signal. */
  #next(): Promise<Arrival | null> {
    if (this.#ground.context.signal.aborted) return Promise.resolve(null);
    if (this.#isOver) return Promise.reject(this.#failure);
    const waiting = Promise.withResolvers<Arrival | null>();
    this.#waiting = waiting;
    this.#pull(waiting);
    return waiting.promise;
  }

  /** What comes of a source that another has taken the place of is not waited for. */
  #pull(waiting: PromiseWithResolvers<Arrival | null>): void {
    const source = this.#source;
    const settle = (tell: () => void): void => {
      if (source !== this.#source || waiting !== this.#waiting) return;
      this.#waiting = null;
      tell();
    };
    source.events.next().then(
      ({ done, value }) =>
        settle(() => waiting.resolve(done === true ? null : { event: value, origin: source.ground })),
      (error: unknown) => settle(() => waiting.reject(error)),
    );
  }

  /** Where policy hides something, an event about that alone would tell when it changes. */
  #isUnchanged(answer: string): boolean {
    const { cover, denials } = this.#ground.operation;
    const isSame = answer === this.#last;
    this.#last = answer;
    return isSame && (cover !== null || denials.length > 0);
  }

  /** `null` for an event that nothing is to be shown of: what was decided changed on its way. */
  async #complete({ event, origin }: Arrival): Promise<string | null> {
    this.decide();
    const ground = this.#ground;
    if (this.#isOver || !suffices(origin, ground)) return null;
    const result = await gatherEvent(event, ground);
    this.decide();
    const now = this.#ground;
    if (this.#isOver) return null;
    // Filters may depend on the time: they are those of this moment.
    if (now.operation === ground.operation) return writeEvent(now.operation, result, now.context.verdicts);
    return seesAlike(ground, now) ? writeEvent(ground.operation, result, ground.context.verdicts) : null;
  }

  /** Its client left, maybe before anybody came to read. */
  #leave(): void {
    this.#close();
    this.#waiting?.resolve(null);
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    closeSource(this.#source);
    this.#ground.generation.leave();
    this.#options.onClose(this);
  }
}

function openSource(ground: StreamGround, left: AbortSignal): Source {
  const { context, source } = ground;
  const { subgraph: name, operationKind, query, queryJson } = source.group;
  const subgraph = context.subgraphs.get(name);
  if (subgraph?.subscribe === undefined) {
    throw new WeftError('SUBGRAPH_UNAVAILABLE', { action: `Subgraph "${name}" serves no subscriptions` });
  }
  const { headers, subject, views } = context;
  const variablesJson = writeVariables(source.group, [], context);
  const stop = new AbortController();
  const signal = AbortSignal.any([left, stop.signal]);
  const view = views?.get(name);
  const asked = { operationKind, query, queryJson, variablesJson, headers, subject };
  const request = view === undefined ? asked : { ...asked, view };
  return { ground, events: subgraph.subscribe(request, signal)[Symbol.asyncIterator](), stop };
}

function closeSource({ events, stop }: Source): void {
  stop.abort();
  // The source may still wait for an event; nobody waits for the source.
  events.return?.().catch(() => undefined);
}

/** What an event says, with what the other subgraphs say of it. */
async function gatherEvent(event: SubgraphResponse, ground: StreamGround): Promise<Result> {
  const { operation, source, generation } = ground;
  const { group, part } = source;
  const context: ExecutionContext = { ...ground.context, writes: generation.writes };
  generation.enter();
  try {
    const result = createResult();
    result.plain = event.plain === true;
    if (event.data) takeRoot(part, event.data, result);
    for (const error of event.errors ?? []) takeEventError(group, error, result);
    await runGroups(operation.groups, result, context);
    return result;
  } finally {
    generation.leave();
  }
}
