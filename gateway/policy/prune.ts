/**
 * Takes what a subject may not see out of an operation before it is planned, so that denied data is never asked for.
 * What is taken out keeps its place in the answer: null, with one error that names the rule. Each field is decided for each
 * type of object that may stand there, however the operation selects it.
 */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  getNamedType,
  isCompositeType,
  isUnionType,
} from 'graphql';
import type { Mask } from '../../mesh/policy/mask.ts';
import type { RowsRule, Rule } from '../../mesh/policy/rules.ts';
import { type Denial, type StandingOptions, type Standings, createStandings } from './standing.ts';

export interface Pruned {
  /** The operation without what is denied; it may select nothing. */
  readonly operation: OperationDefinitionNode;
  /** Whether a field is answered with null for objects of a type. Of an abstract type: for any object that it may turn out to be. */
  isDenied(field: FieldNode, parentType: string): boolean;
  /** Whether all objects of a type are. */
  isTypeDenied(type: string): boolean;
  /** What is shown of a field's value, as `isDenied` asks: `null` is all of it. */
  maskOf(field: FieldNode, parentType: string): Mask | null;
  /** The rules by which some objects of a type do not exist. Of an abstract type: those of any object that it may turn out to be. */
  filtersOf(type: string): readonly RowsRule[];
  /** What was taken out; a position may have several rules. */
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

export type PruneOptions = StandingOptions;

/** All rules that can bear on an operation: on its fields, on the types they give, on the types behind these. */
export function rulesOf(
  operation: OperationDefinitionNode,
  { schema, policy }: Pick<PruneOptions, 'schema' | 'policy'>,
): readonly Rule[] {
  if (policy.rules.size === 0) return [];
  const found = new Set<Rule>();
  const verdicts = { get: (rule: Rule) => (found.add(rule), undefined) };
  pruneOperation(operation, { schema, policy, verdicts, showsParts: true });
  return [...found];
}

/** Prunes a normalised operation. */
export function pruneOperation(operation: OperationDefinitionNode, options: PruneOptions): Pruned {
  const root = options.schema.getRootType(operation.operation);
  if (!root) throw new Error(`The schema has no root type for ${operation.operation} operations.`);
  const standings = createStandings(options);
  const pruning = new Pruning(options.schema, standings);
  const denial = standings.ofType(root.name).denial;
  const place: Place = { type: root, possible: [root.name], path: [] };
  const selectionSet =
    denial === null ? pruning.pruneSet(operation.selectionSet, place) : pruning.denyAll(operation.selectionSet, place);
  return {
    operation: { ...operation, selectionSet },
    isDenied: (field, type) => (type === root.name && denial !== null) || pruning.fateOf(field, type).kind !== 'shown',
    isTypeDenied: (type) => type !== root.name && standings.ofType(type).denial !== null,
    maskOf: ({ name }, type) => standings.ofField(type, name.value).mask,
    filtersOf: (type) => standings.ofType(type).filters,
    denied: pruning.denied,
    coordinates: [...pruning.coordinates].toSorted(),
  };
}

/** Where selections stand: on which type, on which objects, and where that is in the answer. */
interface Place {
  readonly type: GraphQLCompositeType;
  readonly possible: readonly string[];
  readonly path: readonly string[];
}

type Fate =
  | { readonly kind: 'shown' }
  | { readonly kind: 'null' }
  | { readonly kind: 'denied'; readonly denial: Denial };

/** The state of one pass over an operation. */
class Pruning {
  readonly coordinates = new Set<string>();
  readonly denied: Denied[] = [];
  readonly #known = new Set<string>();
  readonly #schema: PruneOptions['schema'];
  readonly #standings: Standings;

  constructor(schema: PruneOptions['schema'], standings: Standings) {
    this.#schema = schema;
    this.#standings = standings;
  }

  /** What becomes of a field of such objects. */
  fateOf(field: FieldNode, type: string): Fate {
    const { denial, mask } = this.#standings.ofField(type, field.name.value);
    if (denial !== null) return { kind: 'denied', denial };
    return { kind: mask?.name === 'NULL' ? 'null' : 'shown' };
  }

