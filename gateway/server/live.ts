/** Keeps a pipeline on the newest good supergraph of a source. One that cannot be served changes nothing. */
import { WeftError, isWeftError, messageOf } from '../../mesh/core/error.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { HttpSubgraph } from '../execute/http.ts';
import { type Leases, type SubgraphAddress, createLeases } from '../execute/lease.ts';
import type { Reading, SupergraphSource } from '../supergraph/reading.ts';
import { readSupergraph } from '../supergraph/supergraph.ts';
import type { GenerationParts } from './generation.ts';
import type { Pipeline } from './pipeline.ts';

export interface LiveOptions {
  readonly source: SupergraphSource;
  /** Connects to a subgraph; the connection is kept as long as a supergraph in use names it with this URL. */
  readonly connect: (address: SubgraphAddress) => HttpSubgraph;
  /** Subgraphs of this process, in place of connections. */
  readonly local?: ReadonlyMap<string, Subgraph>;
  /** Tells whoever runs the gateway, in one line. */
  readonly note: (line: string) => void;
}

type Swap = Pick<Pipeline, 'swap'>;

/** A supergraph that changes while it is served. */
export class LiveSupergraph {
  readonly #options: LiveOptions;
  readonly #leases: Leases;
  readonly #readings: AsyncIterator<Reading>;
  readonly #stop = new AbortController();
  #following: Promise<void> = Promise.resolve();
  /** The text that is served. */
  #served = '';
  /** The text that was tried last. */
  #tried = '';
  /** Why that text is not served. */
  #unfit: WeftError | null = null;
  /** Why there is no newer text. */
  #unread: WeftError | null = null;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#leases = createLeases(options.connect);
    this.#readings = options.source.read(this.#stop.signal)[Symbol.asyncIterator]();
  }

  /** What to begin with. Throws `SUPERGRAPH_UNAVAILABLE`, `COMPOSITION_FAILED` or `CONFIG_INVALID`. */
  async first(): Promise<GenerationParts> {
    try {
      const reading = await this.#readings.next();
      if (reading.done === true) throw new Error('The source of the supergraph gave nothing.');
      if (reading.value.kind === 'failure') throw reading.value.error;
      this.#tried = reading.value.sdl;
      const parts = this.#partsOf(this.#tried);
      this.#served = this.#tried;
      return parts;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Swaps in whatever the source brings after the first. To be called once. */
  follow(pipeline: Swap): void {
    this.#following = this.#follow(pipeline);
  }

  /** What is served once more, for another generation of it. */
  again(): GenerationParts {
    return this.#partsOf(this.#served);
  }

  /** Why an older supergraph is served than the source has, or may have; `null` when that is not so. */
  trouble(): string | null {
    const trouble = this.#unread ?? this.#unfit;
    return trouble && `the last good supergraph is served: ${trouble.code}`;
  }

  /** Reads no more, and closes the connections. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await this.#readings.return?.();
    await this.#leases.close();
  }

  async #follow(pipeline: Swap): Promise<void> {
    for (;;) {
      const reading = await this.#readings.next();
      if (reading.done === true) return;
      await this.#take(reading.value, pipeline);
    }
  }

  async #take(reading: Reading, pipeline: Swap): Promise<void> {
    if (reading.kind === 'failure') {
      if (reading.error.message !== this.#unread?.message) this.#tell(reading.error);
      this.#unread = reading.error;
      return;
    }
    this.#unread = null;
    if (reading.sdl === this.#tried) return;
    this.#tried = reading.sdl;
    try {
      await pipeline.swap(this.#partsOf(reading.sdl), this.#stop.signal);
      this.#served = reading.sdl;
      this.#unfit = null;
    } catch (error) {
      this.#unfit = asWeftError(error);
      this.#tell(this.#unfit);
    }
  }

  #partsOf(sdl: string): GenerationParts {
    const { local = new Map() } = this.#options;
    const supergraph = readSupergraph(sdl);
    const { subgraphs: named } = supergraph.planner;
    const { subgraphs, release } = this.#leases.take(named.filter(({ name }) => !local.has(name)));
    return { supergraph, subgraphs: new Map([...subgraphs, ...local]), release };
  }

  #tell({ code, message }: WeftError): void {
    const { note, source } = this.#options;
    const line = message.replaceAll(/\s+/g, ' ').slice(0, lineLengthMax);
    note(`The supergraph at ${source.location} is not taken; the last good one is served: ${code} ${line}`);
  }
}

const lineLengthMax = 1_000;

function asWeftError(error: unknown): WeftError {
  if (isWeftError(error)) return error;
  return new WeftError('INTERNAL_SERVER_ERROR', {
    action: 'Cannot take the supergraph into service',
    found: messageOf(error),
    cause: error,
  });
}
