/** What a subgraph is told of a subject's view: the row filters that it has to apply where it makes totals of rows. */
import type { Subgraph, SubgraphView } from '../../mesh/core/subgraph.ts';
import type { Policy, RowsRule } from '../../mesh/policy/rules.ts';
import type { View } from '../../mesh/policy/view.ts';

export interface SubgraphViews {
  /** What a subgraph is told; `undefined` where that is nothing. The same object as long as it says the same. */
  get(subgraph: string): SubgraphView | undefined;
}

export interface SubgraphViewsOptions {
  /** Reads the types of each subgraph. */
  readonly readTypes: () => ReadonlyMap<string, ReadonlySet<string>>;
  readonly policy: Pick<Policy, 'rules' | 'derivations'>;
  /** The object types of an interface. */
  readonly possibleTypes: (type: string) => ReadonlySet<string>;
  readonly subgraphs: ReadonlyMap<string, Pick<Subgraph, 'appliesFilters'>>;
  readonly revision: string;
}

export interface SubgraphViewsOf {
  (view: View): SubgraphViews;
}

/** Rules on rows, by type. */
type RowRules = readonly (readonly [type: string, rules: readonly RowsRule[]])[];

/** `null` when there is nothing to tell: no rules on rows, or no subgraph that applies them. */
export function createSubgraphViews(options: SubgraphViewsOptions): SubgraphViewsOf | null {
  const applying = [...options.subgraphs].flatMap(([name, { appliesFilters }]) => (appliesFilters ? [name] : []));
  const rules = rowRules(options);
  if (applying.length === 0 || rules.length === 0) return null;
  const bySubgraph = rulesToTell(options, applying, rules);
  const known = new WeakMap<View, SubgraphViews>();
  return (view) => {
    const before = known.get(view);
    if (before !== undefined) return before;
    const views = createViews(view, bySubgraph, options.revision);
    known.set(view, views);
    return views;
  };
}

interface Told {
  readonly view: SubgraphView;
  /** Of the rules that depend on the time, what they said. */
  readonly timed: string;
}

/** Worked out for a subgraph when it is first asked something. */
function createViews(view: View, bySubgraph: ReadonlyMap<string, RowRules>, revision: string): SubgraphViews {
  const known = new Map<string, Told>();
  return {
    get(subgraph) {
      const rules = bySubgraph.get(subgraph);
      if (rules === undefined) return undefined;
      const before = known.get(subgraph);
      const timed = JSON.stringify(
        filtersOf(
          rules.filter(([, ofType]) => ofType.some(readsTime)),
          view,
        ),
      );
      if (before?.timed === timed) return before.view;
      const told = { timed, view: { revision, filters: filtersOf(rules, view) } };
      known.set(subgraph, told);
      return told.view;
    },
  };
}

function readsTime({ condition }: RowsRule): boolean {
  return condition.reads.now;
}

function filtersOf(rules: RowRules, view: View): SubgraphView['filters'] {
  return Object.fromEntries(
    rules.flatMap(([type, ofType]) => {
      const text = filterOf(ofType, view);
      return text === null ? [] : [[type, text]];
    }),
  );
}

/** `null` when all rows exist for the subject. */
function filterOf(rules: readonly RowsRule[], view: View): string | null {
  const texts = rules.flatMap((rule) => {
    const verdict = view.verdictOf(rule);
    if (verdict.kind === 'allow') return [];
    return verdict.kind === 'filter' ? verdict.filter.text : 'false';
  });
  const asked = [...new Set(texts)].filter((text) => text !== 'true');
  if (asked.length === 0) return null;
  return asked.length === 1 ? (asked[0] ?? 'false') : asked.map((text) => `(${text})`).join(' && ');
}

/** The rules on the rows of each type: its own, and those of its interfaces. */
function rowRules({ policy, possibleTypes }: SubgraphViewsOptions): RowRules {
  const byType = new Map<string, RowsRule[]>();
  for (const [coordinate, rules] of policy.rules) {
    const rows = rules.filter((rule) => rule.kind === 'rows');
    if (rows.length === 0) continue;
    for (const type of new Set([coordinate, ...possibleTypes(coordinate)])) {
      byType.set(type, [...(byType.get(type) ?? []), ...rows]);
    }
  }
  return [...byType];
}

/** A subgraph is told of the types that it has, and of those from which anything at all is said to be derived: it may hold what is made of them. */
function rulesToTell(
  { readTypes, policy }: SubgraphViewsOptions,
  subgraphs: readonly string[],
  rules: RowRules,
): ReadonlyMap<string, RowRules> {
  const sources = new Set(
    Array.from(policy.derivations.values())
      .flat()
      .flatMap(({ coordinates }) => coordinates.map((coordinate) => coordinate.split('.')[0] ?? '')),
  );
  const types = readTypes();
  return new Map(
    subgraphs.map((name) => [name, rules.filter(([type]) => sources.has(type) || types.get(name)?.has(type) === true)]),
  );
}
