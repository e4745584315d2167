/**
 * Arguments and enum values that may tell of a protected field without being bound to it: their names merely resemble its own.
 * Whoever sorts or filters by a field learns of it, so its rules bind what bears exactly its name, or declares it.
 */
import {
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { WeftError } from '../../mesh/core/error.ts';
import { type Ground, mistakeAt } from './ground.ts';
import { wordsOf } from './words.ts';

/** One warning for each such name and field. */
export function findResemblances(ground: Ground): readonly WeftError[] {
  const { schema, policy, locate } = ground;
  const guarded = guardedFields(ground);
  if (guarded.size === 0) return [];
  const warnings = new Map<string, WeftError>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const names = guarded.get(getNamedType(field.type).name) ?? [];
      const inputs =
        names.length === 0
          ? []
          : field.args.flatMap((argument) => inputsOf(`${type.name}.${field.name}(${argument.name}:)`, argument));
      for (const { coordinate, name } of inputs) {
        const like = names.find((one) => resembles(name, one));
        const target = `${getNamedType(field.type).name}.${like ?? ''}`;
        if (like === undefined || policy.derivations.has(coordinate) || policy.rules.has(coordinate)) continue;
        warnings.set(`${coordinate} ${target}`, resemblance(coordinate, target, locate(coordinate)));
      }
    }
  }
  return [...warnings.values()];
}

function resemblance(coordinate: string, target: string, at: ReturnType<Ground['locate']>): WeftError {
  return mistakeAt(at, {
    action: `"${coordinate}" may tell of "${target}", whose rules do not bind it`,
    fix: `Declare \`@derivedFrom(coordinates: ["${target}"])\` on it if it filters or sorts by that field.`,
  });
}

/** By type, the names of fields that have rules of their own. */
function guardedFields({ policy }: Ground): ReadonlyMap<string, readonly string[]> {
  const fields = [...policy.rules.keys()].flatMap((coordinate) => {
    const [type = '', field] = coordinate.split('.');
    return field === undefined || field.includes('(') ? [] : [{ type, field }];
  });
  return new Map(
    [...Map.groupBy(fields, ({ type }) => type)].map(([type, all]) => [type, all.map(({ field }) => field)]),
  );
}

interface Input {
  readonly coordinate: string;
  readonly name: string;
}

function inputsOf(
  coordinate: string,
  { name, type }: { readonly name: string; readonly type: GraphQLInputType },
  seen: ReadonlySet<string> = new Set(),
): readonly Input[] {
  const named = getNamedType(type);
  const own = { coordinate, name };
  if (isEnumType(named)) {
    return [
      own,
      ...named.getValues().map((value) => ({ coordinate: `${named.name}.${value.name}`, name: value.name })),
    ];
  }
  if (!isInputObjectType(named) || seen.has(named.name)) return [own];
  const inside = new Set([...seen, named.name]);
  const fields = Object.values(named.getFields());
  return [own, ...fields.flatMap((field) => inputsOf(`${named.name}.${field.name}`, field, inside))];
}

/** Not the same, for that is bound; but all words of the field in another spelling, or among others. */
function resembles(name: string, field: string): boolean {
  if (name === field) return false;
  const [said, wanted] = [wordsOf(name), wordsOf(field)];
  if (wanted.length === 0) return false;
  const joined = said.join('');
  return (
    wanted.every((word) => said.includes(word)) || (wanted.join('').length > 3 && joined.includes(wanted.join('')))
  );
}
