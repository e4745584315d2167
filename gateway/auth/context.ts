/** Gives a subgraph behind HTTP the context of each request, in the header `weft-context`. */
import type { Clock } from '../../mesh/core/clock.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import {
  type Subgraph,
  type SubgraphRequest,
  type SubgraphView,
  healthProbe,
  wholeView,
} from '../../mesh/core/subgraph.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import { contextHeader } from '../../mesh/identity/context.ts';
import type { ContextSigner } from '../../mesh/identity/context-signer.ts';

export interface GiveContextOptions {
  readonly signer: ContextSigner;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Whether the subgraph makes its totals of the rows that the context's filters let through. Default false. */
  readonly appliesFilters?: boolean;
}

/** A context that was signed for a subject and can be sent again. */
interface Sent {
  readonly view: SubgraphView;
  /** Monotonic milliseconds: from then on another is signed. */
  readonly until: number;
  /** `null` while it is being signed. */
  token: string | null;
  readonly signing: Promise<string>;
}

/** The same subgraph, which from now on sees on whose behalf it is asked. A context is signed once and sent for a while. */
export function giveContext<Given extends Subgraph>(subgraph: Given, options: GiveContextOptions): Given {
  const contexts = new Contexts(subgraph.name, options);
  const { fetch, subscribe } = subgraph;
  return {
    ...subgraph,
    seesSubject: true,
    appliesFilters: options.appliesFilters === true,
    fetch(request: SubgraphRequest, signal: Parameters<typeof fetch>[1]) {
      const { token, signing } = contexts.of(request);
      if (token !== null) return fetch(withContext(request, token), signal);
      return signing.then((signed) => fetch(withContext(request, signed), signal));
    },
    ...(subscribe === undefined
      ? {}
      : {
          async *subscribe(request: SubgraphRequest, signal: Parameters<typeof fetch>[1]) {
            yield* subscribe(withContext(request, await contexts.of(request).signing), signal);
          },
        }),
    health: async () => healthOf(subgraph, await contexts.of(healthProbe).signing),
  };
}

/** The context comes last: nothing that a client may have sent takes its place. */
function withContext(request: SubgraphRequest, token: string): SubgraphRequest {
  return { ...request, headers: { ...request.headers, [contextHeader]: token } };
}

/** Tokens of one subgraph by subject, those signed first forgotten first. */
class Contexts {
  readonly #subgraph: string;
  readonly #options: GiveContextOptions;
  readonly #sent = new Map<Subject, Sent>();

  constructor(subgraph: string, options: GiveContextOptions) {
    this.#subgraph = subgraph;
    this.#options = options;
  }

  of({ subject, view = wholeView }: SubgraphRequest): Sent {
    const known = this.#sent.get(subject);
    if (known !== undefined && known.view === view && this.#options.clock.monotonic() < known.until) return known;
    return this.#sign(subject, view);
  }

  #sign(subject: Subject, view: SubgraphView): Sent {
    const { signer, clock } = this.#options;
    const signing = signer.sign(this.#subgraph, { subject, view });
    const sent: Sent = { view, until: clock.monotonic() + limits.contextReuseMs, token: null, signing };
    signing.then(
      (token) => (sent.token = token),
      // Whoever asked is told; the next one has it tried again.
      () => this.#forget(subject, sent),
    );
    this.#sent.delete(subject);
    const [oldest] = this.#sent.keys();
    if (oldest !== undefined && this.#sent.size >= limits.contextsCachedMax) this.#sent.delete(oldest);
    this.#sent.set(subject, sent);
    return sent;
  }

  #forget(subject: Subject, sent: Sent): void {
    if (this.#sent.get(subject) === sent) this.#sent.delete(subject);
  }
}

/** Why the subgraph does not answer, or not under a context of ours; `null` when it does. */
async function healthOf(subgraph: Subgraph, token: string): Promise<string | null> {
  try {
    const { data, errors } = await subgraph.fetch(
      withContext(healthProbe, token),
      AbortSignal.timeout(limits.healthProbeMs),
    );
    if (data !== null && data !== undefined) return null;
    const code = errors?.[0]?.extensions?.['code'];
    return typeof code === 'string' ? code : 'SUBGRAPH_INVALID_RESPONSE';
  } catch (error) {
    return isWeftError(error) ? error.code : 'SUBGRAPH_UNAVAILABLE';
  }
}
