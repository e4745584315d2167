/** The `mesh` agent: a domain reads other domains' products through the gateway, and what it read becomes lineage. */
import { WeftError, messageOf } from '../core/error.ts';
import type { DataFlow } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import type { MeshQuery } from '../core/subgraph.ts';
import { domainSubject } from '../core/subject.ts';
import type { Scope } from './scope.ts';

export interface MeshOptions {
  readonly ask: MeshQuery;
  /** The products that a coordinate belongs to. */
  productsAt(coordinate: string): readonly DataFlow[];
  /** What the host lets a domain see beyond what everybody does. */
  scopesOf(domain: string): readonly string[];
}

/** Throws `AGENT_FAILED` when the answer carries errors. */
export function createMesh({ ask, productsAt, scopesOf }: MeshOptions) {
  return {
    async query(scope: Scope, query: string, variables: JsonObject): Promise<JsonObject> {
      const { domain } = scope.execution;
      // The word alone is enough to be careful.
      if (/\bmutation\b/.test(query)) scope.hasEffects = true;
      const subject = domainSubject(domain, scopesOf(domain));
      const answer = await ask({ query, variables, subject }, scope.signal).catch((cause: unknown) => {
        throw failure(messageOf(cause), cause);
      });
      const [error] = answer.errors;
      if (error !== undefined || answer.data === null) throw failure(error?.message ?? 'no data');
      for (const coordinate of answer.coordinates) {
        for (const product of productsAt(coordinate)) scope.inputs.add(product);
      }
      return answer.data;
    },
  };
}

function failure(found: string, cause?: unknown): WeftError {
  return new WeftError('AGENT_FAILED', {
    action: 'Cannot read through the mesh',
    found: `"${found}"`,
    wanted: 'an answer without errors',
    cause,
  });
}
