/** Random operations on a schema, out of choices. Most are valid; whoever asks them leaves out the others. */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isUnionType,
} from 'graphql';
import { type Choose, pick } from './choice.ts';
import type { Question } from './oracle.ts';

interface Writing {
  readonly schema: GraphQLSchema;
  readonly choose: Choose;
  /** Definitions by name, and their values. */
  readonly variables: Map<string, { readonly definition: string; readonly value?: unknown }>;
  readonly fragments: Map<string, string>;
  /** Fields that may still be selected. */
  budget: number;
}

/** Keys of one object: what each stands for. */
type Keys = Map<string, string>;

const depthMax = 5;

export function createOperation(schema: GraphQLSchema, choose: Choose): Question {
  const writing: Writing = { schema, choose, variables: new Map(), fragments: new Map(), budget: 40 };
  const mutation = schema.getMutationType();
  const isMutation = mutation && choose(6) === 5;
  const root = isMutation ? mutation : schema.getQueryType();
  if (!root) throw new Error('The schema has no query type.');
  const set = selectionSet(root, writing, { depth: depthMax, keys: new Map() });
  const definitions = [...writing.variables].map(([name, { definition }]) => `$${name}: ${definition}`);
  const operation = `${isMutation ? 'mutation' : 'query'} Q${definitions.length > 0 ? `(${definitions.join(', ')})` : ''} ${set}`;
  const given = [...writing.variables].flatMap(([name, variable]) =>
    'value' in variable ? [[name, variable.value]] : [],
  );
  return {
    query: [operation, ...[...writing.fragments].map(([name, text]) => `fragment ${name} ${text}`)].join('\n'),
    variables: Object.fromEntries(given) as Question['variables'],
  };
}

interface Place {
  readonly depth: number;
  readonly keys: Keys;
}

function selectionSet(type: GraphQLNamedType, writing: Writing, place: Place): string {
  const { choose } = writing;
  const texts: string[] = [];
  for (let count = 1 + choose(4); count > 0 && writing.budget > 0; count--) {
    const isFragment = (isAbstractType(type) ? choose(3) > 0 : choose(8) === 7) && place.depth > 0;
    texts.push(isFragment ? fragment(type, writing, place) : field(type, writing, place));
  }
  if (!texts.some(Boolean)) texts.push('__typename');
  return `{ ${texts.filter(Boolean).join(' ')} }`;
}

function fragment(type: GraphQLNamedType, writing: Writing, place: Place): string {
  const { choose, schema, fragments } = writing;
  const types = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
  const on = types[choose(types.length)] ?? type;
  const set = selectionSet(on, writing, { ...place, depth: place.depth - 1 });
  const condition = conditionOf(writing);
  if (choose(3) !== 2) return `... ${choose(6) === 5 && on === type ? '' : `on ${on.name} `}${condition}${set}`;
  const name = `F${fragments.size}`;
  fragments.set(name, `on ${on.name} ${set}`);
  return `...${name}${condition}`;
}

function field(type: GraphQLNamedType, writing: Writing, { depth, keys }: Place): string {
  const { choose, schema } = writing;
  const own = isUnionType(type) || !('getFields' in type) ? [] : Object.values(type.getFields());
  const fits = (own as GraphQLField<unknown, unknown>[]).filter(
    ({ type: given }) => depth > 1 || !isCompositeType(getNamedType(given)),
  );
  if (fits.length === 0 || choose(12) === 11) {
    if (type === schema.getQueryType() && choose(2) === 1) return '__schema { queryType { kind name } }';
    return keyed('__typename', '', { writing, keys, names: ['kin'], type: type.name });
  }
  writing.budget -= 1;
  const chosen = fits[choose(fits.length)] ?? fits[0];
  if (chosen === undefined) return '__typename';
  const args = chosen.args.flatMap((argument) => argumentOf(argument, writing));
  const text = args.length > 0 ? `(${args.join(', ')})` : '';
  const head = keyed(chosen.name, text, {
    writing,
    keys,
    names: ['id', 'code', 'a', 'ref', ...own.map(({ name }) => name), 'z'],
    type: String(chosen.type) + type.name,
  });
  const given = getNamedType(chosen.type);
  const below = isCompositeType(given) ? ` ${selectionSet(given, writing, { depth: depth - 1, keys: new Map() })}` : '';
  return `${head}${conditionOf(writing)}${below}`;
}

interface Keying {
  readonly writing: Writing;
  readonly keys: Keys;
  /** Aliases to choose from. */
  readonly names: readonly string[];
  readonly type: string;
}

/** A field under a key that stands for nothing else in its object. */
function keyed(name: string, args: string, { writing: { choose }, keys, names, type }: Keying): string {
  const meaning = `${type} ${name}${args}`;
  const wanted = choose(3) === 2 ? (names[choose(names.length)] ?? name) : name;
  for (const key of [wanted, `${wanted.replace(/^_+/, '')}_${keys.size}`]) {
    if ((keys.get(key) ?? meaning) !== meaning) continue;
    keys.set(key, meaning);
    return `${key === name ? '' : `${key}: `}${name}${args}`;
  }
  return '__typename';
}

function conditionOf(writing: Writing): string {
  const { choose, variables } = writing;
  if (choose(8) !== 7) return '';
  const directive = pick(choose, ['include', 'skip']);
  const value = choose(2) === 1;
  if (choose(2) === 0) return ` @${directive}(if: ${value})`;
  const name = `if${choose(3)}`;
  if (!variables.has(name)) variables.set(name, { definition: 'Boolean!', value });
  return ` @${directive}(if: $${name})`;
}

function argumentOf({ name, type }: GraphQLArgument, writing: Writing): readonly string[] {
  const { choose, variables } = writing;
  const value = valueOf(type, choose, 2);
  switch (choose(5)) {
    case 0:
      return [];
    case 1:
    case 2:
      return [`${name}: ${literal(value, type)}`];
    default: {
      const variable = `v${variables.size}`;
      const hasStandard = choose(3) === 2;
      const definition = `${type}${hasStandard ? ` = ${literal(valueOf(type, choose, 1), type)}` : ''}`;
      variables.set(variable, choose(5) === 4 ? { definition } : { definition, value });
      return [`${name}: $${variable}`];
    }
  }
}

function valueOf(type: GraphQLInputType, choose: Choose, depth: number): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, choose, depth) ?? 7;
  if (choose(9) === 8) return null;
  if (isListType(type)) {
    return choose(4) === 3
      ? valueOf(type.ofType, choose, depth)
      : Array.from({ length: choose(3) }, () => valueOf(type.ofType, choose, depth));
  }
  if (isEnumType(type)) return type.getValues()[choose(type.getValues().length)]?.name ?? null;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(() => depth > 0 && choose(2) === 1);
    return Object.fromEntries(fields.map((one) => [one.name, valueOf(one.type, choose, depth - 1)]));
  }
  if (type.name === 'Int') return choose(9) - 3;
  if (type.name === 'String') return ['', 'x', '"q"\\', 'ü'][choose(4)];
  return [1, 'j', [1, { k: null }], { k: [true] }][choose(4)];
}

function literal(value: unknown, type: GraphQLInputType): string {
  const named = getNamedType(type);
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, type)).join(', ')}]`;
  if (typeof value !== 'object' || value === null)
    return isEnumType(named) && value !== null ? String(value) : JSON.stringify(value);
  const fields = isInputObjectType(named) ? named.getFields() : {};
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name}: ${literal(inner, fields[name]?.type ?? type)}`)
    .join(', ')} }`;
}
