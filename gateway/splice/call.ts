/**
 * One call to a subgraph on behalf of all requests that it can serve: requests of one operation and one partition, root
 * fields with the same variables, entities each once. Whoever joins learns where its entities are in the answer.
 */
import { isUtf8 } from 'node:buffer';
import { Cancellation } from '../../mesh/core/cancel.ts';
import type { ChurnMap } from '../../mesh/core/churn.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subgraph, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import type { ExecutionContext } from '../execute/run.ts';
import { type ProgramGroup, scanAnswer } from './program.ts';
import type { Scan } from './scan.ts';

/** Is told what came of a call, once. */
export interface CallWaiter {
  /** What the answer says of each part; `null` when there is none, or it has to be read the general way. */
  answered(call: SharedCall, scans: readonly Scan[] | null): void;
}

/** Calls that further requests may join, by partition. */
export type OpenCalls = ChurnMap<string, SharedCall>;

export interface CallOptions {
  readonly group: ProgramGroup;
  readonly subgraph: Subgraph;
  /** Of whoever asks first; the others of the partition bring the same headers and view. */
  readonly context: Pick<ExecutionContext, 'headers' | 'subject' | 'views'>;
  readonly partition: string;
  /** The variables that are no representations, as members of a JSON object. */
  readonly variables: string;
  readonly open: OpenCalls;
}

/** Entities of one lookup: representations in their order, and their positions. */
interface Wanted {
  readonly texts: string[];
  readonly positions: Map<string, number>;
}

export class SharedCall {
  /** As the subgraph was sent them; empty before. */
  variablesJson = '';
  /** `null` before it is sent. */
  response: Promise<SubgraphResponse> | null = null;
  /** What the subgraph failed with, if it did. */
  failure: unknown = null;
  readonly group: ProgramGroup;
  /** How many requests have joined it. */
  joinCount = 0;
  readonly #options: CallOptions;
  readonly #wanted: readonly Wanted[];
  readonly #waiters = new Set<CallWaiter>();
  readonly #cancellation = new Cancellation();
  #size = 0;

  constructor(options: CallOptions) {
    this.group = options.group;
    this.#options = options;
    this.#wanted = options.group.parts.map(() => ({ texts: [], positions: new Map() }));
    options.open.set(options.partition, this);
  }

  /** The position of an entity in the answer to a lookup; asks for it if nobody has. The text is one character a byte. */
  want(part: number, representation: string): number {
    const wanted = this.#wanted[part];
    if (wanted === undefined) throw new Error('A call has no such part.');
    const known = wanted.positions.get(representation);
    if (known !== undefined) return known;
    const position = wanted.texts.push(representation) - 1;
    wanted.positions.set(representation, position);
    this.#size++;
    return position;
  }

  join(waiter: CallWaiter): void {
    this.#waiters.add(waiter);
    this.joinCount++;
    if (this.#size >= limits.entityBatchMax) this.#close();
  }

  /** The last one to leave ends the call. */
  leave(waiter: CallWaiter): void {
    if (!this.#waiters.delete(waiter) || this.#waiters.size > 0) return;
    this.#close();
    this.#cancellation.cancel();
  }

  /** Sends what is wanted. Entities that others want from now on go into another call. */
  send(): void {
    const { group, subgraph, context, variables } = this.#options;
    if (this.#wanted.some(({ texts }) => texts.length > 0)) this.#close();
    if (this.#waiters.size === 0) return;
    const members = group.parts.flatMap(({ variablePrefix }, index) =>
      variablePrefix === null ? [] : [`${variablePrefix}[${asText(this.#wanted[index]?.texts.join(',') ?? '')}]`],
    );
    if (variables !== '') members.push(variables);
    this.variablesJson = `{${members.join(',')}}`;
    const { operationKind, query, queryJson } = group.group;
    const { headers, subject, views } = context;
    const { variablesJson } = this;
    const request = { operationKind, query, queryJson, variablesJson, headers, subject, isShared: true };
    const view = views?.get(subgraph.name);
    this.response = subgraph.fetch(view === undefined ? request : { ...request, view }, this.#cancellation);
    this.response.then(
      (response) => this.#finish(this.#scan(response)),
      (error: unknown) => {
        this.failure = error;
        this.#finish(null);
      },
    );
  }

  #scan({ bytes }: SubgraphResponse): readonly Scan[] | null {
    if (bytes === undefined || !isUtf8(bytes)) return null;
    const wanted = this.#wanted.map(({ texts }) => texts.length);
    return scanAnswer(bytes, this.group.parts, wanted);
  }

  #finish(scans: readonly Scan[] | null): void {
    this.#close();
    for (const waiter of this.#waiters) waiter.answered(this, scans);
  }

  /** Nobody joins it any more. */
  #close(): void {
    const { open, partition } = this.#options;
    if (open.get(partition) === this) open.delete(partition);
  }
}

/** Text that was read one character a byte as what it says. */
function asText(bytes: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII is what is asked for.
  return /^[\0-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString();
}
