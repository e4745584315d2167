/** In-process subgraphs for tests: an SDL, resolvers, and every request that reached them. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { composeServices } from '@apollo/composition';
import { execute, parse, subscribe } from 'graphql';
import { BytesResponse } from '../../gateway/execute/answer.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../../mesh/core/subgraph.ts';

export type Resolvers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface TestSubgraph extends Subgraph {
  /** Every request so far. */
  readonly requests: SubgraphRequest[];
}

/** What federation calls, beside GraphQL's own directives. */
export const federation = (...imports: string[]): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(imports)})\n`;

/** A subgraph of graphql-js, answering in this process, in bytes as one behind HTTP does. */
export function createSubgraph(name: string, sdl: string, resolvers: Resolvers): TestSubgraph {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never });
  const requests: SubgraphRequest[] = [];
  const argumentsOf = (request: SubgraphRequest) => {
    requests.push(request);
    const variableValues = JSON.parse(request.variablesJson) as Record<string, unknown>;
    return { schema, document: parse(request.query), variableValues, contextValue: { subject: request.subject } };
  };
  return {
    name,
    sdl,
    origin: `${name}.graphql`,
    requests,
    givesBytes: true,
    fetch: async (request) => new BytesResponse(Buffer.from(JSON.stringify(await execute(argumentsOf(request)))), name),
    async *subscribe(request) {
      const outcome = await subscribe(argumentsOf(request));
      if (Symbol.asyncIterator in outcome) yield* outcome as AsyncIterable<SubgraphResponse>;
      else yield outcome as SubgraphResponse;
    },
    health: async () => null,
  };
}

/** The supergraph that test subgraphs compose to. */
export function composeForTest(subgraphs: readonly Subgraph[]): string {
  const result = composeServices(
    subgraphs.map(({ name, sdl }) => ({ name, url: `http://${name}.test`, typeDefs: parse(sdl) })),
  );
  if (result.errors) throw new AggregateError(result.errors, result.errors.map((error) => error.message).join('\n'));
  return result.supergraphSdl;
}
