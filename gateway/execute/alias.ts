/**
 * Response keys as they are inside the mesh. The planner adds what it needs (keys of entities, what other fields require)
 * under each field's own name, so a client's alias must never be such a name: `{ flight { id: delay bookings { seat } } }`
 * would be answered with the flight's id. Every alias gets a prefix that clients cannot choose, and loses it in the answer.
 */
import { type FieldNode, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { ResponsePath } from './collect.ts';

/** Documents with aliases that begin with two underscores are refused. */
const prefix = '__as_';

/**
 * The key of a field's value in the result. Fields of `required` names may be asked for by the planner with other arguments
 * than the client's: they are kept apart by an alias too.
 */
export function innerKey({ alias, name }: FieldNode, required: ReadonlySet<string> = noNames): string {
  const key = alias?.value ?? name.value;
  return key === name.value && !required.has(key) ? key : `${prefix}${key}`;
}

const noNames: ReadonlySet<string> = new Set();

/** The operation with every alias as it is inside the mesh. */
export function hideAliases(
  operation: OperationDefinitionNode,
  required: ReadonlySet<string>,
): OperationDefinitionNode {
  return visit(operation, {
    Field: {
      leave(field) {
        const value = innerKey(field, required);
        return value === (field.alias ?? field.name).value
          ? undefined
          : { ...field, alias: { kind: Kind.NAME, value } };
      },
    },
  });
}

/** A path in the result as clients know it. */
export function clientPath(path: ResponsePath): ResponsePath {
  return path.map((key) => (typeof key === 'string' ? clientKey(key) : key));
}

/** The planner renames fields whose types do not merge; subgraphs report errors under those names. */
const plannersSuffix = /__alias_\d+$/;

function clientKey(key: string): string {
  const inner = key.replace(plannersSuffix, '');
  return inner.startsWith(prefix) ? inner.slice(prefix.length) : inner;
}
