/**
 * A query plan in our own words, so that the planner behind it can be exchanged: a tree of fetches, each for one
 * subgraph at one place of the answer. `planner.ts` makes it, `execute/` compiles it.
 */

export type PlanNode = SequenceNode | ParallelNode | FetchNode;

/** Each node needs what those before it brought. */
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly nodes: readonly PlanNode[];
}

/** No node needs another. */
export interface ParallelNode {
  readonly kind: 'parallel';
  readonly nodes: readonly PlanNode[];
}

export interface FetchNode {
  readonly kind: 'fetch';
  /** By which deferred parts name it; absent when none waits for it. */
  readonly id?: string;
  readonly subgraph: string;
  readonly operationKind: 'query' | 'mutation' | 'subscription';
  /** The text of the operation, in the subgraph's own schema. */
  readonly operation: string;
  /** Names of the client's variables that it uses. */
  readonly variables: readonly string[];
  /** Where its result belongs; empty for the root. */
  readonly path: readonly PathStep[];
  /** What an entity's representation is made of; absent for a fetch of root fields. */
  readonly requires?: readonly RequiredSelection[];
  /**
   * Where the parts of `requires` for several types overlap: the names of each key's fields, by type. A representation without a
   * whole key is of a type that is not asked for.
   */
  readonly keys?: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Values to set in each representation before it is sent. */
  readonly inputRewrites: readonly Rewrite[];
  /** Variables whose values stand above each entity in the result; absent when there are none. */
  readonly contexts?: readonly ContextArgument[];
  /** Keys to rename in each result before it is merged. */
  readonly outputRewrites: readonly Rewrite[];
}

/** Into a field's value, or into every item of a list. `types` keeps only objects of those types. */
export type PathStep =
  | { readonly kind: 'field'; readonly key: string; readonly types?: readonly string[] }
  | { readonly kind: 'items'; readonly types?: readonly string[] };

export type RequiredSelection =
  | {
      readonly kind: 'field';
      /** Where it stands in the result. */
      readonly key: string;
      /** What the subgraph calls it; absent when that is the key. */
      readonly name?: string;
      readonly selections?: readonly RequiredSelection[];
    }
  | { readonly kind: 'fragment'; readonly type?: string; readonly selections: readonly RequiredSelection[] };

/** Steps of a rewrite's path: a key to go into, or a type that the object must be of. */
export type RewriteStep =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'type'; readonly type: string };

export type Rewrite =
  | { readonly kind: 'set'; readonly path: readonly RewriteStep[]; readonly value: unknown }
  | { readonly kind: 'rename'; readonly path: readonly RewriteStep[]; readonly to: string };

export interface ContextArgument {
  readonly variable: string;
  /** How many fields up from the entity the object stands from which `path` goes. */
  readonly levels: number;
  readonly path: readonly RewriteStep[];
}

export interface Plan {
  /** Absent when no subgraph has to be asked. */
  readonly root: PlanNode | null;
  /** For a subscription: the fetch whose events start `root`. */
  readonly subscription: FetchNode | null;
}

/** A plan cut up by when its parts are answered. */
export interface SlicedPlan {
  /** What is answered first. */
  readonly root: PlanNode | null;
  /** What fragments with `@defer` add, each before those inside it. */
  readonly deferred: readonly DeferredPlan[];
}

/** The fetches of one fragment with `@defer`, inner ones left out. */
export interface DeferredPlan {
  /** The fragment's label. */
  readonly label: string;
  /** Ids of the fetches, of whatever part of the plan, that have to answer first. */
  readonly depends: readonly string[];
  /** Absent when the parts around it bring all of it. */
  readonly root: PlanNode | null;
}
