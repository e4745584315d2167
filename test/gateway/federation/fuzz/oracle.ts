/** What a gateway must answer: graphql-js on the schema that clients see, over the same world. */
import { setImmediate } from 'node:timers/promises';
import {
  type GraphQLFieldResolver,
  type GraphQLSchema,
  Kind,
  buildASTSchema,
  buildSchema,
  execute,
  parse,
  printSchema,
  visit,
} from 'graphql';
import type { Field, Model, Requirement } from './model.ts';
import {
  type Call,
  type Thing,
  type Values,
  concrete,
  fieldOf,
  give,
  giveValue,
  keyValue,
  selectRequired,
} from './world.ts';

export type Path = readonly (string | number)[];

export interface Truth {
  readonly data: unknown;
  /** Errors as graphql-js reports them: one for each null. */
  readonly errors: readonly Path[];
  /** Every place where a field failed, also below what is null already. */
  readonly failures: readonly Path[];
  /** Places of fields that were computed although something they require failed. */
  readonly uncertain: readonly Path[];
}

export interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type Oracle = (question: Question) => Promise<Truth>;

/** What an answer leaves behind. */
export interface Noted {
  readonly failures: Path[];
  readonly uncertain: Path[];
  readonly state: MutationState;
}

/** What mutations have changed so far. */
export interface MutationState {
  count: number;
}

export function createOracle(model: Model, apiSchema: GraphQLSchema): Oracle {
  const printed = printSchema(apiSchema);
  const schema = buildSchema(printed);
  const lenient = withNullableMutations(printed);
  const run = async (on: GraphQLSchema, { query, variables }: Question): Promise<Truth> => {
    const noted: Noted = { failures: [], uncertain: [], state: { count: 0 } };
    const { data, errors = [] } = await execute({
      schema: on,
      document: parse(query),
      variableValues: variables,
      contextValue: noted,
      fieldResolver: (...args) => resolve(model, args),
      typeResolver: (value) => (value as Thing).__typename,
    });
    // What is null already keeps nobody waiting for the fields below it, and these may fail too.
    await setImmediate();
    const { failures, uncertain } = noted;
    return { data: data ?? null, errors: errors.map(({ path }) => path ?? []), failures, uncertain };
  };
  return async (question) => {
    const truth = await run(schema, question);
    if (truth.data !== null || !schema.getMutationType()) return truth;
    // A mutation that took all with it ends the run, though those after it may have been done by then, and may have failed too.
    const { failures, uncertain } = await run(lenient, question);
    return { ...truth, failures, uncertain };
  };
}

/** The schema as if each field of `Mutation` could be null. */
function withNullableMutations(sdl: string): GraphQLSchema {
  const document = visit(parse(sdl), {
    ObjectTypeDefinition(type) {
      if (type.name.value !== 'Mutation') return undefined;
      const fields = type.fields?.map((field) =>
        field.type.kind === Kind.NON_NULL_TYPE ? { ...field, type: field.type.type } : field,
      );
      return { ...type, ...(fields ? { fields } : {}) };
    },
  });
  return buildASTSchema(document);
}

type ResolverArguments = Parameters<GraphQLFieldResolver<Thing | undefined, Noted, Values>>;

/** Later, as all fields do: then those beside one that fails are answered too. */
async function resolve(model: Model, [source, args, noted, info]: ResolverArguments): Promise<unknown> {
  await Promise.resolve();
  const path = pathOf(info.path);
  const thing: Thing = source ?? { __typename: info.parentType.name };
  try {
    return concrete(answer({ model, thing, type: info.parentType.name, name: info.fieldName, args, noted, path }));
  } catch (error) {
    noted.failures.push(path);
    throw error;
  }
}

/** A field of an object, as it is asked for. */
export interface Asked {
  readonly model: Model;
  readonly thing: Thing;
  readonly type: string;
  readonly name: string;
  readonly args: Values;
  readonly noted: Noted;
  readonly path: Path;
}

/** The field's value, with what it requires. Throws where it fails. */
export function answer(asked: Asked): unknown {
  const { model, thing, type, name, args, noted } = asked;
  if (type === 'V0' || type === 'V1') return giveValue(thing, name);
  if (type === 'Ref') return (thing as unknown as Values)[name];
  if (type === 'Kid' || type === 'Wrap' || name === 'kid' || name === 'wrap') return answerContext(asked);
  const found = fieldOf(model, type, name);
  if (found !== null) {
    const call: Call = { ...found, args, required: requiredBy(found.field, found.type, asked) };
    return type === 'Mutation' ? change(call, noted.state) : give(thing, call);
  }
  if (name === 'kind' || name === 'mark') return faceValue(thing, name, args);
  return keyValue(thing, name);
}

