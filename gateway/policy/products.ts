/** What an agreement on a product is about: the product's own coordinate, and what it gives. */
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { Covers } from '../../mesh/policy/view.ts';

/**
 * A product covers its own coordinate and what stands below it; a field, as `Query.delays`, covers also the type that it
 * gives, by itself, in a list or as the nodes of a connection. What stands behind an interface or a union it does not:
 * that is whatever comes to implement it.
 */
export function createCovers(schema: GraphQLSchema): Covers {
  const given = new Map<string, readonly string[]>();
  const typesOf = (product: string): readonly string[] => {
    const known = given.get(product) ?? typesGivenBy(product, schema);
    given.set(product, known);
    return known;
  };
  return (product, coordinate) =>
    isWithin(coordinate, product) || typesOf(product).some((type) => isWithin(coordinate, type));
}

/** `Flight.number(unit:)` is within `Flight.number`, and that within `Flight`. */
function isWithin(coordinate: string, other: string): boolean {
  if (!coordinate.startsWith(other)) return false;
  const next = coordinate[other.length];
  return next === undefined || next === '.' || next === '(';
}

function typesGivenBy(product: string, schema: GraphQLSchema): readonly string[] {
  const [type = '', field = ''] = product.split('.');
  const given = getNamedType(fieldOf(schema.getType(type), field)?.type);
  const edge = getNamedType(fieldOf(given, 'edges')?.type);
  const nodes = [fieldOf(edge, 'node'), fieldOf(given, 'nodes')].map((node) => getNamedType(node?.type));
  return [given, edge, ...nodes]
    .filter((found) => isObjectType(found) || isInterfaceType(found))
    .map(({ name }) => name);
}

function fieldOf(type: GraphQLNamedType | undefined, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}
