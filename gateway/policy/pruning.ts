/** One pass over an operation that takes out what a subject does not see, and notes why. */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  getNamedType,
  isCompositeType,
  isEnumType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Refusal } from './bound-input.ts';
import { possibleTypes } from './owner.ts';
import type { Denial } from './said.ts';
import type { Standings } from './standing.ts';

export interface Denied {
  /** Response keys from the root; no positions in lists. */
  readonly path: readonly string[];
  readonly coordinate: string;
  /** For a type of objects: the field that may give them. */
  readonly at?: string;
  readonly rule: Rule;
  readonly reason: string;
  /** Whether it is an input that may not be used. Default false. */
  readonly isInput?: boolean;
}

/** What is not shown as it is, though it may be selected. */
export interface Limited {
  readonly verdict: 'mask' | 'filter' | 'deny';
  /** A field, a type with rows, or a value of an enum. */
  readonly coordinate: string;
  readonly rule: Rule;
}

/** Where selections stand: on which type, on which objects, and where that is in the answer. */
interface Place {
  readonly type: GraphQLCompositeType;
  readonly possible: readonly string[];
  readonly path: readonly string[];
}

/** Why a field of a type may not be selected with its arguments. */
export type RefuseField = (field: FieldNode, type: string) => Refusal | null;

/** What a pass is told. */
export interface PruningOptions {
  readonly schema: GraphQLSchema;
  readonly standings: Standings;
  readonly refuse: RefuseField;
}

type Fate =
  | { readonly kind: 'shown' }
  | { readonly kind: 'null' }
  | { readonly kind: 'denied'; readonly denial: Denial };

/** The state of one pass over an operation. Each field is decided for each type of object that may stand there, however it is selected. */
export class Pruning {
  readonly coordinates = new Set<string>();
  readonly denied: Denied[] = [];
  /** By coordinate and rule. */
  readonly limited = new Map<string, Limited>();
  readonly #known = new Set<string>();
  /** Types for whose objects a field is selected with inputs that are refused. */
  readonly #refused = new Map<FieldNode, string[]>();
  readonly #options: PruningOptions;
  #selections = 0;
  #isPartial = false;
  /** The root type, when it is denied as a whole. */
  #deniedRoot: string | null = null;

  constructor(options: PruningOptions) {
    this.#options = options;
  }

  /** The operation without what is denied. It has no fragment spreads. */
  prune(operation: OperationDefinitionNode): OperationDefinitionNode {
    const { schema, standings } = this.#options;
    const root = schema.getRootType(operation.operation);
    if (!root) throw new Error(`The schema has no root type for ${operation.operation} operations.`);
    const { denial } = standings.ofType(root.name);
    const place: Place = { type: root, possible: [root.name], path: [] };
    if (denial === null) return { ...operation, selectionSet: this.#pruneSet(operation.selectionSet, place) };
    this.#deniedRoot = root.name;
    this.#denyAll(operation.selectionSet, place, denial);
    return { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections: [] } };
  }

  /** Whether of what is left values are masked, or rows may not exist. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  isDenied(field: FieldNode, type: string): boolean {
    // What introspection tells is another's to decide.
    if (field.name.value === '__schema' || field.name.value === '__type') return false;
    if (type === this.#deniedRoot || this.#fateOf(field, type).kind !== 'shown') return true;
    const refused = this.#refused.get(field) ?? [];
    return possibleTypes(type, this.#options.schema).some((one) => refused.includes(one));
  }

  /** Fields of a root are denied one by one. */
  isTypeDenied(type: string): boolean {
    return type !== this.#deniedRoot && this.#options.standings.ofType(type).denial !== null;
  }

