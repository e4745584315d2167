/** Random operations over the example domains: what they select, with which arguments, and never more than a test can bear. */
import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { Json } from '../../mesh/core/json.ts';
import {
  type Argument,
  type Condition,
  type FieldSelection,
  type FragmentSelection,
  type Operation,
  type Selection,
  render,
} from './render.ts';

export interface GenerateOptions {
  readonly schema: GraphQLSchema;
  /** What may be asked: `Type.field`. */
  readonly coordinates: ReadonlySet<string>;
  /** What of it to ask for seldom. */
  readonly rare: ReadonlySet<string>;
  /** Codes of airports to ask for. */
  readonly codes: readonly string[];
}

/** Levels of objects below the root. */
const depthMax = 4;
const selectionsMax = 60;
/** Objects in an answer, roughly. */
const objectsMax = 800;

/** Operations that are valid by construction. */
export function operations(options: GenerateOptions): fc.Arbitrary<Operation> {
  const query = options.schema.getQueryType();
  if (!query) throw new TypeError('The schema must have a query type.');
  const selections = createSelections(options)(query, depthMax)
    .filter((set) => countSelections(set) <= selectionsMax)
    .filter((set) => countObjects(set, 1) <= objectsMax);
  return fc
    .record({ selections, shadow: fc.boolean() })
    .map(({ selections: set, shadow }) => render(set, { schema: options.schema, shadow }));
}

type SelectionsOf = (type: GraphQLObjectType, depth: number) => fc.Arbitrary<readonly Selection[]>;
type Field = GraphQLField<unknown, unknown>;

/** Makes the arbitrary of each type and depth once. */
function createSelections({ schema, coordinates, rare, codes }: GenerateOptions): SelectionsOf {
  const known = new Map<string, fc.Arbitrary<readonly Selection[]>>();
  const lengthMax = (type: GraphQLObjectType) => (type === schema.getQueryType() ? 3 : 4);
  const selectionsOf: SelectionsOf = (type, depth) => {
    const key = `${type.name} ${depth}`;
    const arbitrary = known.get(key) ?? create(type, depth);
    known.set(key, arbitrary);
    return arbitrary;
  };
  const create: SelectionsOf = (type, depth) => {
    const own = Object.values(type.getFields()).filter(({ name }) => coordinates.has(`${type.name}.${name}`));
    const fields = own.flatMap((field) => {
      const object = objectOf(field);
      if (object === null) return { weight: 3, arbitrary: fieldOf(type, field, fc.constant([])) };
      const weight = rare.has(`${type.name}.${field.name}`) ? 1 : 4;
      return depth === 0 ? [] : { weight, arbitrary: fieldOf(type, field, selectionsOf(object, depth - 1)) };
    });
    const field = fc.oneof(...fields, { weight: 1, arbitrary: typenameOf(type) });
    const item = fc.oneof({ weight: 8, arbitrary: field }, { weight: 1, arbitrary: fragmentOf(type, field) });
    return fc.array(item, { minLength: 1, maxLength: lengthMax(type) });
  };
  const fieldOf = (type: GraphQLObjectType, field: Field, selections: fc.Arbitrary<readonly Selection[]>) => {
    const coordinate = `${type.name}.${field.name}`;
    const args = field.args.map((argument) => [
      argument.name,
      argumentOf(argument, valueOf(coordinate, argument, codes)),
    ]);
    return fc.record<FieldSelection>({
      kind: fc.constant('field'),
      type: fc.constant(type.name),
      field: fc.constant(field.name),
      args: fc.record<Record<string, Argument | null>>(Object.fromEntries(args)).map(withoutNulls),
      alias: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
      condition,
      selections,
    });
  };
  return selectionsOf;
}

/** The type that a field gives, lists and marks aside, if selections can be made of it. */
function objectOf(field: Field): GraphQLObjectType | null {
  const type = getNamedType(field.type);
  return isObjectType(type) ? type : null;
}

function typenameOf(type: GraphQLObjectType): fc.Arbitrary<FieldSelection> {
  return fc.record<FieldSelection>({
    kind: fc.constant('field'),
    type: fc.constant(type.name),
    field: fc.constant('__typename'),
    args: fc.constant({}),
    alias: fc.constantFrom(0, 1),
    condition: fc.constant(null),
    selections: fc.constant([]),
  });
}

function fragmentOf(type: GraphQLObjectType, field: fc.Arbitrary<Selection>): fc.Arbitrary<FragmentSelection> {
  return fc.record<FragmentSelection>({
    kind: fc.constant('fragment'),
    style: fc.constantFrom('plain', 'typed', 'named'),
    type: fc.constant(type.name),
    condition,
    selections: fc.array(field, { minLength: 1, maxLength: 3 }),
  });
}

