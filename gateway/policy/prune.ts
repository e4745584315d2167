/**
 * Takes what a subject may not see out of an operation before it is planned, so that denied data is never asked for.
 * What is taken out keeps its place in the answer: null, with one error that names the rule.
 */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { Rule, Rules } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';

export interface Pruned {
  /** The operation without what is denied; it may select nothing. */
  readonly operation: OperationDefinitionNode;
  readonly deniedFields: ReadonlySet<FieldNode>;
  readonly deniedTypes: ReadonlySet<string>;
  /** What was taken out, one a position. */
  readonly denied: readonly Denied[];
  /** Coordinates that remain, sorted. */
  readonly coordinates: readonly string[];
}

export interface Denied {
  /** Response keys from the root; no positions in lists. */
  readonly path: readonly string[];
  readonly coordinate: string;
  readonly rule: Rule;
  readonly reason: string;
}

/** All rules that can bear on an operation: on its fields, on the types they give, on the types behind these. */
export function rulesOf(operation: OperationDefinitionNode, schema: GraphQLSchema, rules: Rules): readonly Rule[] {
  if (rules.size === 0) return [];
  const found = new Set<Rule>();
  const verdicts = { has: (rule: Rule) => (found.add(rule), false), get: () => undefined };
  pruneOperation(operation, { schema, rules, verdicts });
  return [...found];
}

export interface PruneOptions {
  readonly schema: GraphQLSchema;
  readonly rules: Rules;
  readonly verdicts: Pick<Verdicts, 'has' | 'get'>;
}

/** Prunes a normalised operation. */
export function pruneOperation(operation: OperationDefinitionNode, options: PruneOptions): Pruned {
  const pruning = new Pruning(options);
  const root = options.schema.getRootType(operation.operation);
  if (!root) throw new Error(`The schema has no root type for ${operation.operation} operations.`);
  const denial = pruning.denialAt([root.name]);
  const selectionSet =
    denial === null
      ? pruning.pruneSet(operation.selectionSet, root, [])
      : pruning.denyAll(operation.selectionSet, { type: root, denial });
  return {
    operation: { ...operation, selectionSet },
    deniedFields: pruning.deniedFields,
    deniedTypes: pruning.deniedTypes,
    denied: pruning.denied,
    coordinates: [...pruning.coordinates].toSorted(),
  };
}

/** The state of one pass over an operation. */
class Pruning {
  readonly deniedFields = new Set<FieldNode>();
  readonly deniedTypes = new Set<string>();
  readonly coordinates = new Set<string>();
  readonly denied: Denied[] = [];
  readonly options: PruneOptions;

  constructor(options: PruneOptions) {
    this.options = options;
  }

  /** The first rule at these coordinates that denies. */
  denialAt(coordinates: readonly string[]): Rule | null {
    let denial: Rule | null = null;
    for (const coordinate of coordinates) {
      for (const rule of this.options.rules.get(coordinate) ?? []) {
        if (this.options.verdicts.has(rule)) denial ??= rule;
      }
    }
    return denial;
  }

  pruneSet(set: SelectionSetNode, parent: GraphQLCompositeType, path: readonly string[]): SelectionSetNode {
    const selections = set.selections.flatMap((selection) => this.pruneSelection(selection, parent, path));
    return { kind: Kind.SELECTION_SET, selections };
  }

  private pruneSelection(
    selection: SelectionNode,
    parent: GraphQLCompositeType,
    path: readonly string[],
  ): readonly SelectionNode[] {
    if (selection.kind === Kind.FIELD) return this.pruneField(selection, parent, path);
    if (selection.kind === Kind.FRAGMENT_SPREAD) throw new Error('A normalised operation has no fragment spreads.');
    const name = selection.typeCondition?.name.value;
    const type = name === undefined ? parent : this.options.schema.getType(name);
    if (!isCompositeType(type)) return [];
    if (type !== parent) {
      const denial = this.denialAt([type.name]);
      if (denial !== null) {
        this.addDenial(type.name, denial, path);
        return [];
      }
      this.denyTypesBehind(type, path);
    }
    const selectionSet = this.pruneSet(selection.selectionSet, type, path);
    return selectionSet.selections.length === 0 ? [] : [{ ...selection, selectionSet }];
  }

  private pruneField(
    field: FieldNode,
    parent: GraphQLCompositeType,
    path: readonly string[],
  ): readonly SelectionNode[] {
    const name = field.name.value;
    if (name.startsWith('__')) return [field];
    const type = getNamedType((isUnionType(parent) ? undefined : parent.getFields()[name])?.type);
    if (type === undefined) throw new Error(`Type "${parent.name}" has no field "${name}".`);
    const place = [...path, field.alias?.value ?? name];
    const denial = this.denialAt(this.coordinatesOf(parent, name, type));
    if (denial !== null) {
      this.deniedFields.add(field);
      this.addDenial(`${parent.name}.${name}`, denial, place);
      return [];
    }
    this.coordinates.add(`${parent.name}.${name}`);
    if (field.selectionSet === undefined || !isCompositeType(type)) return [field];
    this.denyTypesBehind(type, place);
    const selectionSet = this.pruneSet(field.selectionSet, type, place);
    // The object itself may be seen, if only whether it is there.
    return [{ ...field, selectionSet: selectionSet.selections.length > 0 ? selectionSet : typenameOnly }];
  }

  /** Where rules on a field may stand: itself, the same field of what implements an interface, the type it gives. */
  private coordinatesOf(parent: GraphQLCompositeType, name: string, type: GraphQLNamedType): readonly string[] {
    const implementing = isInterfaceType(parent) ? this.options.schema.getPossibleTypes(parent) : [];
    const declaring = isObjectType(parent) ? parent.getInterfaces() : [];
    return [parent, ...implementing, ...declaring].map((owner) => `${owner.name}.${name}`).concat(type.name);
  }

  /** Objects of a denied type may stand behind an abstract one: they become null wherever they turn up. */
  private denyTypesBehind(type: GraphQLCompositeType, path: readonly string[]): void {
    if (!isAbstractType(type)) return;
    for (const possible of this.options.schema.getPossibleTypes(type)) {
      const denial = this.denialAt([possible.name]);
      if (denial === null) continue;
      this.deniedTypes.add(possible.name);
      this.addDenial(possible.name, denial, path);
    }
  }

  /** Denies every field of a set whose type is denied as a whole. */
  denyAll(
    set: SelectionSetNode,
    { type, denial }: { readonly type: GraphQLCompositeType; readonly denial: Rule },
  ): SelectionSetNode {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        this.deniedFields.add(selection);
        this.addDenial(`${type.name}.${selection.name.value}`, denial, [
          selection.alias?.value ?? selection.name.value,
        ]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.denyAll(selection.selectionSet, { type, denial });
      }
    }
    return { kind: Kind.SELECTION_SET, selections: [] };
  }

  private addDenial(coordinate: string, rule: Rule, path: readonly string[]): void {
    const key = path.join('.');
    if (this.denied.some((known) => known.coordinate === coordinate && known.path.join('.') === key)) return;
    const verdict = this.options.verdicts.get(rule);
    // What it takes to show a part is not there yet, so nothing is shown.
    const reason = verdict?.kind === 'deny' ? verdict.reason : 'the subject may see a part only';
    this.denied.push({ path, coordinate, rule, reason });
  }
}

const typenameOnly: SelectionSetNode = {
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }],
};
