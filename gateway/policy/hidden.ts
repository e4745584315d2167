/**
 * Which names of a schema a subject is not told: what it is denied, and what cannot be there without that, so that the
 * rest is a schema of its own. What it sees masked or in part keeps its name.
 */
import {
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  isUnionType,
  specifiedScalarTypes,
} from 'graphql';
import { sourcesOf } from './derived.ts';
import { hideBoundInputs } from './hidden-inputs.ts';
import { ownersOf } from './owner.ts';
import { say } from './said.ts';
import { type StandingOptions, type Standings, createStandings } from './standing.ts';

/** Coordinates: `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`. */
export type Hidden = ReadonlySet<string>;

/** What is hidden where the rules say this. Work and size are linear in the schema, but for what inputs may be bound to. */
export function findHidden(options: StandingOptions): Hidden {
  const { schema } = options;
  const standings = createStandings(options);
  const hidden = new Set<string>();
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
  for (const type of types) for (const coordinate of deniedIn(type, standings, options)) hidden.add(coordinate);
  hideBoundInputs(hidden, { schema, standings });
  hideIncomplete(hidden, types, schema);
  const before = reachableTypes(schema, new Set());
  const now = reachableTypes(schema, hidden);
  const standard = (name: string): boolean => specifiedScalarTypes.some((type) => type.name === name);
  for (const name of before) if (!now.has(name) && !standard(name)) hidden.add(name);
  // Nothing led to some types before, and nobody is kept from them; what they have of these goes.
  hideIncomplete(hidden, types, schema);
  return hidden;
}

/** The coordinate of an argument. */
export function argumentCoordinate(type: string, field: string, argument: string): string {
  return `${type}.${field}(${argument}:)`;
}

type Fielded = GraphQLObjectType | GraphQLInterfaceType;

function isFielded(type: GraphQLNamedType): type is Fielded {
  return isObjectType(type) || isInterfaceType(type);
}

function deniedIn(type: GraphQLNamedType, standings: Standings, options: StandingOptions): readonly string[] {
  const own = standings.ofType(type.name).denial === null ? [] : [type.name];
  if (isFielded(type)) return [...own, ...deniedFields(type, standings, options)];
  if (!isInputObjectType(type) && !isEnumType(type)) return own;
  const members = isEnumType(type) ? type.getValues() : Object.values(type.getFields());
  const denied = members.map(({ name }) => `${type.name}.${name}`);
  return [...own, ...denied.filter((one) => isInputDenied([one], standings, options))];
}

function deniedFields(type: Fielded, standings: Standings, options: StandingOptions): readonly string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const owners = ownersOf(type.name, options.schema).filter((owner) => owner.getFields()[field.name] !== undefined);
    const denied = field.args.filter(({ name }) => {
      const bound = owners.map((owner) => argumentCoordinate(owner.name, field.name, name));
      return isInputDenied(bound, standings, options);
    });
    const coordinates = denied.map(({ name }) => argumentCoordinate(type.name, field.name, name));
    const isDenied = standings.ofField(type.name, field.name).denial !== null;
    return isDenied ? [`${type.name}.${field.name}`, ...coordinates] : coordinates;
  });
}

/** What tells of something that is seen in part keeps its name; what tells of something that is not there for the subject does not. */
function isInputDenied(coordinates: readonly string[], standings: Standings, options: StandingOptions): boolean {
  const { denial, masked, filters } = say(coordinates, options);
  if (denial !== null || masked !== null || filters.length > 0) return true;
  return sourcesOf(coordinates, options.policy, options.schema).some(({ type, field }) =>
    field === null ? standings.ofType(type).denial !== null : standings.ofField(type, field).denial !== null,
  );
}

/** Takes away what lacks something that it needs, until nothing does. */
function hideIncomplete(hidden: Set<string>, types: readonly GraphQLNamedType[], schema: GraphQLSchema): void {
  for (let size = -1; size !== hidden.size;) {
    size = hidden.size;
    for (const type of types) {
      if (hidden.has(type.name)) continue;
      if (isFielded(type)) hideFields(hidden, type, schema);
      else if (isInputObjectType(type)) hideInputFields(hidden, type);
      if (isEmpty(type, hidden, schema)) hidden.add(type.name);
    }
  }
}

function hideFields(hidden: Set<string>, type: Fielded, schema: GraphQLSchema): void {
  for (const field of Object.values(type.getFields())) {
    const coordinate = `${type.name}.${field.name}`;
    for (const { name, type: given } of field.args) {
      const argument = argumentCoordinate(type.name, field.name, name);
      if (hidden.has(getNamedType(given).name) || isMissedBelow(argument, type, { hidden, schema }))
        hidden.add(argument);
    }
    const isLost =
      hidden.has(getNamedType(field.type).name) ||
      lacksArgument(field, coordinate, hidden) ||
      isMissedBelow(coordinate, type, { hidden, schema });
    if (isLost) hidden.add(coordinate);
  }
}

