/** Whether anything may keep anybody from a type or a field: what then is not asked for in passing. */
import type { GraphQLSchema } from 'graphql';
import type { Policy } from '../../mesh/policy/rules.ts';
import { sourcesOf } from './derived.ts';
import { fieldCoordinates, givenTypes, ownersOf, typeCoordinates } from './owner.ts';

/** Whether rules bear on `Type` or `Type.field`, by way of interfaces, of what it gives or takes, or of what it is derived from. */
export function isRuled(
  coordinate: string,
  policy: Pick<Policy, 'rules' | 'derivations' | 'required'>,
  schema: GraphQLSchema,
): boolean {
  const [type = '', field] = coordinate.split('.');
  const own = field === undefined ? typeCoordinates(type, schema) : fieldCoordinates(type, field, schema);
  const given = field === undefined ? [] : givenTypes(type, field, schema).map(({ name }) => name);
  const taken = ownersOf(type, schema).flatMap((owner) => {
    const args = field === undefined ? [] : (owner.getFields()[field]?.args ?? []);
    return args.map(({ name }) => `${owner.name}.${field}(${name}:)`);
  });
  const sources = sourcesOf(own, policy, schema).flatMap((source) => [
    ...typeCoordinates(source.type, schema),
    ...(source.field === null ? [] : fieldCoordinates(source.type, source.field, schema)),
  ]);
  const bound = [...own, ...taken, ...given.flatMap((name) => typeCoordinates(name, schema)), ...sources];
  return bound.some((one) => policy.rules.has(one));
}
