/** The resolvers of a domain's schema: each `@process` runs it, each `@event` follows the log; other fields are properties. */
import { WeftError } from '../core/error.ts';
import { type Json, type JsonObject, isJsonObject } from '../core/json.ts';
import type { RowFilters } from '../core/subgraph.ts';
import type { Subject } from '../core/subject.ts';
import { type Batch, createBatch } from './batch.ts';
import type { Declaration } from './declarations.ts';

/** Runs the process of a declaration on behalf of one operation; gives its result. */
export type Ask = (answer: Answer, input: JsonObject, operation: Operation) => Promise<Json>;

/** A declaration with a process. */
export type Answer = Declaration & { readonly process: NonNullable<Declaration['process']> };

/** What the resolvers of one operation share. */
export interface Operation {
  readonly subject: Subject;
  /** Which rows exist for the subject. */
  readonly filters: RowFilters;
  readonly signal: AbortSignal;
  /** Made as they are needed, by coordinate and arguments. */
  readonly batches: Map<string, Batch<JsonObject, Json>>;
}

type Resolver = (parent: unknown, args: unknown, operation: Operation) => unknown;
type ReferenceResolver = (reference: unknown, operation: Operation) => unknown;
export type Resolvers = Record<string, Record<string, Resolver | ReferenceResolver>>;

/** Resolvers for all that processes answer. */
export function createResolvers(declarations: readonly Declaration[], ask: Ask): Resolvers {
  const resolvers: Resolvers = {};
  for (const declaration of declarations) {
    if (!isAnswer(declaration)) continue;
    const { type, field } = declaration;
    const ofType = (resolvers[type] ??= {});
    ofType[field ?? '__resolveReference'] = resolverOf(declaration, ask);
  }
  return resolvers;
}

/** Whether a process answers it. */
export function isAnswer(declaration: Declaration): declaration is Answer {
  return declaration.process !== null && declaration.root !== 'subscription';
}

function resolverOf(answer: Answer, ask: Ask): Resolver | ReferenceResolver {
  if (answer.field === null) {
    return (reference: unknown, operation: Operation) =>
      batchOf(operation, answer.coordinate, () =>
        createBatch(
          async (references) => listOf(await ask(answer, { references }, operation), references.length),
          (key) => JSON.stringify(key),
        ),
      )(objectOf(reference));
  }
  if (answer.root !== null) {
    return (_parent: unknown, args: unknown, operation: Operation) => ask(answer, { args: objectOf(args) }, operation);
  }
  return (parent: unknown, args: unknown, operation: Operation) =>
    batchOf(operation, `${answer.coordinate} ${JSON.stringify(args)}`, () =>
      createBatch(
        async (parents) => listOf(await ask(answer, { parents, args: objectOf(args) }, operation), parents.length),
        (key) => key,
      ),
    )(objectOf(parent));
}

function batchOf({ batches }: Operation, key: string, create: () => Batch<JsonObject, Json>): Batch<JsonObject, Json> {
  const batch = batches.get(key) ?? create();
  batches.set(key, batch);
  return batch;
}

/** The result of a process that answers in batches. */
function listOf(result: Json, length: number): readonly Json[] {
  if (Array.isArray(result) && result.length === length) return result;
  throw new WeftError('EXECUTION_FAILED', {
    action: 'Cannot answer a batch',
    found: Array.isArray(result) ? `a list of ${result.length}` : 'a result that is no list',
    wanted: `a list of ${length}, aligned with what was asked for`,
  });
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