const condition: fc.Arbitrary<Condition | null> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.record<Condition>({
      directive: fc.constantFrom('skip', 'include'),
      argument: fc.record<Argument>({
        given: fc.constantFrom('literal', 'variable', 'default'),
        type: fc.constant('Boolean!'),
        value: fc.boolean(),
      }),
    }),
  },
);

/** `null`: left out, where it may be. */
function argumentOf(argument: GraphQLArgument, value: fc.Arbitrary<Json>): fc.Arbitrary<Argument | null> {
  const type = fc.constant(String(argument.type));
  const given = fc.record<Argument>({ given: fc.constantFrom('literal', 'variable', 'default'), type, value });
  if (isRequiredArgument(argument)) return given;
  const absent = fc.record<Argument>({ given: fc.constant('absent'), type, value: fc.constant(null) });
  return fc.oneof(
    { weight: 12, arbitrary: given },
    { weight: 1, arbitrary: absent },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

function withoutNulls(args: Readonly<Record<string, Argument | null>>): Readonly<Record<string, Argument>> {
  return Object.fromEntries(Object.entries(args).flatMap(([name, argument]) => (argument ? [[name, argument]] : [])));
}

/** Mostly what exists, sometimes what does not. */
function valueOf(coordinate: string, { name }: GraphQLArgument, codes: readonly string[]): fc.Arbitrary<Json> {
  const code = rarely(fc.constantFrom(...codes), 'ZZZ', 'ord', '');
  switch (name) {
    case 'first':
      return rarely(fc.nat(5), -1, -(2 ** 31), 2 ** 31 - 1, null);
    case 'iata':
      return code;
    case 'state':
      return rarely(fc.constantFrom('CA', 'CO', 'AK', 'GU', 'TX'), 'NA', 'XX', 'co', null);
    case 'text':
      return rarely(
        fc.constantFrom('den', 'Chicago int', '  san\tfield ', "o'hare", 'ORD', 'co na'),
        '',
        ' ',
        '%',
        'na',
      );
    case 'minFlights':
    case 'minDepartures':
      return rarely(fc.constantFrom(1_000, 20_000, 0), -5, 2 ** 31 - 1, null);
    case 'matched':
      return fc.constantFrom<Json>(true, false, null);
    case 'id':
      return idOf(coordinate, code);
    case 'after':
      return rarely(idOf(coordinate, code), null);
    default:
      throw new TypeError(`${coordinate}(${name}:) must have values to choose from.`);
  }
}

function idOf(coordinate: string, code: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  switch (coordinate) {
    case 'Query.airports':
      return code;
    case 'Query.flight':
    case 'Airport.departures':
    case 'Airport.arrivals':
      return rarely(
        fc.oneof(fc.nat(2_999_999).map(String), fc.nat(2_999_999)),
        '3000000',
        '-1',
        '007',
        'x',
        '',
        '1'.repeat(20),
      );
    case 'Query.incident':
    case 'Query.incidents':
      return rarely(fc.nat(9_999).map(String), 10_000, '-1', '0012', 'T0001', '');
    case 'Query.traveller':
    case 'Query.travellers':
      return rarely(numbered('T', 2_000), 'T0000', 'T2001', 'T1', 17, 'B0001', '');
    case 'Query.bookings':
      return rarely(numbered('B', 5_000), 'B0000', 'B5001', 'b0001', 17, 'T0001', '');
    case 'Query.complaints':
      return rarely(numbered('C', 400), 'C0000', 'C0401', 'c0001', 17, 'B0001', '');
    default:
      throw new TypeError(`${coordinate} must have ids to choose from.`);
  }
}

function numbered(letter: string, most: number): fc.Arbitrary<string> {
  return fc.integer({ min: 1, max: most }).map((number) => `${letter}${String(number).padStart(4, '0')}`);
}

function rarely(usual: fc.Arbitrary<Json>, ...odd: readonly Json[]): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
}

function countSelections(selections: readonly Selection[]): number {
  return selections.reduce((count, selection) => count + 1 + countSelections(selection.selections), 0);
}

/** How many objects a selection gives for so many parents. */
function countObjects(selections: readonly Selection[], parents: number): number {
  return selections.reduce((count, selection) => {
    if (selection.selections.length === 0) return count;
    const objects = selection.kind === 'fragment' ? parents : parents * lengthOf(selection);
    return count + objects + countObjects(selection.selections, objects);
  }, 0);
}

/** Lists without an argument are short; those that are not bounded by theirs, long. */
function lengthOf({ field, args }: FieldSelection): number {
  if (args['first'] === undefined) return field.endsWith('s') ? 10 : 1;
  const { given, value } = args['first'];
  if (given === 'absent') return field === 'airports' ? 50 : 10;
  return typeof value === 'number' ? Math.min(Math.max(value, 0), 500) : 500;
}
