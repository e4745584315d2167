/**
 * Takes rows that do not exist for the subject out of what processes answer. The gateway looks at every row again; what it cannot
 * look behind are totals. So what tells of rows together is answered only by a process that has sifted them itself.
 */
import { type GraphQLSchema, type GraphQLType, isListType, isNonNullType } from 'graphql';
import { WeftError } from '../core/error.ts';
import { type Json, type JsonObject, isJsonObject } from '../core/json.ts';
import type { RowFilters } from '../core/subgraph.ts';
import type { Declaration } from './declarations.ts';
import type { Answer, Operation } from './resolvers.ts';
import { type RowTests, createRowTests } from './row-test.ts';
import { concreteTypes, fieldsOf, totalledTypes } from './totals.ts';

export interface Sifting extends Pick<Operation, 'filters' | 'subject'> {
  /** Types whose rows the process has sifted itself. */
  readonly sifted: readonly string[];
}

export interface Sieve {
  /** A result without rows that do not exist. Throws `UNAUTHORIZED_FIELD_OR_TYPE` for totals of rows that were not sifted. */
  sift(answer: Answer, result: Json, sifting: Sifting): Json;
  /** Throws `UNAUTHORIZED_FIELD_OR_TYPE` for a declaration whose values tell of rows together, where some rows do not exist. */
  assertNoTotals(declaration: Declaration, sifting: Sifting): void;
}

/** `schema` is asked for when the first result is there. */
export function createSieve(schema: () => GraphQLSchema, declarations: readonly Declaration[]): Sieve {
  const totalled = new Map<Declaration, ReadonlySet<string>>();
  const assertNoTotals: Sieve['assertNoTotals'] = (declaration, { filters, sifted }) => {
    if (isEmpty(filters)) return;
    const types = totalled.get(declaration) ?? totalledTypes(declaration, schema(), declarations);
    totalled.set(declaration, types);
    const seen = new Set(sifted.flatMap((name) => [name, ...concreteTypes(name, schema())]));
    const unsifted = [...types].find((name) => Object.hasOwn(filters, name) && !seen.has(name));
    if (unsifted !== undefined) throw notSifted(declaration, unsifted);
  };
  return {
    assertNoTotals,
    sift(answer, result, sifting) {
      const { filters, subject } = sifting;
      if (isEmpty(filters)) return result;
      assertNoTotals(answer, sifting);
      const type = typeOf(answer, schema());
      const sift = createSift(schema(), createRowTests(filters, subject));
      // Of a batch every item stands in the place of what was asked for.
      const isBatch = answer.field === null || answer.root === null;
      if (isBatch && isList(result)) return result.map((item) => inPlace(sift(item, type), item, type));
      return inPlace(sift(result, type), result, type);
    },
  };
}

function isEmpty(filters: RowFilters): boolean {
  return Object.keys(filters).length === 0;
}

function typeOf({ type, field }: Answer, schema: GraphQLSchema): GraphQLType | undefined {
  return field === null ? schema.getType(type) : fieldsOf(schema.getType(type))[field]?.type;
}

/** What is left of a value; `undefined` when it does not exist. */
type Sift = (value: Json, type: GraphQLType | undefined) => Json | undefined;

function createSift(schema: GraphQLSchema, testOf: RowTests): Sift {
  const sift: Sift = (value, type) => {
    if (isNonNullType(type)) return sift(value, type.ofType);
    if (isListType(type)) {
      if (!isList(value)) return value;
      return value.map((item) => sift(item, type.ofType)).filter((item) => item !== undefined);
    }
    if (type === undefined || !isJsonObject(value)) return value;
    const { __typename: own } = value;
    const named = (typeof own === 'string' ? schema.getType(own) : undefined) ?? type;
    if (!('name' in named)) return value;
    return testOf(named.name)?.(value) === 'hidden' ? undefined : siftFields(value, named);
  };
  const siftFields = (object: JsonObject, type: GraphQLType): JsonObject | undefined => {
    const fields = fieldsOf(type);
    const left: Record<string, Json> = {};
    for (const [name, value = null] of Object.entries(object)) {
      const given = fields[name]?.type;
      const one = sift(value, given);
      // An edge goes with its node.
      if (one === undefined && name === 'node') return undefined;
      left[name] = inPlace(one, value, given);
    }
    return left;
  };
  return sift;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** What stands for a value: null where it does not exist. Where null is not allowed, the gateway sees what becomes of the rest. */
function inPlace(left: Json | undefined, value: Json, type: GraphQLType | undefined): Json {
  if (left !== undefined) return left;
  return isNonNullType(type) ? value : null;
}

function notSifted({ coordinate }: Declaration, type: string): WeftError {
  return new WeftError('UNAUTHORIZED_FIELD_OR_TYPE', {
    action: `Cannot answer "${coordinate}" to those who see "${type}" in part`,
    found: 'that it tells of all rows together',
    wanted: `of those alone that context.visible("${type}", rows) gives`,
    details: { coordinate },
  });
}
