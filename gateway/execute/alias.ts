/**
 * Response keys as they are inside the mesh. The planner adds what it needs (keys of entities, what other fields require)
 * under each field's own name, so a client's alias must never be such a name: `{ flight { id: delay bookings { seat } } }`
 * would be answered with the flight's id. Every alias gets a prefix that clients cannot choose, and loses it in the answer.
 * One key may stand for different fields of different types; a subgraph that cannot tell those types apart must not mix them.
 */
import { type FieldNode, Kind, type OperationDefinitionNode, print, visit } from 'graphql';

/** Gives the key of a field's value in the result. */
export type InnerKeys = (field: FieldNode) => string;

/** The keys of an operation: the same for every field that asks the same under the same key. */
export function readInnerKeys(operation: OperationDefinitionNode): InnerKeys {
  const known = new Map<string, Map<string, string>>();
  const keyOf = (field: FieldNode): string => {
    const key = field.alias?.value ?? field.name.value;
    const meanings = known.get(key) ?? new Map<string, string>();
    known.set(key, meanings);
    const meaning = `${field.name.value}(${(field.arguments ?? []).map(print).toSorted().join()})`;
    const isFirst = key === field.name.value && ![...meanings.values()].includes(key);
    // Documents with aliases that begin with two underscores are refused.
    const inner = meanings.get(meaning) ?? (isFirst ? key : `__as${meanings.size}_${key}`);
    meanings.set(meaning, inner);
    return inner;
  };
  visit(operation, { Field: (field) => void keyOf(field) });
  return keyOf;
}

/** The operation with every alias as it is inside the mesh. */
export function hideAliases(operation: OperationDefinitionNode, keys: InnerKeys): OperationDefinitionNode {
  return visit(operation, {
    Field: {
      leave(field) {
        const value = keys(field);
        return value === (field.alias ?? field.name).value
          ? undefined
          : { ...field, alias: { kind: Kind.NAME, value } };
      },
    },
  });
}

/** The planner renames fields whose types do not merge; subgraphs report errors under those names. */
const plannersSuffix = /__alias_\d+$/;

/** A key under which a subgraph answered, as it is in the result. */
export function withoutSuffix(key: string): string {
  return key.replace(plannersSuffix, '');
}
