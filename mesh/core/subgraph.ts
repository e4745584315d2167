/**
 * Where gateway and domains meet: a subgraph as something that has an SDL and can be asked. The gateway asks in-process
 * subgraphs and those behind HTTP through this one port and cannot tell them apart.
 */
import type { CancelSignal } from './cancel.ts';
import type { JsonObject } from './json.ts';
import { type Subject, anonymous } from './subject.ts';

export interface SubgraphRequest {
  /** Two queries of one text at one time may be answered once; nothing else may. */
  readonly operationKind: 'query' | 'mutation' | 'subscription';
  /** A GraphQL operation of this subgraph's own schema. */
  readonly query: string;
  /** The same text as a JSON string literal, made once a plan. */
  readonly queryJson: string;
  /** The variables as the text of a JSON object: nothing by reference crosses the port. */
  readonly variablesJson: string;
  /** What the gateway's configuration says to forward; part of the partition key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whoever asks has seen to it already that requests which may share this one do. Default false. */
  readonly isShared?: boolean;
  /** On whose behalf. An in-process subgraph takes it from here; one behind HTTP sees it where it is given a context. */
  readonly subject: Subject;
  /** What the policies say of the subject, as far as it concerns the subgraph. Default: nothing. */
  readonly view?: SubgraphView;
}

/** What of a subject's view a subgraph is told. Requests that differ in it never share a call. */
export interface SubgraphView {
  /** Names the state of rules and governance that it was made of. */
  readonly revision: string;
  /** Which objects exist for the subject, by type: conditions in CEL over `object`. A type without one is seen whole. */
  readonly filters: RowFilters;
}

export type RowFilters = Readonly<Record<string, string>>;

/** Of a subject whom no policy concerns. */
export const wholeView: SubgraphView = Object.freeze({ revision: '', filters: Object.freeze({}) });

/** What any subgraph can answer, for whoever asks only whether it does. */
export const healthProbe: SubgraphRequest = {
  operationKind: 'query',
  query: '{__typename}',
  queryJson: '"{__typename}"',
  variablesJson: '{}',
  headers: {},
  subject: anonymous,
};

/** An error as the subgraph worded it (GraphQL specification, section 7.1.2). Only code and path are trusted further on. */
export interface SubgraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: JsonObject;
}

export interface SubgraphResponse {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly SubgraphError[];
  /** The answer came as text without a backslash: none of its strings needs escaping when it is written again. */
  readonly plain?: boolean;
  /** The answer as it came, for who reads it without making objects of it. */
  readonly bytes?: Uint8Array;
  /** The same answer once more; whoever takes `data` may change it. Absent when there are no bytes to read again. */
  fresh?(): SubgraphResponse;
}

export interface Subgraph {
  readonly name: string;
  /** Its SDL, federation directives and policy directives included, as its owner wrote it. */
  readonly sdl: string;
  /** File of the SDL, for error messages; the routing URL where there is none. */
  readonly origin: string;
  /** False when it never learns on whose behalf it is asked. Default true: its answer to one subject is no other's. */
  readonly seesSubject?: boolean;
  /**
   * It makes whatever it counts, sums or pages of the rows that a request's filters let through, or refuses it. Default
   * false: then such a field is not for subjects who see rows in part.
   */
  readonly appliesFilters?: boolean;
  /** Its answers bring their bytes along. Default false. */
  readonly givesBytes?: boolean;
  /** Answers one operation. Throws a `WeftError` (`SUBGRAPH_…`) when no well-formed answer could be had. */
  fetch(request: SubgraphRequest, signal: CancelSignal): Promise<SubgraphResponse>;
  /** Answers one subscription; ends when the signal aborts. Absent when the subgraph serves none. */
  subscribe?(request: SubgraphRequest, signal: CancelSignal): AsyncIterable<SubgraphResponse>;
  /** `null` when it can be asked; else why not. */
  health(): Promise<string | null>;
}

/** How a domain's process reads through the mesh: the gateway's front door without the socket. */
export interface MeshQuery {
  (request: MeshRequest, signal: CancelSignal): Promise<MeshAnswer>;
}

export interface MeshRequest {
  readonly query: string;
  readonly variables: JsonObject;
  readonly subject: Subject;
}

export interface MeshAnswer {
  readonly data: JsonObject | null;
  readonly errors: readonly SubgraphError[];
  /** Coordinates of the fields that were answered: `Query.delays`, `Airport.name`. */
  readonly coordinates: readonly string[];
}
