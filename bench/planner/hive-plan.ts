/** The plans of `@graphql-hive/router-query-planner`, as far as we read them: its own types are there only once it is installed. */

export interface HivePlanner {
  plan(
    query: string,
    operationName: string | null,
    activeLabels: ReadonlySet<string>,
    percentage: number,
  ): { readonly node?: HiveNode };
}

export type HiveNode =
  | HiveFetch
  | HiveBatch
  | { readonly kind: 'Sequence' | 'Parallel'; readonly nodes: readonly HiveNode[] }
  | { readonly kind: 'Flatten'; readonly path: readonly HiveStep[]; readonly node: HiveNode }
  | { readonly kind: 'Subscription'; readonly primary: HiveFetch }
  | { readonly kind: 'Condition' | 'Defer' };

interface HiveRequest {
  readonly serviceName: string;
  readonly variableUsages?: readonly string[];
  readonly operationKind?: 'query' | 'mutation' | 'subscription';
  readonly operation: string;
}

export interface HiveFetch extends HiveRequest {
  readonly kind: 'Fetch';
  readonly requires?: readonly HiveRequired[];
  readonly inputRewrites?: readonly HiveRewrite[];
  readonly outputRewrites?: readonly HiveRewrite[];
}

/** Several lookups in one operation, each for the entities at one or more places. */
export interface HiveBatch extends HiveRequest {
  readonly kind: 'BatchFetch';
  readonly entityBatch: { readonly aliases: readonly HiveLookup[] };
}

export interface HiveLookup extends Pick<HiveFetch, 'inputRewrites' | 'outputRewrites'> {
  readonly alias: string;
  readonly representationsVariableName: string;
  readonly paths: readonly (readonly HiveStep[])[];
  readonly requires: readonly HiveRequired[];
}

export type HiveStep = '@' | { readonly Field: string } | { readonly TypeCondition: readonly string[] };

export type HiveRequired =
  | { readonly kind: 'InlineFragment'; readonly typeCondition: string; readonly selections: readonly HiveRequired[] }
  | {
      readonly kind: 'Field';
      readonly name: string;
      readonly alias?: string;
      readonly selections?: readonly HiveRequired[];
    };

export type HiveRewrite =
  | { readonly ValueSetter: HiveSetter }
  | { readonly KeyRenamer: { readonly path: readonly HiveRewriteStep[]; readonly renameKeyTo: string } }
  | (HiveSetter & { readonly kind: 'ValueSetter' });

export interface HiveSetter {
  readonly path: readonly HiveRewriteStep[];
  readonly setValueTo: string;
}

export type HiveRewriteStep = { readonly TypenameEquals: readonly string[] } | { readonly Key: string };
