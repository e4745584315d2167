/**
 * What a gateway must answer under a policy: graphql-js on the schema that clients see, over the whole world and with full
 * rights; at each place the rules are then applied to what came out. Written from DESIGN, section 5.
 */
import {
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  buildSchema,
  execute,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  parse,
  printSchema,
} from 'graphql';
import type { Subject } from '../../../../mesh/core/subject.ts';
import type { Governance } from '../../../../mesh/policy/governance.ts';
import type { Model } from '../../federation/fuzz/model.ts';
import {
  type Noted,
  type Path,
  type Question,
  type Truth,
  answer,
  pathOf,
  standards,
} from '../../federation/fuzz/oracle.ts';
import { type Thing, type Values, concrete, fieldOf } from '../../federation/fuzz/world.ts';
import { showMasked } from './mask.ts';
import { type Reading, deniedPlaces, isInputRefused, readQuestion } from './operation.ts';
import type { OracleMask, OraclePolicy, ReadTree } from './rule.ts';
import { type Sight, createSight } from './standing.ts';
import { existsBy } from './verdict.ts';

export interface PolicyTruth extends Truth {
  /** Places at which something is denied, without those in lists. */
  readonly denied: ReadonlySet<string>;
  /** Places that are null for a denial. */
  readonly denials: readonly Path[];
  /** Places that are null since no null may stand there: it may be that nobody tells. */
  readonly missing: readonly Path[];
  /** What was done to values, and how often. */
  readonly done: Done;
}

interface Done {
  masked: number;
  /** Objects that do not exist for the subject. */
  hidden: number;
  /** Objects that do, though they might not. */
  kept: number;
}

export interface PolicyOracle {
  readonly schema: GraphQLSchema;
  sightFor(subject: Subject): Sight;
  ask(question: Question, subject: Subject): Promise<PolicyTruth>;
}

export interface OracleOptions {
  readonly model: Model;
  readonly apiSchema: GraphQLSchema;
  /** With what no client sees. */
  readonly wholeSchema: GraphQLSchema;
  readonly policy: OraclePolicy;
  readonly agreements: Governance['agreements'];
}

export function createPolicyOracle({ model, apiSchema, wholeSchema, policy, agreements }: OracleOptions): PolicyOracle {
  const schema = buildSchema(printSchema(apiSchema));
  const sightFor = (subject: Subject): Sight => createSight(policy, wholeSchema, { subject, agreements });
  return {
    schema,
    sightFor,
    async ask(question, subject) {
      const reading = readQuestion(question, schema);
      const sight = sightFor(subject);
      const noted = { failures: [], uncertain: [], state: { count: 0 }, denials: [], missing: [] };
      const done = { masked: 0, hidden: 0, kept: 0 };
      const asked: Asked = { ...noted, done, model, subject, sight, reading, hidden: new Map() };
      const { data, errors = [] } = await execute({
        schema,
        document: parse(question.query),
        variableValues: question.variables,
        contextValue: asked,
        fieldResolver: resolve,
        typeResolver: (value) => (value as Thing).__typename,
      });
      const { failures, uncertain, denials, missing } = asked;
      const paths = errors.map(({ path }) => path ?? []);
      const denied = deniedPlaces(reading, sight);
      return { data: data ?? null, errors: paths, failures, uncertain, denials, missing, denied, done };
    },
  };
}

/** One operation for one subject. */
interface Asked extends Noted {
  readonly denials: Path[];
  readonly missing: Path[];
  readonly done: Done;
  readonly model: Model;
  readonly subject: Subject;
  readonly sight: Sight;
  readonly reading: Reading;
  /** Objects by what decides whether they exist. */
  readonly hidden: Map<string, boolean>;
}

type ResolverArguments = Parameters<GraphQLFieldResolver<Thing | undefined, Asked, Values>>;

