/**
 * The shape of an answer: what the client's operation selects, resolved against the schema once. The fast writer and the
 * careful one (`writer.ts`, `complete.ts`) both read it, so they cannot disagree about what belongs into an answer.
 */
import {
  type FieldNode,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNullableType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  typeFromAST,
} from 'graphql';
import type { Mask } from '../../mesh/policy/mask.ts';
import { deferLabel, hasDefer } from '../plan/defer.ts';
import { type InnerKeys, readInnerKeys } from './alias.ts';

export type ShapeValue = NullableShape | { readonly kind: 'nonNull'; readonly of: NullableShape };

export type NullableShape = { readonly kind: 'list'; readonly of: ShapeValue } | LeafShape | ObjectShape;

export interface LeafShape {
  readonly kind: 'leaf';
  /** `custom` is any JSON. */
  readonly leaf: 'Int' | 'Float' | 'String' | 'Boolean' | 'ID' | 'enum' | 'custom';
  /** Name of the type. */
  readonly type: string;
  /** For an enum: the values that clients may see. */
  readonly values: ReadonlySet<string> | null;
  /** Whether the mesh has such a value and only does not show it to clients. */
  isHidden(value: unknown): boolean;
}

export interface ObjectShape {
  readonly kind: 'object';
  /** Name of the declared type. */
  readonly type: string;
  /** Its only possible type; `null` when the data has to say which (`__typename`). */
  readonly concrete: string | null;
  /** Names of all its possible types. */
  readonly possibleTypes: readonly string[];
  /**
   * What is selected on a type; `null` when such objects may not stand here. Made on first use. Of what an interface
   * object gave, often nobody had to ask which it is: then the interface itself is the type.
   */
  fieldsOf(type: string): readonly FieldShape[] | null;
  /** Whether such objects do stand here and are only not shown to this client. */
  isHidden(type: string): boolean;
  /** Whether a fragment at or below it is answered later. */
  readonly isDeferring: boolean;
  /** The fragments of a type that are answered later. */
  deferredOf(type: string): readonly DeferredShape[];
}

/** A fragment with `@defer` on objects of one type. */
export interface DeferredShape {
  readonly label: string;
  /** What it adds to what was answered before it. */
  readonly shape: ObjectShape;
}

export interface FieldShape {
  /** Response key. */
  readonly key: string;
  /** Key in the result. */
  readonly inner: string;
  readonly parent: string;
  readonly name: string;
  readonly value: ShapeValue;
  /** How the value is shown; `null`: as it is. */
  readonly mask: Mask | null;
  /** Where the value comes from: the result, the object's type, or nowhere, since policy denies it. */
  readonly from: 'result' | 'typename' | 'denied';
}

export interface ShapeOptions {
  readonly schema: GraphQLSchema;
  /**
   * Whether policy denies a field, by the selection's node, of objects of a type: those are answered with null. The type is an
   * interface where no more is known of the objects.
   */
  readonly isDenied: (field: FieldNode, parentType: string) => boolean;
  /** How a field's value is shown, as `isDenied` asks. Default: as it is. */
  readonly maskOf?: (field: FieldNode, parentType: string) => Mask | null;
  /** Whether policy denies all objects of a type. */
  readonly isTypeDenied: (type: string) => boolean;
  /** Whether policy denies a value of an enum: null stands in its place. Default: none. */
  readonly isValueDenied?: (type: string, value: string) => boolean;
  /** The object types that a type may turn out to be inside the mesh, also those that no client sees. */
  readonly possibleTypes?: (type: string) => ReadonlySet<string>;
  /** The values that an enum has inside the mesh, also those that no client sees. */
  readonly enumValues?: (type: string) => ReadonlySet<string>;
  /** Whether fragments with `@defer` are answered later. Default false: then there must be none. */
  readonly isDeferring?: boolean;
  /** Default: the operation's own. */
  readonly keys?: InnerKeys;
}

type Shaping = ShapeOptions & { readonly keys: InnerKeys };

/** The shape of a normalised operation's answer. */
export function shapeOperation(operation: OperationDefinitionNode, options: ShapeOptions): ObjectShape {
  const root = options.schema.getRootType(operation.operation);
  if (!root) throw new Error(`The schema has no root type for ${operation.operation} operations.`);
  return shapeObject({ sets: [operation.selectionSet], sent: [] }, root, {
    keys: readInnerKeys(operation),
    ...options,
  });
}

