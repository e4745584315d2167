/** Random meshes: types whose fields lie in two to four subgraphs, as those subgraphs and as one schema over the same data. */
import { type GraphQLSchema, buildSchema } from 'graphql';
import { type TestSubgraph, createSubgraph, federation } from '../../support/subgraph.ts';

/** The next whole number below a bound. */
export type Dice = (bound: number) => number;

export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x85ebca6b) >>> 0;
    return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
  };
}

export interface Field {
  readonly name: string;
  /** Position of the subgraph that has it. */
  readonly owner: number;
  /** `Int`, `Node` or an object type. */
  readonly type: string;
  readonly isList: boolean;
  readonly isNonNull: boolean;
  /** A field of the same type and of another subgraph. */
  readonly requires: string | null;
}

export interface Model {
  readonly subgraphs: number;
  /** Fields by type, `Query` among them; each object has an id besides. */
  readonly types: ReadonlyMap<string, readonly Field[]>;
}

export function createModel(dice: Dice): Model {
  const subgraphs = 2 + dice(3);
  const names = Array.from({ length: 2 + dice(3) }, (_, index) => `T${index}`);
  const field = (name: string, isScalar: boolean): Field => ({
    name,
    owner: dice(subgraphs),
    type: isScalar ? 'Int' : dice(3) === 0 ? 'Node' : (names[dice(names.length)] ?? 'Node'),
    isList: !isScalar && dice(2) === 0,
    isNonNull: dice(4) === 0,
    requires: null,
  });
  const fieldsOf = (type: string): Field[] => {
    const fields = Array.from({ length: 3 + dice(4) }, (_, index) =>
      field(`${type.toLowerCase()}${index}`, dice(2) === 0),
    );
    const [base, sum] = [field('base', true), field('sum', true)];
    if (base.owner === sum.owner) return fields;
    return [...fields, { ...base, isNonNull: false }, { ...sum, isNonNull: false, requires: 'base' }];
  };
  const query = Array.from({ length: 3 }, (_, index) => ({ ...field(`q${index}`, false), isNonNull: false }));
  return { subgraphs, types: new Map([['Query', query], ...names.map((name) => [name, fieldsOf(name)] as const)]) };
}

interface Entity {
  readonly __typename: string;
  readonly id: string;
  readonly base?: number | null;
}

/** What a field gives follows from where it stands; now and then null or an error. */
function valueOf({ id = '' }: Partial<Entity>, field: Field, model: Model): unknown {
  const dice = createDice(
    [...`${id}/${field.name}/${field.owner}`].reduce((hash, c) => hash * 31 + c.charCodeAt(0), 7),
  );
  dice(2);
  const roll = dice(20);
  const isSafe = field.name === 'base';
  if (roll === 0 && !isSafe) throw new Error('No.');
  if (roll < 3) return null;
  if (field.type === 'Int') return dice(1000);
  const objects = [...model.types.keys()].filter((name) => name !== 'Query');
  const one = (): Entity | null => {
    const type = field.type === 'Node' ? (objects[dice(objects.length)] ?? '') : field.type;
    return dice(12) === 0 ? null : { __typename: type, id: String(dice(4)) };
  };
  return field.isList ? Array.from({ length: dice(4) }, one) : one();
}

function resolve(entity: Entity, field: Field, model: Model): unknown {
  const value = valueOf(entity, field, model);
  return field.requires === null || value === null ? value : Number(value) * 1000 + (entity.base ?? 999);
}

const typeText = ({ type, isList, isNonNull }: Field) => `${isList ? `[${type}]` : type}${isNonNull ? '!' : ''}`;

/** The whole in one schema, answered by `fieldResolver`. */
export function oneSchema(model: Model): GraphQLSchema {
  const types = [...model.types].map(([type, fields]) => {
    const own = fields.map((field) => `${field.name}: ${typeText(field)}`).join(' ');
    return type === 'Query' ? `type Query { ${own} }` : `type ${type} implements Node { id: ID! ${own} }`;
  });
  return buildSchema(`interface Node { id: ID! } ${types.join('\n')}`);
}

type ResolverArguments = [
  source: Entity | undefined,
  values: unknown,
  context: unknown,
  info: { fieldName: string; parentType: { name: string } },
];

/** Answers every field of the one schema. */
export function fieldResolver(model: Model) {
  return (...[source, , , info]: ResolverArguments) => {
    if (info.fieldName === 'id') return source?.id;
    const fields = model.types.get(info.parentType.name) ?? [];
    const [field, base] = [info.fieldName, 'base'].map((name) => fields.find((one) => one.name === name));
    if (field === undefined) throw new Error(`The model has no field "${info.fieldName}".`);
    const entity = { __typename: '', id: '', ...source };
    const known = field.requires !== null && base ? { base: valueOf(entity, base, model) as number | null } : {};
    return resolve({ ...entity, ...known }, field, model);
  };
}

export function createSubgraphs(model: Model): readonly TestSubgraph[] {
  return Array.from({ length: model.subgraphs }, (_, position) => {
    const resolvers: Record<string, Record<string, unknown>> = {};
    const types = [...model.types].map(([type, fields]) => {
      const own = fields.filter((field) => field.owner === position);
      const resolver = (field: Field) => (source: Entity) => resolve(source ?? {}, field, model);
      resolvers[type] = Object.fromEntries(own.map((field) => [field.name, resolver(field)]));
      const texts = own.map(
        (field) => `${field.name}: ${typeText(field)}${field.requires ? ' @requires(fields: "base")' : ''}`,
      );
      if (type === 'Query') return texts.length === 0 ? '' : `type Query { ${texts.join(' ')} }`;
      if (own.some((field) => field.requires)) texts.push('base: Int @external');
      resolvers[type].__resolveReference = (reference: Entity) => reference;
      return `type ${type} implements Node @key(fields: "id") { id: ID! ${texts.join(' ')} }`;
    });
    const sdl = `${federation('@key', '@external', '@requires')} interface Node { id: ID! } ${types.join('\n')}`;
    return createSubgraph(`s${position}`, sdl, resolvers);
  });
}

/** A random operation. Aliases now and then bear names of other fields. */
export function createOperation(model: Model, dice: Dice): string {
  const objects = [...model.types.keys()].filter((name) => name !== 'Query');
  const select = (type: string, depth: number): string => {
    if (type === 'Node') {
      const fragments = objects.filter(() => dice(2) === 0).map((name) => `... on ${name} ${select(name, depth)}`);
      return `{ ${dice(2) ? 'id' : '__typename'} ${fragments.join(' ')} }`;
    }
    const fields = (model.types.get(type) ?? []).filter((field) => (field.type === 'Int' || depth > 0) && dice(5) < 3);
    const texts = fields.map((field, index) => {
      const alias = dice(6) === 0 ? `${['id', 'base', 'x'][dice(3)]}${index > 1 ? index : ''}: ` : '';
      return `${alias}${field.name} ${field.type === 'Int' ? '' : select(field.type, depth - 1)}`;
    });
    return `{ ${[...texts, dice(2) || texts.length === 0 ? '__typename' : ''].join(' ')} }`;
  };
  return select('Query', 4);
}
