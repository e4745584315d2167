/**
 * Counts, sums and pages over rows that a subject may see in part. What they are made from has to be declared, so that it is known
 * to whom they tell of rows that are not theirs. Nothing in a schema says that a field counts; its type, its name and what
 * stands beside it do.
 */
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
import type { WeftError } from '../../mesh/core/error.ts';
import { argumentOf } from '../../mesh/policy/directive.ts';
import { typeNameOf } from './coordinates.ts';
import { type Ground, mistakeAt } from './ground.ts';
import { wordsOf } from './words.ts';

/** Aggregates over types with row conditions that do not say so. */
export function checkAggregates(ground: Ground): readonly WeftError[] {
  const types = [...ground.policy.rules].flatMap(([coordinate, bound]) => {
    const type = ground.schema.getType(coordinate);
    return isObjectType(type) && bound.some(({ rule }) => rule.kind === 'rows') ? [type] : [];
  });
  if (types.length === 0) return [];
  const objects = Object.values(ground.schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !/^(__|join__|link__)/.test(type.name),
  );
  const roots: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);
  return types.flatMap((rows) =>
    objects.flatMap((object) =>
      Object.values(object.getFields())
        .filter((field) => tellsOf(rows, field, { object, isRoot: roots.has(object.name) }))
        .filter((field) => !isDeclared(`${object.name}.${field.name}`, rows.name, ground))
        .map((field) => undeclared(`${object.name}.${field.name}`, rows.name, ground)),
    ),
  );
}

function undeclared(coordinate: string, rows: string, { locate }: Ground): WeftError {
  return mistakeAt(locate(coordinate), {
    action: `Cannot tell what "${coordinate}" reveals of "${rows}"`,
    found: `what looks like a count, a sum or a page over a type with @rows`,
    wanted: 'its sources',
    fix: `Declare \`@derivedFrom(coordinates: ["${rows}"])\` there, with \`masking: true\` if it reveals nothing of rows.`,
  });
}

/** Itself, the type that has it, or every field that leads there says what it is made from. */
function isDeclared(coordinate: string, rows: string, { policy, schema }: Ground): boolean {
  const names = (at: string): boolean =>
    (policy.derivations.get(at) ?? []).some(({ derivation }) =>
      derivation.coordinates.some((source) => typeNameOf(source) === rows),
    );
  const owner = typeNameOf(coordinate);
  if (names(coordinate) || names(owner)) return true;
  const leading = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).flatMap((field) =>
          getNamedType(field.type).name === owner ? [`${type.name}.${field.name}`] : [],
        )
      : [],
  );
  return leading.length > 0 && leading.every(names);
}

type Field = GraphQLField<unknown, unknown>;

interface Owner {
  readonly object: GraphQLObjectType;
  readonly isRoot: boolean;
}

function tellsOf(rows: GraphQLObjectType, field: Field, { object, isRoot }: Owner): boolean {
  if (object === rows) return false;
  const given = getNamedType(field.type);
  const list = isRoot ? undefined : listOf(rows, object);
  if (list !== undefined && tellsOfWhole.has(field.name.toLowerCase())) return true;
  if (list !== undefined && isPage(object, list)) {
    return !leadsTo(rows, given) && (!isCompositeType(given) || /page_?info/i.test(given.name));
  }
  if (!isNumber(given) && !isSummary(given)) return false;
  const rest = without(wordsOf(field.name), wordsOf(rows.name));
  return rest !== null && (rest.length === 0 || [...rest, ...wordsOf(given.name)].some((word) => counting.has(word)));
}

function isNumber({ name }: GraphQLNamedType): boolean {
  return name === 'Int' || name === 'Float';
}

function isSummary(type: GraphQLNamedType): boolean {
  return isObjectType(type) && wordsOf(type.name).some((word) => counting.has(word));
}

const counting: ReadonlySet<string> = new Set(
  'aggregate aggregation amount average avg count distribution histogram max maximum mean median min minimum percent percentage rate ratio share stat stats statistic statistics sum summary total volume'.split(
    ' ',
  ),
);

/** A field that lists the rows, or edges to them. */
function listOf(rows: GraphQLObjectType, object: GraphQLObjectType): Field | undefined {
  return Object.values(object.getFields()).find(
    ({ type }) => isListType(getNullableType(type)) && leadsTo(rows, getNamedType(type)),
  );
}

/** Whether an object is there for the sake of the list in it. What has a key is a thing in itself. */
function isPage(object: GraphQLObjectType, list: Field): boolean {
  if (isEntity(object)) return false;
  return /(Connection|Page|List|Results?|Collection)$/.test(object.name) || pageLists.has(list.name);
}

function isEntity({ astNode }: GraphQLObjectType): boolean {
  return astNode?.directives?.some((node) => argumentOf(node, 'key') !== undefined) ?? false;
}

/** By which names pages give their rows. */
const pageLists: ReadonlySet<string> = new Set('edges nodes items results records rows entries data'.split(' '));

/** What speaks of the whole list beside it. */
const tellsOfWhole: ReadonlySet<string> = new Set(
  'pageinfo totalcount total count pagecount hasnext hasnextpage hasprevious haspreviouspage hasmore nextcursor cursor'.split(
    ' ',
  ),
);

/** The rows themselves, an abstract type of them, or an edge to them. */
function leadsTo(rows: GraphQLObjectType, type: GraphQLNamedType): boolean {
  if (type === rows || (isInterfaceType(type) && rows.getInterfaces().includes(type))) return true;
  if (!isObjectType(type) || !(type.name.endsWith('Edge') || 'cursor' in type.getFields())) return false;
  return Object.values(type.getFields()).some((field) => getNamedType(field.type) === rows);
}

/** The words beside those of a name, in singular or plural; `null` when the name is not among them. */
function without(words: readonly string[], name: readonly string[]): readonly string[] | null {
  const at = words.findIndex((_, start) =>
    name.every((word, index) => {
      const said = words[start + index];
      const isLast = index === name.length - 1;
      return said === word || (isLast && [`${word}s`, `${word}es`, word.replace(/y$/, 'ies')].includes(said ?? ''));
    }),
  );
  return at === -1 ? null : [...words.slice(0, at), ...words.slice(at + name.length)];
}