  #fateOf(field: FieldNode, type: string): Fate {
    const { denial, masked } = this.#options.standings.ofField(type, field.name.value);
    if (denial !== null) return { kind: 'denied', denial };
    return { kind: masked?.mask.name === 'NULL' ? 'null' : 'shown' };
  }

  /** Fields that not all objects show are selected of those types that do. */
  #pruneSet(set: SelectionSetNode, place: Place): SelectionSetNode {
    this.#count(set.selections.length);
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
    const type = name === undefined ? place.type : this.#options.schema.getType(name);
    if (!isCompositeType(type)) return [];
    const among = new Set(possibleTypes(type.name, this.#options.schema));
    const possible = place.possible.filter((one) => among.has(one));
    if (possible.length === 0) return [];
    const selectionSet = this.#pruneSet(fragment.selectionSet, { ...place, type, possible });
    if (selectionSet.selections.length > 0) return [{ ...fragment, selectionSet }];
    // What is null of some objects is nothing of the others: which they are has to be known.
    return possible.length === place.possible.length ? [] : [{ ...fragment, selectionSet: typenameOnly }];
  }

  /** The types of objects that show the field. What keeps the others from it is noted. */
  #showing(field: FieldNode, { type, possible, path }: Place): readonly string[] {
    const place = [...path, field.alias?.value ?? field.name.value];
    const coordinateOf = (owner: string): string => `${owner}.${field.name.value}`;
    const denials = new Map<string, Denial>();
    const showing: string[] = [];
    for (const one of possible) {
      // Its whole type is denied: that is told where the object stands.
      if (this.#options.standings.ofType(one).denial !== null) continue;
      const fate = this.#fateOf(field, one);
      const refusal = fate.kind === 'shown' ? this.#options.refuse(field, one) : null;
      if (refusal !== null) {
        push(this.#refused, field, one);
        this.#addDenial(refusal.coordinate, { ...refusal, isInput: true }, place);
        continue;
      }
      if (fate.kind === 'denied') denials.set(one, fate.denial);
      if (fate.kind === 'shown') showing.push(one);
      if (fate.kind !== 'denied') this.#noteMask(one, field.name.value);
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
    const { standings } = this.#options;
    this.coordinates.add(`${parent.name}.${name}`);
    this.#isPartial ||= possible.some((one) => standings.ofField(one, name).masked !== null);
    if (isEnumType(type)) {
      // The answer's shape leaves them out; here they only have to be known to bear.
      for (const { name: value } of type.getValues()) {
        this.#noteLimit('deny', `${type.name}.${value}`, standings.denyingValue(type.name, value));
      }
    }
    if (field.selectionSet === undefined || !isCompositeType(type)) return [field];
    const below: Place = {
      type,
      possible: this.#possibleBelow(possible, name),
      path: [...path, field.alias?.value ?? name],
    };
    this.#isPartial ||= below.possible.some((one) => this.#mayMiss(one) || this.#mayMiss(this.#nodeOf(one)));
    this.#noteTypes(below, `${parent.name}.${name}`);
    const selectionSet = this.#pruneSet(field.selectionSet, below);
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
      const type = this.#options.schema.getType(parent);
      return isCompositeType(type) ? possibleTypes(this.#typeOf(type, name).name, this.#options.schema) : [];
    });
    return [...new Set(types)];
  }

  #mayMiss(type: string | null): boolean {
    return type !== null && this.#options.standings.ofType(type).filters.length > 0;
  }

  /** An edge goes with its node, whether or not that is selected. */
  #nodeOf(type: string): string | null {
    const edge = this.#options.schema.getType(type);
    const node = isObjectType(edge) ? edge.getFields()['node'] : undefined;
    return node === undefined ? null : getNamedType(node.type).name;
  }

  #narrow(place: Place, possible: readonly string[]): Place {
    const type = this.#options.schema.getType(possible[0] ?? '');
    return { ...place, possible, type: isCompositeType(type) ? type : place.type };
  }

  /** Objects of a denied type may stand behind an abstract one: they become null wherever they turn up. */
  #noteTypes({ possible, path }: Place, at: string): void {
    for (const type of possible) {
      const { denial, filters } = this.#options.standings.ofType(type);
      if (denial !== null) this.#addDenial(type, { ...denial, at }, path);
      else for (const rule of filters) this.#noteLimit('filter', type, rule);
    }
  }

  #noteMask(type: string, field: string): void {
    this.#noteLimit('mask', `${type}.${field}`, this.#options.standings.ofField(type, field).masked?.rule ?? null);
  }

  #noteLimit(verdict: Limited['verdict'], coordinate: string, rule: Rule | null): void {
    if (rule !== null) this.limited.set(`${coordinate} ${rule.text}`, { verdict, coordinate, rule });
  }

  /** Told apart by type at every level, selections multiply: what took few words may not become a large operation. */
  #count(selections: number): void {
    this.#selections += selections;
    if (this.#selections <= limits.documentSelectionsMax) return;
    throw new WeftError('LIMIT_EXCEEDED', {
      action: 'Cannot run the document for this subject',
      found: `more than ${limits.documentSelectionsMax} selections, once what it may see of each type is told apart`,
      wanted: `at most ${limits.documentSelectionsMax}`,
      fix: 'Select less of interfaces in one another, or name the types that are wanted.',
    });
  }

  #denyAll(set: SelectionSetNode, place: Place, denial: Denial): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) this.#denyAll(selection.selectionSet, place, denial);
      if (selection.kind !== Kind.FIELD) continue;
      const { name, alias } = selection;
      this.#addDenial(`${place.type.name}.${name.value}`, denial, [(alias ?? name).value]);
    }
  }

  #addDenial(
    coordinate: string,
    { rule, reason, ...rest }: Denial & Pick<Denied, 'isInput' | 'at'>,
    path: readonly string[],
  ): void {
    const key = `${path.join('.')} ${coordinate}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.denied.push({ path, coordinate, rule, reason, ...rest });
  }
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, ...values: readonly Value[]): void {
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
