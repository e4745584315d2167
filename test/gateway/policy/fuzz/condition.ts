/** Random row conditions in CEL over the fields of a type, out of choices. */
import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
} from 'graphql';
import { type Choose, pick } from '../../federation/fuzz/choice.ts';
import type { OracleRule, ReadTree } from './rule.ts';

export type RowsType = GraphQLObjectType | GraphQLInterfaceType;

/** Whether a condition may read a field. */
export type IsReadable = (type: string, field: string) => boolean;

interface Writing {
  readonly choose: Choose;
  readonly isReadable: IsReadable;
}

interface Part {
  readonly text: string;
  readonly reads: ReadTree;
}

/** A condition on objects of a type. */
export function createRows(type: RowsType, writing: Writing): OracleRule {
  const isPlain = writing.choose(3) === 1 && type.getFields()['id'] !== undefined;
  const { text, reads } = isPlain ? ofKey(writing.choose) : condition(type, writing, 2);
  return { kind: 'rows', where: text, reads };
}

/** Of an entity's rows, some are and some are not. */
function ofKey(choose: Choose): Part {
  const text = pick(choose, [
    "!object.id.endsWith('-1')",
    "object.id.matches('[02]$')",
    'object.id in subject.claims.codes || has(subject.claims.a)',
    "size(object.id) > 0 && (purpose == 'audit' || object.id.matches('[0-2]$'))",
  ]);
  return { text, reads: { id: {} } };
}

function condition(type: RowsType, writing: Writing, depth: number): Part {
  const { choose } = writing;
  if (depth === 0) return test('object', type, { ...writing, depth: 2 });
  const one = () => condition(type, writing, depth - 1);
  switch (choose(10)) {
    case 0:
    case 1:
    case 2:
    case 8:
    case 9:
      return test('object', type, { ...writing, depth: 2 });
    case 3:
      return { text: ofRequest(choose), reads: {} };
    case 4:
      return both([one(), one()], ([a, b]) => `(${a} && ${b})`);
    case 5:
      return both([{ text: ofRequest(choose), reads: {} }, one()], ([a, b]) => `(${a} || ${b})`);
    case 6:
      return both([one()], ([a]) => `!(${a})`);
    default:
      return both([{ text: ofRequest(choose), reads: {} }, one(), one()], ([a, b, c]) => `(${a} ? ${b} : ${c})`);
  }
}

/** What the request alone decides. */
function ofRequest(choose: Choose): string {
  return pick(choose, [
    "'staff' in subject.roles",
    'subject.id != null',
    'has(subject.claims.a)',
    "purpose == 'audit'",
    'subject.claims.a == 1',
    "subject.claims.codes.exists(code, code.endsWith('-1'))",
    'size(subject.claims.codes) > 1',
    "now > timestamp('2026-01-01T00:00:00Z')",
    "subject.claims['level'] >= 2",
    "subject.domain == 'safety'",
    'true',
  ]);
}

interface ValueWriting extends Writing {
  /** How many objects it may still go into. */
  readonly depth: number;
}

/** Something that an object says, as `object` or the variable of a macro. */
function test(name: string, type: RowsType, writing: ValueWriting): Part {
  const { choose, isReadable, depth } = writing;
  const fields = Object.values<GraphQLField<unknown, unknown>>(type.getFields()).filter(
    (field) => isReadable(type.name, field.name) && (depth > 0 || !isObjectType(getNamedType(field.type))),
  );
  const field = fields[choose(fields.length)];
  if (field === undefined) return { text: name === 'object' ? 'subject.id != null' : 'true', reads: {} };
  const { text, reads } = ofValue(`${name}.${field.name}`, field.type, writing);
  return { text, reads: { [field.name]: reads } };
}

function ofValue(path: string, type: GraphQLOutputType, writing: ValueWriting): Part {
  const { choose, depth } = writing;
  const nullable = getNullableType(type);
  if (choose(12) === 11) return { text: `${path} ${pick(choose, ['!=', '=='])} null`, reads: {} };
  if (isListType(nullable)) {
    const quantor = pick(choose, ['exists', 'all', 'exists_one']);
    const variable = `${'xyz'[3 - depth] ?? 'w'}${depth}`;
    if (choose(4) === 0) return { text: `size(${path}) ${pick(choose, ['>', '==', '<'])} ${choose(3)}`, reads: {} };
    const { text, reads } = ofValue(variable, nullable.ofType, writing);
    return { text: `${path}.${quantor}(${variable}, ${text})`, reads };
  }
  if (isObjectType(nullable)) return test(path, nullable, { ...writing, depth: depth - 1 });
  return { text: ofLeaf(path, getNamedType(nullable).name, choose), reads: {} };
}

function ofLeaf(path: string, type: string, choose: Choose): string {
  switch (type) {
    case 'Int':
      return pick(choose, [
        `${path} > 0`,
        `${path} > subject.claims.a`,
        `${path} < 1`,
        `${path} == subject.claims.a`,
        `${path} in [0, 2, 3]`,
        `int(${path}) % 2 == 0`,
        `-${path} < double(subject.claims.level) * 100.0`,
      ]);
    case 'Float':
      return pick(choose, [`${path} >= 100.0`, `${path} < 200`, `${path} != 1.5`]);
    case 'Boolean':
      return pick(choose, [path, `!${path}`, `${path} == true`]);
    case 'Shade':
      return pick(choose, [`${path} == 'RED'`, `${path} in subject.claims.shades`, `${path} != 'GREEN'`]);
    case 'String':
    case 'ID':
      return pick(choose, [
        `${path}.matches('[13-9]')`,
        `${path} != 'plain'`,
        `size(${path}) > 4`,
        `!${path}.endsWith('-1')`,
        `${path} in subject.claims.codes`,
        `${path}.contains('1') || ${path}.contains('n')`,
        `!(${path} in subject.claims.codes)`,
        `!${path}.startsWith('E0-2')`,
        `(${path} + 'x').endsWith('1x')`,
      ]);
    default:
      return pick(choose, [`${path} == 1`, `${path} != 'text'`, `has(${path}.id)`]);
  }
}

function both(parts: readonly Part[], write: (texts: readonly string[]) => string): Part {
  const reads = parts.reduce<ReadTree>((all, part) => merge(all, part.reads), {});
  return { text: write(parts.map(({ text }) => text)), reads };
}

function merge(one: ReadTree, other: ReadTree): ReadTree {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(Array.from(names, (name) => [name, merge(one[name] ?? {}, other[name] ?? {})]));
}
