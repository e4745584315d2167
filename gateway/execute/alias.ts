/**
 * Response keys as they are inside the mesh. The planner adds what it needs (keys of entities, what other fields require)
 * under each field's own name, so a client's alias must never be such a name: `{ flight { id: delay bookings { seat } } }`
 * would be answered with the flight's id. Every alias gets a prefix that clients cannot choose, and loses it in the answer.
 */
import { type FieldNode, type OperationDefinitionNode, visit } from 'graphql';
import type { ResponsePath } from './collect.ts';

/** Documents with aliases that begin with two underscores are refused. */
const prefix = '__as_';

/** The key of a field's value in the result. */
export function innerKey({ alias, name }: FieldNode): string {
  return alias === undefined || alias.value === name.value ? name.value : `${prefix}${alias.value}`;
}

/** The operation with every alias as it is inside the mesh. */
export function hideAliases(operation: OperationDefinitionNode): OperationDefinitionNode {
  return visit(operation, {
    Field: {
      leave: (field) => (field.alias ? { ...field, alias: { ...field.alias, value: innerKey(field) } } : undefined),
    },
  });
}

/** A path in the result as clients know it. */
export function clientPath(path: ResponsePath): ResponsePath {
  return path.map((key) => (typeof key === 'string' && key.startsWith(prefix) ? key.slice(prefix.length) : key));
}