/** Mutation fields give what the ones before them have come to. */
export function change(call: Call, state: MutationState): unknown {
  state.count = (state.count * 3 + Number(call.args['by'] ?? 0) + 1) % 1000;
  return give({ seed: `${state.count}` }, call);
}

/** Fields of the interface `Face`. */
export function faceValue({ __typename, row = 0 }: Thing, name: string, args: Values): unknown {
  return name === 'kind' ? `${__typename} ${row}` : row * 10 + Number(args['x'] ?? 0);
}

function answerContext({ model, thing, type, name, noted, path }: Asked): unknown {
  if (type === 'Kid') return kidValue(thing, name, thing.above);
  if (type === 'Wrap') return [0, 1].map((row) => ({ __typename: 'Kid', row, above: thing.above }));
  const found = fieldOf(model, 'E0', model.context?.field ?? '');
  const above = found && valueFor({ model, thing, ...found, args: {}, noted, path });
  return { __typename: name === 'wrap' ? 'Wrap' : 'Kid', row: thing.row ?? 0, above };
}

/** Fields of `Kid`: `taken` comes from what stands above. */
export function kidValue({ row = 0 }: Thing, name: string, above: unknown): unknown {
  if (name === 'id') return `Kid-${row}`;
  return name === 'taken' ? `${row} below ${String(above)}` : row * 100;
}

interface Evaluated {
  readonly model: Model;
  readonly thing: Thing;
  readonly type: string;
  readonly field: Field;
  readonly args: Values;
  readonly noted: Noted;
  readonly path: Path;
}

/** A field's value with what it requires. */
function valueFor({ field, type, args, ...asked }: Evaluated): unknown {
  return give(asked.thing, { type, field, args, required: requiredBy(field, type, asked) });
}

type Requiring = Pick<Evaluated, 'model' | 'thing' | 'noted' | 'path'>;

/** What a field requires, null where that fails. */
function requiredBy({ requires }: Field, type: string, asked: Requiring): readonly unknown[] {
  const values = requires.map((requirement): [string, unknown] => [
    requirement.field,
    requiredValue(requirement, type, asked),
  ]);
  return selectRequired(requires, Object.fromEntries(values));
}

function requiredValue({ field: name, args, below }: Requirement, type: string, asked: Requiring): unknown {
  const found = fieldOf(asked.model, type, name);
  if (found === null) throw new Error(`Nobody has ${type}.${name}.`);
  try {
    const value = valueFor({ ...asked, ...found, args: { ...standards(found.field), ...args } });
    return below.length === 0 ? value : mapThings(value, (thing) => belowOf(thing, below, asked));
  } catch {
    asked.noted.uncertain.push(asked.path);
    return null;
  }
}

function belowOf(thing: Thing, below: readonly string[], asked: Requiring): Values {
  const valueOf = (name: string): unknown => {
    if (thing.__typename === 'V1') return giveValue(thing, name);
    if (name === 'id') return keyValue(thing, name);
    return requiredValue({ field: name, args: {}, below: [] }, thing.__typename, { ...asked, thing });
  };
  return Object.fromEntries(below.map((name) => [name, valueOf(name)]));
}

function mapThings(value: unknown, map: (thing: Thing) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapThings(item, map));
  return value === null ? null : map(value as Thing);
}

/** Default values of the arguments, as they come to a resolver. */
export function standards({ args }: Field): Values {
  const known: Readonly<Record<string, unknown>> = {
    '3': 3,
    LIGHT: 'LIGHT',
    '{ n: 4, tone: DARK }': { n: 4, tone: 'DARK' },
  };
  return Object.fromEntries(
    args.flatMap(({ name, standard }) => (standard === null ? [] : [[name, known[standard]] as const])),
  );
}

/** A path of graphql-js as a list. */
export function pathOf(path: { readonly prev: unknown; readonly key: string | number } | undefined): Path {
  return path === undefined ? [] : [...pathOf(path.prev as typeof path), path.key];
}
