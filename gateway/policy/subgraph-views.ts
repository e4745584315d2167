/** What a subgraph is told of a subject's view: the row filters that it has to apply where it makes totals of rows. */
import type { Subgraph, SubgraphView } from '../../mesh/core/subgraph.ts';
import type { Policy, RowsRule } from '../../mesh/policy/rules.ts';
import type { View } from '../../mesh/policy/view.ts';

/** By subgraph; those that are told nothing are not in it. */
export type SubgraphViews = ReadonlyMap<string, SubgraphView>;

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
  /** The same object for all who are to be told the same of, as long as they are asked for with the same view. */
  (view: View): SubgraphViews;
}

interface Told {
  /** What the rules say, as one text. */
  readonly sign: string;
  readonly views: SubgraphViews;
}

/** `null` when there is nothing to tell: no rules on rows, or no subgraph that applies them. */
export function createSubgraphViews(options: SubgraphViewsOptions): SubgraphViewsOf | null {
  const applying = [...options.subgraphs].flatMap(([name, { appliesFilters }]) => (appliesFilters ? [name] : []));
  const rules = rowRules(options);
  if (applying.length === 0 || rules.size === 0) return null;
  const told = typesToTell(options, applying);
  const known = new WeakMap<View, Told>();
  return (view) => {
    // A filter may depend on the time: what it is now is asked for each time, and mostly is what it was.
    const filters = new Map(Array.from(rules, ([type, ofType]) => [type, filterOf(ofType, view)] as const));
    const sign = JSON.stringify([...filters.values()]);
    const before = known.get(view);
    if (before?.sign === sign) return before.views;
    const views = new Map(
      applying.map((name) => {
        const own = [...filters].filter(([type, filter]) => filter !== null && told.get(name)?.has(type) === true);
        return [name, { revision: options.revision, filters: Object.fromEntries(own) as SubgraphView['filters'] }];
      }),
    );
    known.set(view, { sign, views });
    return views;
  };
}

/** The rules on the rows of each type: its own, and those of its interfaces. */
function rowRules({ policy, possibleTypes }: SubgraphViewsOptions): ReadonlyMap<string, readonly RowsRule[]> {
  const byType = new Map<string, RowsRule[]>();
  for (const [coordinate, rules] of policy.rules) {
    const rows = rules.filter((rule) => rule.kind === 'rows');
    if (rows.length === 0) continue;
    for (const type of new Set([coordinate, ...possibleTypes(coordinate)])) {
      byType.set(type, [...(byType.get(type) ?? []), ...rows]);
    }
  }
  return byType;
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

/** A subgraph is told of the types that it has, and of those from which anything at all is said to be derived: what it derives from them, it may hold. */
function typesToTell(
  { readTypes, policy }: SubgraphViewsOptions,
  subgraphs: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const sources = Array.from(policy.derivations.values())
    .flat()
    .flatMap(({ coordinates }) => coordinates.map((coordinate) => coordinate.split('.')[0] ?? ''));
  const types = readTypes();
  return new Map(subgraphs.map((name) => [name, new Set([...(types.get(name) ?? []), ...sources])]));
}
