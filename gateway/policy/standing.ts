/**
 * What the verdicts of rules come to at the types and fields of a schema, for one subject: rules of a field, of the interfaces'
 * fields that it implements and of the type that it gives all bind it.
 */
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Mask } from '../../mesh/policy/mask.ts';
import type { Policy, Rule, RowsRule } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import { strictestOf } from './strictest.ts';

/** Why something is not shown. */
export interface Denial {
  readonly rule: Rule;
  readonly reason: string;
}

export interface TypeStanding {
  /** Why no object of the type is shown. */
  readonly denial: Denial | null;
  /** The rules by which some objects of the type do not exist for the subject. */
  readonly filters: readonly RowsRule[];
}

export interface FieldStanding {
  readonly denial: Denial | null;
  /** How the value is shown; `NULL` is not shown at all. */
  readonly mask: Mask | null;
}

export interface Standings {
  /** What binds objects of a type. Of an abstract one: what may bind an object of which no more is known. */
  ofType(type: string): TypeStanding;
  /** What binds a field of a type. Of an abstract one: what binds it for any object that may stand there. */
  ofField(type: string, field: string): FieldStanding;
  /** The object types that a type may turn out to be; itself when there are none. */
  possibleTypes(type: string): readonly string[];
}

export interface StandingOptions {
  readonly schema: GraphQLSchema;
  readonly policy: Pick<Policy, 'rules'>;
  readonly verdicts: Pick<Verdicts, 'get'>;
  /** Whether values are masked and rows are filtered later. If not, what the subject may see a part of is denied. */
  readonly showsParts: boolean;
}

const nothing: readonly Rule[] = [];

/** What is said of the rules at some coordinates, taken together. */
interface Said {
  denial: Denial | null;
  masked: { readonly mask: Mask; readonly rule: Rule } | null;
  readonly filters: RowsRule[];
}

export function createStandings(options: StandingOptions): Standings {
  const { schema } = options;
  const types = new Map<string, TypeStanding>();
  const fields = new Map<string, FieldStanding>();
  const possibleTypes = (name: string): readonly string[] => {
    const type = schema.getType(name);
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
    return possible.length > 0 ? possible.map((one) => one.name) : isCompositeType(type) ? [name] : [];
  };
  const standings: Standings = {
    possibleTypes,
    ofType: (name) =>
      remember(types, name, () => {
        const { denial, filters } = sayOfObjects(name, options);
        const possible = possibleTypes(name).flatMap((one) => (one === name ? [] : standings.ofType(one)));
        return { denial, filters: [...new Set([...filters, ...possible.flatMap((one) => one.filters)])] };
      }),
    ofField: (type, field) =>
      remember(fields, `${type}.${field}`, () =>
        strictest(
          possibleTypes(type).map((possible) =>
            possible === type ? standingOf(type, field, { ...options, standings }) : standings.ofField(possible, field),
          ),
        ),
      ),
  };
  return standings;
}

function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}

function strictest(standings: readonly FieldStanding[]): FieldStanding {
  const denial = standings.find((standing) => standing.denial !== null)?.denial ?? null;
  return { denial, mask: standings.reduce<Mask | null>((mask, one) => strictestOf(mask, one.mask), null) };
}

/** An object cannot be masked: a mask at its type hides it. */
function sayOfObjects(type: string, options: StandingOptions): Said {
  const said = say(boundWith(type, options.schema), options);
  if (said.masked !== null) said.denial ??= { rule: said.masked.rule, reason: partsOnly };
  return said;
}

interface FieldOptions extends StandingOptions {
  readonly standings: Standings;
}

function standingOf(typeName: string, name: string, { standings, ...options }: FieldOptions): FieldStanding {
  const type = options.schema.getType(typeName);
  const owners = isObjectType(type) || isInterfaceType(type) ? [type, ...type.getInterfaces()] : [];
  const given: GraphQLNamedType[] = [];
  const own: string[] = [];
  for (const owner of owners) {
    const field = owner.getFields()[name];
    if (field === undefined) continue;
    own.push(`${owner.name}.${name}`);
    given.push(getNamedType(field.type));
  }
  const ofTypes = say([...new Set(given.flatMap((one) => boundWith(one.name, options.schema)))], options);
  const said = say(own, options);
  // Rows are of objects: what a condition would mean at a field, nobody has said.
  const [row] = [...said.filters, ...(given.some(isLeafOrUnion) ? ofTypes.filters : [])];
  const behind = given.flatMap((one) => deniedWholly(one, standings));
  const masked = [said.masked, ofTypes.masked].flatMap((one) => one ?? []);
  const mask = masked.reduce<Mask | null>((strict, one) => strictestOf(strict, one.mask), null);
  let denial = said.denial ?? ofTypes.denial ?? behind[0] ?? (row ? { rule: row, reason: partsOnly } : null);
  const [first] = masked;
  if (denial === null && first !== undefined && mask !== null && !canMask(mask, own[0], options.schema))
    denial = { rule: first.rule, reason: cannotMask };
  return { denial, mask };
}

/** A type gives nothing when all objects that it may turn out to be are denied. */
function deniedWholly(type: GraphQLNamedType, standings: Standings): readonly Denial[] {
  if (!isAbstractType(type)) return [];
  const denials = standings
    .possibleTypes(type.name)
    .filter((name) => name !== type.name)
    .map((possible) => standings.ofType(possible).denial);
  return denials.length > 0 && denials.every((denial) => denial !== null) ? denials : [];
}

function isLeafOrUnion(type: GraphQLNamedType): boolean {
  return !isObjectType(type) && !isInterfaceType(type);
}

/** `NULL` needs a place that may be null; the other masks make a value of a leaf's type. */
function canMask(mask: Mask, coordinate: string | undefined, schema: GraphQLSchema): boolean {
  const [typeName = '', fieldName = ''] = coordinate?.split('.') ?? [];
  const type = schema.getType(typeName);
  const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName] : undefined;
  if (field === undefined) return false;
  return mask.name === 'NULL' ? !isNonNullType(field.type) : !isCompositeType(getNamedType(field.type));
}

/** A type and the interfaces that it implements: the rules of all of them bind. */
function boundWith(name: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(name);
  const interfaces = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [];
  return [name, ...interfaces.map((one) => one.name)];
}

/** Asks for every rule, also where the first one decides: so that one pass finds all that can bear. */
function say(coordinates: readonly string[], { policy, verdicts, showsParts }: StandingOptions): Said {
  const said: Said = { denial: null, masked: null, filters: [] };
  for (const rule of coordinates.flatMap((coordinate) => policy.rules.get(coordinate) ?? nothing)) {
    const verdict = verdicts.get(rule);
    if (verdict === undefined || verdict.kind === 'allow') continue;
    const isWhole = verdict.kind === 'mask' && verdict.mask.name === 'NULL';
    if (verdict.kind === 'deny') said.denial ??= { rule, reason: verdict.reason };
    else if (!showsParts && !isWhole) said.denial ??= { rule, reason: partsOnly };
    else if (verdict.kind === 'mask') said.masked = stricter(said.masked, { mask: verdict.mask, rule });
    else if (rule.kind === 'rows') said.filters.push(rule);
    else said.denial ??= { rule, reason: partsOnly };
  }
  return said;
}

function stricter(one: Said['masked'], other: NonNullable<Said['masked']>): NonNullable<Said['masked']> {
  const mask = strictestOf(one?.mask ?? null, other.mask) ?? other.mask;
  return { mask, rule: one?.rule ?? other.rule };
}

const partsOnly = 'the subject may see a part only';
const cannotMask = 'its mask leaves nothing that may stand there';