/** Whoever leaves out what must be given is told its name. */
function lacksArgument({ args }: GraphQLField<unknown, unknown>, coordinate: string, hidden: Hidden): boolean {
  return args.some((one: GraphQLArgument) => isRequiredArgument(one) && hidden.has(`${coordinate}(${one.name}:)`));
}

/** An interface has no field that one of its types lacks. */
function isMissedBelow(
  coordinate: string,
  { name }: Fielded,
  { hidden, schema }: { readonly hidden: Hidden; readonly schema: GraphQLSchema },
): boolean {
  const type = schema.getType(name);
  if (!isInterfaceType(type)) return false;
  const { objects, interfaces } = schema.getImplementations(type);
  const rest = coordinate.slice(name.length);
  return [...objects, ...interfaces].some((one) => !hidden.has(one.name) && hidden.has(`${one.name}${rest}`));
}

function hideInputFields(hidden: Set<string>, type: GraphQLInputObjectType): void {
  for (const { name, type: given } of Object.values(type.getFields()))
    if (hidden.has(getNamedType(given).name)) hidden.add(`${type.name}.${name}`);
}

/** Whether nothing is left that could stand there. A query root stays: there is no schema without one. */
function isEmpty(type: GraphQLNamedType, hidden: Hidden, schema: GraphQLSchema): boolean {
  const isLeft = ({ name }: { readonly name: string }): boolean => !hidden.has(`${type.name}.${name}`);
  if (isFielded(type)) {
    if (type === schema.getQueryType()) return false;
    return !Object.values(type.getFields()).some(isLeft) || (isInterfaceType(type) && isOrphaned(type, hidden, schema));
  }
  if (isUnionType(type)) return type.getTypes().every(({ name }) => hidden.has(name));
  if (isEnumType(type)) return !type.getValues().some(isLeft);
  if (!isInputObjectType(type)) return false;
  const fields = Object.values(type.getFields());
  return !fields.some(isLeft) || fields.some((field) => isRequiredInputField(field) && !isLeft(field));
}

function isOrphaned(type: GraphQLInterfaceType, hidden: Hidden, schema: GraphQLSchema): boolean {
  const possible = schema.getPossibleTypes(type);
  return possible.length > 0 && possible.every(({ name }) => hidden.has(name));
}

/** All types that can be come to from a root or a directive by what is not hidden. */
function reachableTypes(schema: GraphQLSchema, hidden: Hidden): ReadonlySet<string> {
  const found = new Set<string>();
  const pending: GraphQLNamedType[] = [
    ...[schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((root) => root ?? []),
    ...schema.getDirectives().flatMap(({ args }) => args.map(({ type }) => getNamedType(type))),
  ];
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (found.has(type.name) || hidden.has(type.name)) continue;
    found.add(type.name);
    pending.push(...nextTypes(type, hidden, schema));
  }
  return found;
}

function nextTypes(type: GraphQLNamedType, hidden: Hidden, schema: GraphQLSchema): readonly GraphQLNamedType[] {
  const isLeft = ({ name }: { readonly name: string }): boolean => !hidden.has(`${type.name}.${name}`);
  if (isUnionType(type)) return type.getTypes();
  if (isInputObjectType(type)) {
    const fields: readonly GraphQLInputField[] = Object.values(type.getFields());
    return fields.filter(isLeft).map((field) => getNamedType(field.type));
  }
  if (!isFielded(type)) return [];
  const fields = Object.values(type.getFields()).filter(isLeft);
  const below = isInterfaceType(type) ? schema.getImplementations(type) : { objects: [], interfaces: [] };
  return [
    ...fields.map((field) => getNamedType(field.type)),
    ...fields.flatMap((field) =>
      field.args
        .filter(({ name }) => !hidden.has(argumentCoordinate(type.name, field.name, name)))
        .map((argument) => getNamedType(argument.type)),
    ),
    ...type.getInterfaces(),
    ...below.objects,
    ...below.interfaces,
  ];
}

/** Names that stand for nothing that is left: whoever reads one in a text learns of what is hidden. */
export function hiddenNames(hidden: Hidden, schema: GraphQLSchema): ReadonlySet<string> {
  const [gone, left] = [new Set<string>(), new Set<string>()];
  const note = (name: string, coordinate: string, isGone: boolean): void => {
    (isGone || hidden.has(coordinate) ? gone : left).add(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (isSpecifiedScalarType(type) || isIntrospectionType(type)) continue;
    const isGone = hidden.has(type.name);
    note(type.name, type.name, isGone);
    for (const name of membersOf(type)) note(name, `${type.name}.${name}`, isGone);
    for (const field of isFielded(type) ? Object.values(type.getFields()) : []) {
      const isFieldGone = isGone || hidden.has(`${type.name}.${field.name}`);
      for (const { name } of field.args) note(name, argumentCoordinate(type.name, field.name, name), isFieldGone);
    }
  }
  return gone.difference(left);
}

function membersOf(type: GraphQLNamedType): readonly string[] {
  if (isEnumType(type)) return valuesOf(type);
  return isFielded(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : [];
}

function valuesOf(type: GraphQLEnumType): readonly string[] {
  return type.getValues().map(({ name }) => name);
}
