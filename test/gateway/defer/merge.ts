/** Puts the payloads of an answer in parts together, as a client does. */
import assert from 'node:assert/strict';
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  TypeInfo,
  isListType,
  isNonNullType,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Answer } from '../../support/gateway.ts';

export interface Payload extends Answer {
  readonly incremental?: readonly Entry[];
  readonly hasNext: boolean;
}

export interface Entry extends Answer {
  readonly path: Path;
  readonly label?: string;
}

type Path = readonly (string | number)[];
type Errors = NonNullable<Answer['errors']>;

export interface Merged {
  readonly data: unknown;
  readonly errors: Errors;
  /** Places whose fragment failed as a whole. */
  readonly failed: readonly Path[];
}

/** Merges the payloads; fails when they are no answer in parts. */
export function mergePayloads(payloads: readonly Payload[]): Merged {
  const [first, ...others] = payloads;
  assert.ok(first && 'data' in first, 'the first payload has data');
  assert.deepEqual(
    payloads.map(({ hasNext }) => hasNext),
    payloads.map((_, index) => index < others.length),
    'only the last payload says that it is the last',
  );
  const errors = [...(first.errors ?? [])];
  const failed: Path[] = [];
  const answered = new Set<string>();
  let data: unknown = first.data;
  for (const { incremental = [], ...rest } of others) {
    assert.deepEqual(Object.keys(rest), ['hasNext'], 'a later payload has entries only');
    for (const entry of incremental) {
      const key = JSON.stringify([entry.path, entry.label]);
      assert.ok(!answered.has(key) || entry.label === undefined, `one entry for ${key}`);
      answered.add(key);
      errors.push(...(entry.errors ?? []));
      assert.ok(isObject(valueAt(data, entry.path)), `the client has an object for ${key}`);
      if (entry.data === null) failed.push(entry.path);
      else data = mergeAt(data, entry.path, entry.data);
    }
  }
  return { data, errors, failed };
}

/** Lets the null of each failed fragment travel up, as it does in an answer that is given at once. */
export function propagate({ data, failed }: Merged, document: DocumentNode, schema: GraphQLSchema): unknown {
  const nullable = nullablePaths(document, schema);
  let result = data;
  for (const place of failed) {
    let path = [...place];
    while (path.length > 0 && !nullable.has(keyOf(path))) path = path.slice(0, -1);
    if (path.length === 0) return null;
    if (isObject(valueAt(result, path.slice(0, -1)))) result = setAt(result, path, null);
  }
  return result;
}

/** Response paths where null may stand, an item of a list written `#`. Fragments do not matter: same key, same nullability. */
function nullablePaths(document: DocumentNode, schema: GraphQLSchema): ReadonlySet<string> {
  const paths = new Set<string>();
  const typeInfo = new TypeInfo(schema);
  const above: string[] = [];
  const lengths: number[] = [];
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field: {
        enter(field: FieldNode) {
          lengths.push(above.length);
          above.push((field.alias ?? field.name).value);
          let type: GraphQLOutputType | null | undefined = typeInfo.getType();
          for (;;) {
            if (!isNonNullType(type)) paths.add(above.join('.'));
            else type = type.ofType;
            if (!isListType(type)) break;
            above.push('#');
            type = type.ofType as GraphQLOutputType;
          }
        },
        leave() {
          above.length = lengths.pop() ?? 0;
        },
      },
    }),
  );
  return paths;
}

function keyOf(path: Path): string {
  return path.map((key) => (typeof key === 'number' ? '#' : key)).join('.');
}

function mergeAt(data: unknown, path: Path, added: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return mergeDeep(data, added);
  return setAt(data, [key], mergeAt(valueAt(data, [key]), rest, added));
}

/** As Apollo Client does: objects and lists key by key, anything else is replaced. */
function mergeDeep(known: unknown, added: unknown): unknown {
  if (!isObject(known) || !isObject(added)) return added;
  const merged: Record<string, unknown> | unknown[] = Array.isArray(known) ? [...known] : { ...known };
  for (const [key, value] of Object.entries(added)) Reflect.set(merged, key, mergeDeep(known[key], value));
  return merged;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce((value, key) => (isObject(value) ? value[key] : undefined), data);
}

function setAt(data: unknown, [key = '', ...rest]: Path, value: unknown): unknown {
  assert.ok(isObject(data));
  const copy = Array.isArray(data) ? [...data] : { ...data };
  Reflect.set(copy, key, rest.length === 0 ? value : setAt(data[key], rest, value));
  return copy;
}

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