/** Selections of one object, and those that an earlier part of the answer holds. */
interface Selected {
  readonly sets: readonly SelectionSetNode[];
  readonly sent: readonly SelectionSetNode[];
}

interface TypeShape {
  readonly fields: readonly FieldShape[];
  readonly deferred: readonly DeferredShape[];
}

type ParentType = GraphQLObjectType | GraphQLInterfaceType;

function shapeObject(selected: Selected, declared: GraphQLOutputType, options: Shaping): ObjectShape {
  const { sets } = selected;
  const type = getNamedType(declared);
  const known = new Map<string, TypeShape | null>();
  const shapeOf = (name: string): TypeShape | null => {
    let shape = known.get(name);
    if (shape === undefined) {
      const concrete = options.schema.getType(name);
      const fits =
        (isObjectType(concrete) || (isInterfaceType(concrete) && suffices(concrete, sets, options))) &&
        (concrete === type || (isAbstractType(type) && options.schema.isSubType(type, concrete)));
      shape = fits && !options.isTypeDenied(name) ? shapeSelected(selected, concrete, options) : null;
      known.set(name, shape);
    }
    return shape;
  };
  return {
    kind: 'object',
    type: type.name,
    concrete: isObjectType(type) ? type.name : null,
    possibleTypes: (isAbstractType(type) ? options.schema.getPossibleTypes(type) : [type]).map(({ name }) => name),
    isHidden: (name) => name === type.name || options.possibleTypes?.(type.name).has(name) === true,
    fieldsOf: (name) => shapeOf(name)?.fields ?? null,
    isDeferring: options.isDeferring === true && sets.some(hasDefer),
    deferredOf: (name) => shapeOf(name)?.deferred ?? [],
  };
}

/** Whether an object can be answered while only its interface is known: no selection depends on more, no rule may. */
function suffices(type: GraphQLInterfaceType, sets: readonly SelectionSetNode[], options: Shaping): boolean {
  const isIndependent = (selection: SelectionNode): boolean => {
    if (selection.kind === 'Field') return selection.name.value !== '__typename';
    return (
      selection.kind === 'InlineFragment' &&
      applies(selection.typeCondition, type, options.schema) &&
      selection.selectionSet.selections.every(isIndependent)
    );
  };
  return (
    !options.schema.getPossibleTypes(type).some((possible) => options.isTypeDenied(possible.name)) &&
    sets.every((set) => set.selections.every(isIndependent))
  );
}

function shapeSelected({ sets, sent }: Selected, parent: ParentType, options: Shaping): TypeShape {
  const own = gather(sets, parent, options);
  const before = sent.length === 0 ? null : gather(sent, parent, options).nodes;
  const fields = [...own.nodes].flatMap(([key, [node, ...others]]) => {
    if (node === undefined) throw new Error(`No selection stands behind "${key}".`);
    return shapeField(key, [node, ...others], { parent, options, sent: before?.get(key) }) ?? [];
  });
  const deferred = own.deferred.map(({ label, set }) => {
    const shape = shapeObject({ sets: [set], sent: [...sets, ...sent] }, parent, options);
    return { label, shape };
  });
  return { fields, deferred };
}

interface FieldPlace {
  readonly parent: ParentType;
  readonly options: Shaping;
  /** The same field in an earlier part of the answer. */
  readonly sent: readonly FieldNode[] | undefined;
}

/** `null` when nothing of the field remains to be answered. */
function shapeField(
  key: string,
  nodes: readonly [FieldNode, ...FieldNode[]],
  { parent, options, sent }: FieldPlace,
): FieldShape | null {
  const name = nodes[0].name.value;
  const { type } = fieldOf(parent, name);
  const sets = setsOf(nodes);
  const rest = shapeType(type, { sets, sent: setsOf(sent ?? []) }, options);
  if (sent !== undefined && isNothing(rest, options.schema)) return null;
  const isDenied = name !== '__typename' && nodes.some((node) => options.isDenied(node, parent.name));
  return {
    key,
    // Introspection comes as the client is answered.
    inner: name.startsWith('__') ? key : options.keys(nodes[0]),
    parent: parent.name,
    name,
    // A list is answered whole: not all clients can merge two lists.
    value:
      sent !== undefined && isListType(getNullableType(type)) ? shapeType(type, { sets, sent: [] }, options) : rest,
    mask: name.startsWith('__') ? null : (options.maskOf?.(nodes[0], parent.name) ?? null),
    from: isDenied ? 'denied' : name === '__typename' ? 'typename' : 'result',
  };
}

