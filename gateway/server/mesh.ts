/** The domains' way in: the same pipeline as every client's, without the socket. */
import { isJsonObject } from '../../mesh/core/json.ts';
import type { MeshAnswer, MeshQuery, SubgraphError } from '../../mesh/core/subgraph.ts';
import { textOf } from './operation.ts';
import type { Pipeline } from './pipeline.ts';

/** Answers the `mesh` agents of processes. Refusals come back as errors of the answer. */
export function createMeshQuery(pipeline: Pipeline): MeshQuery {
  return async ({ query, variables, subject }, signal): Promise<MeshAnswer> => {
    const request = { query, operationName: null, variables, subject, headers: {}, readOnly: true };
    const result = await pipeline.answer(request, signal);
    const answer: unknown = JSON.parse(textOf(result));
    const { data, errors } = isJsonObject(answer) ? answer : {};
    return {
      data: isJsonObject(data) ? data : null,
      errors: Array.isArray(errors) ? (errors as readonly SubgraphError[]) : [],
      coordinates: result.operation?.coordinates ?? [],
    };
  };
}
