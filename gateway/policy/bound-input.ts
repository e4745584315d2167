/**
 * Inputs that a subject may not use: those that a rule forbids, and those bound to what it does not see whole, since whoever
 * may ask for rows by a value learns the value. Bound is what declares it (`@derivedFrom`), and what bears the exact name of a
 * field of the type that is selected, or of one that the input has come to by such names: `where: { customer: { email: … } }`.
 */
import { type FieldNode, type GraphQLSchema, type OperationDefinitionNode, isCompositeType } from 'graphql';
import { rowsOf } from './aggregate.ts';
import { sourcesOf } from './derived.ts';
import { type InputUse, type Inputs, any, usesOf } from './input-use.ts';
import { givenTypes, ownersOf, possibleTypes } from './owner.ts';
import { type Denial, type SayOptions, partsOnly, say } from './said.ts';
import type { Standings } from './standing.ts';

export interface Refusal extends Denial {
  /** Of the input. */
  readonly coordinate: string;
}

/** Why a selection of a type's field may not use what it does, with these variables. */
export type RefuseInputs = (field: FieldNode, type: string, inputs: Inputs) => Refusal | null;

export interface BoundOptions extends SayOptions {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly standings: Standings;
}

export function createRefusals(options: BoundOptions): RefuseInputs {
  const { schema } = options;
  const declared = new Map<string, Denial | null>();
  const ofDeclared = (use: InputUse): Denial | null => {
    const key = use.coordinates.join(' ');
    let denial = declared.get(key);
    if (denial === undefined) declared.set(key, (denial = ofCoordinates(use, options)));
    return denial;
  };
  return (field, type, inputs) => {
    if (!field.arguments?.length) return null;
    const uses = usesOf(field, type, { ...options, inputs });
    const selected = giving([type], field.name.value, schema);
    const reached = uses.some(({ within }) => within === any) ? reach(selected, namesIn(uses), schema) : selected;
    const isWrite = type === schema.getMutationType()?.name;
    for (const use of uses) {
      const targets =
        use.within === any
          ? reached
          : use.within.reduce((types, name) => [...new Set([...types, ...giving(types, name, schema)])], selected);
      const named = ofName(use, { targets, isWrite }, options);
      const denial = ofDeclared(use) ?? named;
      if (denial !== null) return { ...denial, coordinate: use.place };
    }
    return null;
  };
}

function ofCoordinates({ coordinates }: InputUse, { schema, standings, ...options }: BoundOptions): Denial | null {
  const { denial, masked, filters } = say(coordinates, options);
  const revealed = standings.ofSources(sourcesOf(coordinates, options.policy, schema));
  const rule = masked?.rule ?? filters[0];
  return denial ?? (rule === undefined ? null : { rule, reason: partsOnly }) ?? revealed;
}

interface Named {
  /** Types whose fields the name may mean. */
  readonly targets: readonly string[];
  readonly isWrite: boolean;
}

/**
 * What a mutation is given is written, not looked for: it may bear the name of a field that the subject sees masked, or nobody
 * who sees a part of a thing could change it. Who does not see the field at all may not write it either.
 */
function ofName({ name, isNested }: InputUse, { targets, isWrite }: Named, options: BoundOptions): Denial | null {
  if (name === null) return null;
  const { schema, standings } = options;
  const denials = targets.flatMap((target) => {
    const known = ownersOf(target, schema)[0]?.getFields() ?? {};
    const names = name === any ? Object.keys(known) : Object.hasOwn(known, name) ? [name] : [];
    return names.flatMap((field): readonly Denial[] => {
      const { denial, masked } = standings.ofField(target, field);
      // Asking for what has such a row tells that there is one, also where the subject must not know of it.
      const rows = isNested ? giving([target], field, schema).flatMap((row) => standings.ofType(row).filters) : [];
      if (denial !== null) return [denial];
      const rule = masked?.rule ?? rows[0];
      return rule === undefined || isWrite ? [] : [{ rule, reason: masked === null ? tellsOfRows : tellsOfMasked }];
    });
  });
  return denials[0] ?? null;
}

/** The types of objects that a field of types gives, and of the rows where it gives a page of them. */
export function giving(types: readonly string[], field: string, schema: GraphQLSchema): readonly string[] {
  const [only] = types;
  if (types.length === 1 && only !== undefined) return givingOf(only, field, schema);
  return [...new Set(types.flatMap((type) => givingOf(type, field, schema)))];
}

/** A fact of the schema, asked for again with each request that may use what it may not. */
const known = new WeakMap<GraphQLSchema, Map<string, readonly string[]>>();

function givingOf(type: string, field: string, schema: GraphQLSchema): readonly string[] {
  const coordinate = `${type}.${field}`;
  let byCoordinate = known.get(schema);
  if (byCoordinate === undefined) known.set(schema, (byCoordinate = new Map()));
  const before = byCoordinate.get(coordinate);
  if (before !== undefined) return before;
  const given = givenTypes(type, field, schema).filter(isCompositeType);
  const withPossible = (name: string): readonly string[] => [name, ...possibleTypes(name, schema)];
  const objects = given.flatMap(({ name }) => withPossible(name));
  const rows = objects.flatMap((name) => {
    const object = schema.getType(name);
    return object === undefined ? [] : [...rowsOf(object)].flatMap((row) => withPossible(row.name));
  });
  const found = [...new Set([...objects, ...rows])];
  // Names of inputs are as many as clients like; those of fields are not.
  if (found.length > 0) byCoordinate.set(coordinate, found);
  return found;
}

/** All types that may be come to by names. */
function reach(
  from: readonly string[],
  names: ReadonlySet<string> | typeof any,
  schema: GraphQLSchema,
): readonly string[] {
  const found = new Set(from);
  for (const type of found) {
    const fields = Object.keys(ownersOf(type, schema)[0]?.getFields() ?? {});
    for (const field of fields) {
      if (names !== any && !names.has(field)) continue;
      for (const given of giving([type], field, schema)) found.add(given);
    }
  }
  return [...found];
}

function namesIn(uses: readonly InputUse[]): ReadonlySet<string> | typeof any {
  const names = new Set<string>();
  for (const { name } of uses) {
    if (name === any) return any;
    if (name !== null) names.add(name);
  }
  return names;
}

const tellsOfMasked = 'it would tell of what the subject sees masked';
const tellsOfRows = 'it would tell of rows that the subject does not see';