function setsOf(nodes: readonly FieldNode[]): readonly SelectionSetNode[] {
  return nodes.flatMap((node) => (node.selectionSet ? [node.selectionSet] : []));
}

/** Whether a value that was answered before has nothing to add. */
function isNothing(shape: ShapeValue, schema: GraphQLSchema): boolean {
  if (shape.kind === 'leaf') return true;
  if (shape.kind !== 'object') return isNothing(shape.of, schema);
  const type = schema.getType(shape.type);
  const names = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [{ name: shape.type }];
  return !shape.isDeferring && names.every(({ name }) => !shape.fieldsOf(name)?.length);
}

function shapeType(type: GraphQLOutputType, selected: Selected, options: Shaping): ShapeValue {
  return isNonNullType(type)
    ? { kind: 'nonNull', of: shapeNullable(type.ofType, selected, options) }
    : shapeNullable(type, selected, options);
}

/** Fields that hold introspection are answered whole, as JSON. */
function shapeNullable(
  type: GraphQLNullableType & GraphQLOutputType,
  selected: Selected,
  options: Shaping,
): NullableShape {
  if (isListType(type)) return { kind: 'list', of: shapeType(type.ofType, selected, options) };
  if (isEnumType(type)) return shapeEnum(type, options);
  if (selected.sets.length > 0 && !type.name.startsWith('__')) return shapeObject(selected, type, options);
  return { kind: 'leaf', leaf: leafKind(type.name), type: type.name, values: null, isHidden: () => false };
}

function shapeEnum(type: GraphQLEnumType, { enumValues, isValueDenied }: Shaping): LeafShape {
  const { name } = type;
  const values = type.getValues().map((value) => value.name);
  const shown = isValueDenied === undefined ? values : values.filter((value) => !isValueDenied(name, value));
  const inside = new Set(shown.length === values.length ? [] : values);
  return {
    kind: 'leaf',
    leaf: 'enum',
    type: name,
    values: new Set(shown),
    isHidden: (value) => typeof value === 'string' && (inside.has(value) || enumValues?.(name).has(value) === true),
  };
}

function leafKind(name: string): LeafShape['leaf'] {
  switch (name) {
    case 'Int':
    case 'Float':
    case 'String':
    case 'Boolean':
    case 'ID':
      return name;
    default:
      return 'custom';
  }
}

interface Gathering {
  readonly parent: ParentType;
  readonly options: Shaping;
  readonly nodes: Map<string, FieldNode[]>;
  readonly deferred: { readonly label: string; readonly set: SelectionSetNode }[];
}

function gather(sets: readonly SelectionSetNode[], parent: ParentType, options: Shaping): Gathering {
  const gathering: Gathering = { parent, options, nodes: new Map(), deferred: [] };
  for (const set of sets) gatherFields(set, gathering);
  return gathering;
}

/** GraphQL specification, section 6.3.2, CollectFields. */
function gatherFields(set: SelectionSetNode, gathering: Gathering): void {
  const { parent, options, nodes, deferred } = gathering;
  for (const selection of set.selections) {
    if (selection.kind === 'Field') {
      const key = selection.alias?.value ?? selection.name.value;
      const known = nodes.get(key);
      if (known) known.push(selection);
      else nodes.set(key, [selection]);
      continue;
    }
    if (selection.kind === 'FragmentSpread') throw new Error('A normalised operation has no fragment spreads.');
    if (!applies(selection.typeCondition, parent, options.schema)) continue;
    const label = options.isDeferring === true ? deferLabel(selection) : null;
    if (label === null) gatherFields(selection.selectionSet, gathering);
    else deferred.push({ label, set: selection.selectionSet });
  }
}

function applies(condition: NamedTypeNode | undefined, parent: ParentType, schema: GraphQLSchema): boolean {
  if (!condition) return true;
  const type = typeFromAST(schema, condition);
  return type === parent || (isAbstractType(type) && schema.isSubType(type, parent));
}

const metaFields = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].map((field) => [field.name, field]),
);

function fieldOf(parent: ParentType, name: string): GraphQLField<unknown, unknown> {
  const field = metaFields.get(name) ?? parent.getFields()[name];
  if (!field) throw new Error(`Type "${parent.name}" has no field "${name}".`);
  return field;
}