  /** Fields that not all objects show are selected of those types that do. */
  pruneSet(set: SelectionSetNode, place: Place): SelectionSetNode {
    const selections: SelectionNode[] = [];
    const byType = new Map<string, FieldNode[]>();
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) selections.push(...this.#pruneFragment(selection, place));
      else if (selection.kind === Kind.FRAGMENT_SPREAD)
        throw new Error('A normalised operation has no fragment spreads.');
      else if (selection.name.value.startsWith('__')) selections.push(selection);
      else {
        const showing = this.#showing(selection, place);
        if (showing.length === place.possible.length) selections.push(...this.#pruneField(selection, place));
        else
          for (const type of showing) push(byType, type, ...this.#pruneField(selection, this.#narrow(place, [type])));
      }
    }
    for (const [type, fields] of byType) selections.push(fragmentOn(type, fields));
    return { kind: Kind.SELECTION_SET, selections };
  }

  #pruneFragment(fragment: InlineFragmentNode, place: Place): readonly SelectionNode[] {
    const name = fragment.typeCondition?.name.value;
    const type = name === undefined ? place.type : this.#schema.getType(name);
    if (!isCompositeType(type)) return [];
    const among = new Set(this.#standings.possibleTypes(type.name));
    const possible = place.possible.filter((one) => among.has(one));
    if (possible.length === 0) return [];
    const selectionSet = this.pruneSet(fragment.selectionSet, { ...place, type, possible });
    return selectionSet.selections.length === 0 ? [] : [{ ...fragment, selectionSet }];
  }

  /** The types of objects that show the field. What keeps the others from it is noted. */
  #showing(field: FieldNode, { type, possible, path }: Place): readonly string[] {
    const place = [...path, field.alias?.value ?? field.name.value];
    const coordinateOf = (owner: string): string => `${owner}.${field.name.value}`;
    const denials = new Map<string, Denial>();
    const showing: string[] = [];
    for (const one of possible) {
      const fate = this.fateOf(field, one);
      // Its whole type is denied: that is told where the object stands.
      const isGone = this.#standings.ofType(one).denial !== null;
      if (fate.kind === 'denied' && !isGone) denials.set(one, fate.denial);
      if (fate.kind === 'shown' && !isGone) showing.push(one);
    }
    const [first] = denials.values();
    const isAlike = [...denials.values()].every(({ rule }) => rule === first?.rule);
    if (first !== undefined && denials.size === possible.length && isAlike)
      this.#addDenial(coordinateOf(type.name), first, place);
    else for (const [owner, denial] of denials) this.#addDenial(coordinateOf(owner), denial, place);
    return showing;
  }

  #pruneField(field: FieldNode, { type: parent, possible, path }: Place): readonly FieldNode[] {
    const name = field.name.value;
    const type = this.#typeOf(parent, name);
    this.coordinates.add(`${parent.name}.${name}`);
    if (field.selectionSet === undefined || !isCompositeType(type)) return [field];
    const below: Place = {
      type,
      possible: this.#possibleBelow(possible, name),
      path: [...path, field.alias?.value ?? name],
    };
    this.#noteDeniedTypes(below);
    const selectionSet = this.pruneSet(field.selectionSet, below);
    // The object itself may be seen, if only whether it is there.
    return [{ ...field, selectionSet: selectionSet.selections.length > 0 ? selectionSet : typenameOnly }];
  }

  #typeOf(parent: GraphQLCompositeType, name: string) {
    const type = getNamedType((isUnionType(parent) ? undefined : parent.getFields()[name])?.type);
    if (type === undefined) throw new Error(`Type "${parent.name}" has no field "${name}".`);
    return type;
  }

  /** An implementation may promise more of a field than its interface does. */
  #possibleBelow(parents: readonly string[], name: string): readonly string[] {
    const types = parents.flatMap((parent) => {
      const type = this.#schema.getType(parent);
      return isCompositeType(type) ? this.#standings.possibleTypes(this.#typeOf(type, name).name) : [];
    });
    return [...new Set(types)];
  }

  #narrow(place: Place, possible: readonly string[]): Place {
    const type = this.#schema.getType(possible[0] ?? '');
    return { ...place, possible, type: isCompositeType(type) ? type : place.type };
  }

  /** Objects of a denied type may stand behind an abstract one: they become null wherever they turn up. */
  #noteDeniedTypes({ possible, path }: Place): void {
    for (const type of possible) {
      const { denial } = this.#standings.ofType(type);
      if (denial !== null) this.#addDenial(type, denial, path);
    }
  }

  /** Denies every field of a root type that is denied as a whole. */
  denyAll(set: SelectionSetNode, place: Place): SelectionSetNode {
    const { denial } = this.#standings.ofType(place.type.name);
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) this.denyAll(selection.selectionSet, place);
      if (selection.kind !== Kind.FIELD || denial === null) continue;
      const { name, alias } = selection;
      this.#addDenial(`${place.type.name}.${name.value}`, denial, [(alias ?? name).value]);
    }
    return { kind: Kind.SELECTION_SET, selections: [] };
  }

  #addDenial(coordinate: string, { rule, reason }: Denial, path: readonly string[]): void {
    const key = `${path.join('.')} ${coordinate}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.denied.push({ path, coordinate, rule, reason });
  }
}

function push<Value>(map: Map<string, Value[]>, key: string, ...values: readonly Value[]): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [...values]);
  else known.push(...values);
}

function fragmentOn(type: string, selections: readonly SelectionNode[]): InlineFragmentNode {
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
}

const typenameOnly: SelectionSetNode = {
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }],
};
