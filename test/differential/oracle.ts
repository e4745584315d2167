/** What the mesh must answer: graphql-js on one schema, over data held in memory. */
import { type GraphQLSchema, buildSchema, executeSync, parse, printSchema } from 'graphql';
import type { Operation } from './render.ts';
import type { Resolvers } from './resolvers.ts';

/** An answer, apart from how its errors are worded. */
export interface Outcome {
  /** JSON text, so that the order of the keys counts. */
  readonly data: string;
  /** Each once, sorted. */
  readonly errorPaths: readonly string[];
}

export type Oracle = (operation: Operation) => Outcome;

/** An oracle on what clients see of the supergraph, which it knows by its text alone. */
export function createOracle(apiSchema: GraphQLSchema, resolvers: Resolvers): Oracle {
  const schema = buildSchema(printSchema(apiSchema));
  return ({ query, variables }) =>
    outcomeOf(
      executeSync({
        schema,
        document: parse(query),
        variableValues: variables,
        fieldResolver: (...[parent, args, , { parentType, fieldName }]) => {
          // Each resolver knows what its parent and its arguments are: the schema says so.
          const resolve = resolvers[`${parentType.name}.${fieldName}`] as Resolve | undefined;
          return resolve === undefined
            ? (parent as Readonly<Record<string, unknown>>)[fieldName]
            : resolve(parent, args);
        },
      }),
    );
}

type Resolve = (parent: unknown, args: unknown) => unknown;

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly path?: readonly (string | number)[] | undefined }[] | undefined;
}

/** What of an answer is compared. */
export function outcomeOf({ data, errors = [] }: Answer): Outcome {
  const paths = errors.map((error) => JSON.stringify(error.path ?? null));
  return { data: JSON.stringify(data), errorPaths: [...new Set(paths)].toSorted() };
}
