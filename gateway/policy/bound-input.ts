/**
 * Inputs that a subject may not use: those that a rule forbids, and those bound to what it does not see whole, since whoever
 * may ask for rows by a value learns the value. Bound is what declares it (`@derivedFrom`), and what bears the exact name of a
 * field of the type that is selected.
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
  const byCoordinate = new Map<string, Denial | null>();
  return (field, type, inputs) => {
    if (!field.arguments?.length) return null;
    const call: Call = { type, field: field.name.value, targets: targetsOf(type, field.name.value, options.schema) };
    for (const use of usesOf(field, type, { ...options, inputs })) {
      const key = use.coordinates.join(' ');
      let declared = byCoordinate.get(key);
      if (declared === undefined) byCoordinate.set(key, (declared = ofCoordinates(use, options)));
      const named = ofName(use, call, options);
      const denial = declared ?? named;
      if (denial !== null) return { ...denial, coordinate: use.place };
    }
    return null;
  };
}

interface Call {
  readonly type: string;
  readonly field: string;
  /** The object types that it selects. */
  readonly targets: readonly string[];
}

function ofCoordinates({ coordinates }: InputUse, { schema, standings, ...options }: BoundOptions): Denial | null {
  const { denial, masked, filters } = say(coordinates, options);
  const revealed = standings.ofSources(sourcesOf(coordinates, options.policy, schema));
  const rule = masked?.rule ?? filters[0];
  return denial ?? (rule === undefined ? null : { rule, reason: partsOnly }) ?? revealed;
}

/**
 * What a mutation is given is written, not looked for: it may bear the name of a field that the subject sees masked, or nobody
 * who sees a part of a thing could change it. Who does not see the field at all may not write it either.
 */
function ofName({ name }: InputUse, { type, targets }: Call, { schema, standings }: BoundOptions): Denial | null {
  if (name === null) return null;
  const isWrite = type === schema.getMutationType()?.name;
  const fields = targets.flatMap((target) => {
    const known = ownersOf(target, schema)[0]?.getFields() ?? {};
    const names = name === any ? Object.keys(known) : Object.hasOwn(known, name) ? [name] : [];
    return names.map((field) => standings.ofField(target, field));
  });
  const denials = fields.flatMap(({ denial, masked }): readonly Denial[] => {
    if (denial !== null) return [denial];
    return masked === null || isWrite ? [] : [{ rule: masked.rule, reason: tellsOfMasked }];
  });
  return denials[0] ?? null;
}

/** What a field gives, and the rows of it where it gives a page of them. */
function targetsOf(type: string, field: string, schema: GraphQLSchema): readonly string[] {
  const given = givenTypes(type, field, schema).filter(isCompositeType);
  const rows = given.flatMap((one) => possibleTypes(one.name, schema).flatMap((name) => [...pageRows(name, schema)]));
  return [...new Set([...given.map(({ name }) => name), ...rows].flatMap((name) => [...possibleTypes(name, schema)]))];
}

function pageRows(name: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(name);
  return type === undefined ? [] : [...rowsOf(type)].map((row) => row.name);
}

const tellsOfMasked = 'it would tell of what the subject sees masked';
