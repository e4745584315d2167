/** Which fields that tell of many rows may be trusted to tell of those alone that a subject sees. */
import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import type { Entities } from '../plan/entities.ts';

export interface SafeAggregateOptions {
  readonly schema: GraphQLSchema;
  readonly entities: Pick<Entities, 'isOwn' | 'isForeign'>;
  /** All that the supergraph names. */
  readonly subgraphs: Iterable<{
    readonly name: string;
    /** Whether it counts, sums and pages what a request's filters let through. Default false. */
    readonly appliesFilters?: boolean;
  }>;
}

/** Tells of a field, or of all fields of a type, whether one subgraph alone gives it, and applies the filters of a request. */
export function findSafeAggregates({ schema, entities, subgraphs }: SafeAggregateOptions) {
  const all = [...subgraphs];
  const isSafeField = (type: string, field: string): boolean => {
    const giving = all.filter(
      // Also where another field provides it.
      ({ name }) => entities.isOwn(name, type, field) || entities.isForeign(name, type, field),
    );
    // Of several, one may say what the total is made of, and another may make it.
    return giving.length === 1 && giving.every(({ appliesFilters }) => appliesFilters === true);
  };
  return (coordinate: string): boolean => {
    if (!all.some(({ appliesFilters }) => appliesFilters === true)) return false;
    const [typeName = '', field] = coordinate.split('.');
    if (field !== undefined) return isSafeField(typeName, field);
    const type = schema.getType(typeName);
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [];
    return fields.length > 0 && fields.every((name) => isSafeField(typeName, name));
  };
}