async function resolve(...[source, args, asked, info]: ResolverArguments): Promise<unknown> {
  // As all fields do: then those beside one that fails are answered too.
  await Promise.resolve();
  const { model, sight, reading } = asked;
  const path = pathOf(info.path);
  const { parentType: type, fieldName: name } = info;
  const field = type.getFields()[name] as GraphQLField<unknown, unknown>;
  const { isDenied, mask } = sight.field(type.name, name);
  if (!isDenied && mask !== null) asked.done.masked += 1;
  if (!isDenied && mask?.name === 'NULL') return null;
  if (isDenied || isInputRefused(info.fieldNodes, { type, field, reading, sight })) {
    asked.denials.push(path);
    throw new Error('Denied.');
  }
  const thing: Thing = source ?? { __typename: type.name };
  let value: unknown;
  try {
    value = concrete(answer({ model, thing, type: type.name, name, args, noted: asked, path }));
  } catch (error) {
    asked.failures.push(path);
    throw error;
  }
  const shown = show(value, info.returnType, { asked, mask, path });
  return shown === gone ? nullAt(info.returnType, path, asked) : shown;
}

/** Stands for an object that does not exist. */
const gone = Symbol('gone');

interface Showing {
  readonly asked: Asked;
  readonly mask: OracleMask | null;
  readonly path: Path;
}

function show(value: unknown, type: GraphQLOutputType, { asked, mask, path }: Showing): unknown {
  if (value === null || value === undefined) return null;
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    const shown: unknown[] = [];
    for (const item of value as readonly unknown[]) {
      const place = [...path, shown.length];
      const one = show(item, nullable.ofType, { asked, mask, path: place });
      if (one !== gone) shown.push(one);
    }
    return shown;
  }
  if (isCompositeType(nullable)) return showObject(value as Thing, type, { asked, mask, path });
  const named = getNamedType(nullable);
  const values = isEnumType(named)
    ? named.getValues().flatMap((one) => (asked.sight.isValueDenied(named.name, one.name) ? [] : [one.name]))
    : null;
  if (mask !== null) return showMasked(value, mask, { name: named.name, values });
  if (values === null || values.includes(String(value))) return value;
  return nullAt(type, path, asked);
}

function showObject(thing: Thing, type: GraphQLOutputType, { asked, path }: Showing): unknown {
  const name = typeOf(thing, type);
  // What does not exist is not denied.
  if (isHidden(thing, name, asked)) return gone;
  if (!asked.sight.isTypeDenied(name)) return thing;
  asked.denials.push(path);
  return null;
}

/** Key objects do not say what they are: nothing else may stand there. */
function typeOf(thing: Partial<Thing>, declared: GraphQLOutputType): string {
  return thing.__typename ?? getNamedType(declared).name;
}

function nullAt(type: GraphQLOutputType, path: Path, { missing }: Asked): null {
  if (isNonNullType(type)) missing.push(path);
  return null;
}

function isHidden(thing: Thing, type: string, asked: Asked): boolean {
  const filters = asked.sight.filtersOf(type);
  if (filters.length === 0) return false;
  const key = `${type} ${JSON.stringify(thing)}`;
  const known = asked.hidden.get(key);
  if (known !== undefined) return known;
  const exists = ({ rule: { where, reads } }: (typeof filters)[number]): boolean =>
    existsBy(where, rawOf(thing, type, { reads, asked }), asked.subject);
  const isKept = filters.every(exists);
  asked.done[isKept ? 'kept' : 'hidden'] += 1;
  asked.hidden.set(key, !isKept);
  return !isKept;
}

interface Raw {
  readonly reads: ReadTree;
  readonly asked: Asked;
}

/** What a condition reads of an object: all of it as it is, whoever asks. */
function rawOf(thing: Thing, type: string, { reads, asked }: Raw): Values {
  const { model, reading } = asked;
  const fields = (reading.schema.getType(type) as GraphQLObjectType).getFields();
  const values = Object.entries(reads).map(([name, below]) => {
    const noted = { failures: [], uncertain: [], state: { count: 0 } };
    const args = standardsOf(model, type, name);
    const value = concrete(answer({ model, thing, type, name, args, noted, path: [] }));
    const given = fields[name]?.type;
    return [name, given && isCompositeType(getNamedType(given)) ? rawIn(value, given, { reads: below, asked }) : value];
  });
  return Object.fromEntries(values) as Values;
}

function rawIn(value: unknown, type: GraphQLOutputType, raw: Raw): unknown {
  if (Array.isArray(value)) return value.map((item) => rawIn(item, type, raw));
  return value === null || value === undefined ? null : rawOf(value as Thing, typeOf(value as Thing, type), raw);
}

function standardsOf(model: Model, type: string, name: string): Values {
  if (name === 'mark') return { x: 2 };
  const found = fieldOf(model, type, name);
  return found === null ? {} : standards(found.field);
}
