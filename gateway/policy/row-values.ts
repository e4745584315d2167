/** Reads of a result what row conditions ask for: values as clients would get them, under the names of their fields. */
import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isCompositeType,
  isEnumType,
  isListType,
  isObjectType,
} from 'graphql';
import type { FieldTree } from '../../mesh/policy/reads.ts';
import { rowKey } from './rows.ts';

export interface ReadingRows {
  readonly schema: GraphQLSchema;
  /** Whether a null is one. It may be what became of a value that could not be had. */
  readonly trustsNulls: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** The values of an object; `null` when one is lacking that the object's type has: then nothing can be said of the object. */
export function readRow(
  type: GraphQLObjectType,
  object: Readonly<Record<string, unknown>>,
  { tree, reading }: { readonly tree: FieldTree; readonly reading: ReadingRows },
): Values | null {
  const valueOf = (name: string): unknown => ownValue(object, rowKey(type.name, name));
  const values = readFields(type, tree, { valueOf, reading, isOneOfSeveral: false });
  return values === lacking ? null : values;
}

const lacking = Symbol('lacking');

interface Source {
  readonly valueOf: (name: string) => unknown;
  /** Whether the declared type is an abstract one. */
  readonly isOneOfSeveral: boolean;
  readonly reading: ReadingRows;
}

function readFields(
  type: GraphQLObjectType,
  tree: FieldTree,
  { valueOf, reading, isOneOfSeveral }: Source,
): Values | typeof lacking {
  const values: Record<string, unknown> = {};
  const fields = type.getFields();
  for (const [name, below] of tree) {
    const field = fields[name];
    if (name === '__typename') values[name] = type.name;
    // Of several types some may have a field; what none of them has is lacking.
    else if (field === undefined && !isOneOfSeveral) return lacking;
    if (field === undefined) continue;
    const value = readValue(valueOf(name), field.type, { tree: below, reading });
    if (value === lacking) return lacking;
    values[name] = value;
  }
  return values;
}

interface Wanted {
  readonly tree: FieldTree;
  readonly reading: ReadingRows;
}

function readValue(value: unknown, declared: GraphQLOutputType, wanted: Wanted): unknown {
  if (value === undefined || (value === null && !wanted.reading.trustsNulls)) return lacking;
  if (value === null) return null;
  const type = getNullableType(declared);
  if (isListType(type)) {
    if (!Array.isArray(value)) return lacking;
    const items = value.map((item) => readValue(item, type.ofType, wanted));
    return items.includes(lacking) ? lacking : items;
  }
  if (isCompositeType(type)) {
    if (typeof value !== 'object' || Array.isArray(value)) return lacking;
    const named = isObjectType(type) ? type.name : ownValue(value, '__typename');
    const concrete = typeof named === 'string' ? wanted.reading.schema.getType(named) : undefined;
    if (!isObjectType(concrete)) return lacking;
    const valueOf = (name: string): unknown => ownValue(value, name);
    return readFields(concrete, wanted.tree, { valueOf, reading: wanted.reading, isOneOfSeveral: concrete !== type });
  }
  return readLeaf(value, isEnumType(type) ? 'String' : type.name);
}

/** GraphQL specification, section 3.5, result coercion; what is none of the type's is no value. */
function readLeaf(value: unknown, type: string): unknown {
  switch (type) {
    case 'String':
    case 'ID':
      return typeof value === 'object' ? lacking : String(value);
    case 'Int':
    case 'Float':
      return typeof value === 'number' ? value : lacking;
    case 'Boolean':
      return typeof value === 'boolean' ? value : lacking;
    default:
      return value;
  }
}

/** Every object seems to have the names of its prototype. */
function ownValue(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined;
}
