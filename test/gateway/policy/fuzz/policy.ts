/** Random policies on a mesh, out of choices: rules of every kind at places of every kind, and what is derived from what. */
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  buildASTSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';
import { type Choose, pick } from '../../federation/fuzz/choice.ts';
import { type Field, type Model, allFields, isAbstract, isScalar } from '../../federation/fuzz/model.ts';
import { fieldOf } from '../../federation/fuzz/world.ts';
import { type RowsType, createRows } from './condition.ts';
import { type GrowingPolicy, type OraclePolicy, type OracleRule, type ReadTree, classNames, push } from './rule.ts';

interface Making extends GrowingPolicy {
  readonly model: Model;
  readonly schema: GraphQLSchema;
  readonly choose: Choose;
  readonly places: readonly Place[];
}

type Place =
  | { readonly kind: 'type'; readonly coordinate: string; readonly type: GraphQLNamedType }
  | { readonly kind: 'field'; readonly coordinate: string; readonly type: GraphQLOutputType }
  | { readonly kind: 'input'; readonly coordinate: string };

/** What rows read of a mesh's world never fails from then on: where it does, it is left open which rows are hidden. */
export function createPolicy(model: Model, supergraph: string, choose: Choose): OraclePolicy {
  const schema = buildASTSchema(parse(supergraph), { assumeValid: true });
  const policy: GrowingPolicy = {
    rules: new Map(),
    derivations: new Map(),
    classes: new Map(),
    required: requiredIn(model),
  };
  const making: Making = { ...policy, model, schema, choose, places: placesIn(schema) };
  for (let count = choose(14); count > 0; count--) addOne(making);
  return policy;
}

function addOne(making: Making): void {
  const { choose, model, places } = making;
  // Where choices are used up, there is no further rule.
  const kind = pick(choose, [
    'none',
    'rows',
    'field',
    'type',
    'mask',
    'field',
    'mask',
    'rows',
    'input',
    'mask',
    'class',
  ] as const);
  const isOfEntity = choose(3) > 0;
  const names = new Set(model.entities.map(({ name }) => name));
  const fitting = places.filter((place) => {
    if (kind === 'mask') return place.kind === 'field' && isLeafType(getNamedType(place.type));
    if (kind === 'class') return place.kind !== 'input';
    if (kind !== 'rows') return place.kind === kind;
    return place.kind === 'type' && (isOfEntity ? names.has(place.coordinate) : hasRows(place.type));
  });
  // Several rules at one place bind together.
  const ruled = fitting.filter(({ coordinate }) => making.rules.has(coordinate));
  const among = ruled.length > 0 && choose(3) === 2 ? ruled : fitting;
  const place = among[choose(among.length)];
  if (place === undefined) return;
  if (kind === 'class') {
    const isValue = place.kind === 'field' && standard.has(getNamedType(place.type).name);
    const isMaskable = isValue && !isOfMember(place.coordinate);
    push(making.classes, place.coordinate, pick(choose, isMaskable ? ['PII', ...classNames] : ['SECRET', 'AUDITED']));
  } else if (place.kind === 'type')
    push(
      making.rules,
      place.coordinate,
      kind === 'rows' ? rowsOf(place.type, making) : denialAt(place.coordinate, making),
    );
  else if (place.kind === 'field') addAtField(place, kind === 'mask', making);
  else addAtInput(place.coordinate, making);
}

/** By field, the fields that it requires or takes from above, and the types of objects that they lead through. */
function requiredIn(model: Model): ReadonlyMap<string, readonly string[]> {
  const required = new Map<string, readonly string[]>();
  const note = (type: string, fields: readonly Field[]): void => {
    for (const { name, requires } of fields) {
      const sources = requires.flatMap(({ field, below }) => {
        const given = fieldOf(model, type, field)?.field.type.name ?? '';
        return [`${type}.${field}`, ...(isScalar(given) ? [] : [given, ...below.map((one) => `${given}.${one}`)])];
      });
      if (sources.length > 0) required.set(`${type}.${name}`, sources);
    }
  };
  for (const { name, fields } of model.entities) note(name, fields);
  note('Media', model.media?.fields ?? []);
  if (model.context !== null) required.set('Kid.taken', [`E0.${model.context.field}`]);
  return required;
}

/** Where rules may stand, but for what clients do not see. */
function placesIn(schema: GraphQLSchema): readonly Place[] {
  return Object.values(schema.getTypeMap()).flatMap((type): readonly Place[] => {
    const { name } = type;
    if (/^(join|link|federation|context)?__/.test(name) || standard.has(name)) return [];
    return [...(isRuledType(name) ? [{ kind: 'type', coordinate: name, type } as const] : []), ...placesBelow(type)];
  });
}

function placesBelow(type: GraphQLNamedType): readonly Place[] {
  const input = (name: string): Place => ({ kind: 'input', coordinate: `${type.name}.${name}` });
  if (isEnumType(type))
    return type.getValues().flatMap(({ name, astNode }) => (isHidden(astNode) ? [] : [input(name)]));
  if (isInputObjectType(type)) return Object.keys(type.getFields()).map(input);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values<GraphQLField<unknown, unknown>>(type.getFields()).flatMap((field): readonly Place[] => {
    if (isHidden(field.astNode)) return [];
    const inputs = field.args.map((argument) => input(`${field.name}(${argument.name}:)`));
    return [{ kind: 'field', coordinate: `${type.name}.${field.name}`, type: field.type }, ...inputs];
  });
}

const standard: ReadonlySet<string> = new Set(['Int', 'Float', 'String', 'Boolean', 'ID']);
function isRuledType(name: string): boolean {
  return !['Query', 'Mutation'].includes(name);
}

function isHidden(
  node: { readonly directives?: readonly { readonly name: { readonly value: string } }[] } | null | undefined,
): boolean {
  return node?.directives?.some(({ name }) => name.value === 'inaccessible') ?? false;
}

function hasRows(type: GraphQLNamedType): type is RowsType {
  return isObjectType(type) || isInterfaceType(type);
}

/** Of what an interface object gives it may be that nobody asks which type it is: masks of one type are laid over all then. */
function isOfMember(coordinate: string): boolean {
  return /^(Book|Film)\.(id|title|rank|stars)$/.test(coordinate);
}

function addAtField({ coordinate, type }: Extract<Place, { kind: 'field' }>, isMasked: boolean, making: Making): void {
  const { choose } = making;
  const rule = (isMasked || choose(4) === 3) && !isOfMember(coordinate) ? maskFor(type, choose) : null;
  if (rule !== null) push(making.rules, coordinate, rule);
  else if (choose(5) === 4) derive(coordinate, making);
  else push(making.rules, coordinate, denialAt(coordinate, making));
}

function addAtInput(coordinate: string, making: Making): void {
  if (making.choose(2) === 1) derive(coordinate, making);
  else push(making.rules, coordinate, denialAt(coordinate, making));
}

function derive(coordinate: string, making: Making): void {
  const source = sourceIn(making);
  const isMasking = making.choose(5) === 4;
  if (source !== null && source !== coordinate) push(making.derivations, coordinate, { sources: [source], isMasking });
}

/** A field, or the rows of an entity. */
function sourceIn({ places, model, choose }: Making): string | null {
  const names = new Set(model.entities.map(({ name }) => name));
  const sources = places.filter(({ kind, coordinate }) => kind === 'field' || names.has(coordinate));
  return sources[choose(sources.length)]?.coordinate ?? null;
}

function rowsOf(type: GraphQLNamedType, { model, choose, schema }: Making): OracleRule {
  if (!hasRows(type)) throw new Error(`No rows are of type ${type.name}.`);
  const rule = createRows(type, { choose, isReadable: (owner, field) => isReadable(model, owner, field) });
  if (rule.kind === 'rows') makeSafe(type, rule.reads, { model, schema });
  // A failure that takes its object along takes along what a condition reads of it: then nobody can tell whether it exists.
  for (const field of allFields(model)) {
    if (field.type.isNonNull || /^(V0|V1|Mix)$/.test(field.type.name)) field.isSafe = true;
  }
  return rule;
}

/** What is worked out from other fields may be so though they failed. */
function isReadable(model: Model, type: string, field: string): boolean {
  if (/^(V0|V1|Ref|Face)$/.test(type) || field === 'kind' || field === 'mark') return true;
  if (type === 'Kid') return field !== 'taken';
  const found = fieldOf(model, type, field);
  if (found === null) return /^(id|code|a|b|ref)$/.test(field);
  return !found.field.isInaccessible && found.field.requires.length === 0 && !isAbstract(found.field.type.name);
}

function makeSafe(type: GraphQLNamedType, reads: ReadTree, { model, schema }: Pick<Making, 'model' | 'schema'>): void {
  if (!isObjectType(type) && !isInterfaceType(type)) return;
  for (const [name, below] of Object.entries(reads)) {
    const found = fieldOf(model, type.name, name);
    if (found !== null) found.field.isSafe = true;
    const given = getNamedType(type.getFields()[name]?.type);
    if (given === undefined) continue;
    makeSafe(given, below, { model, schema });
  }
}

const denialKinds = ['scopes', 'authenticated', 'policies', 'purpose'] as const;

/** Often of a kind that stands there already: both bind. */
function denialAt(coordinate: string, { rules, choose }: Making): OracleRule {
  const known = denialKinds.find((kind) => rules.get(coordinate)?.some((rule) => rule.kind === kind));
  const kind = pick(choose, denialKinds);
  return denial(known !== undefined && choose(3) > 0 ? known : kind, choose);
}

function denial(kind: (typeof denialKinds)[number], choose: Choose): OracleRule {
  switch (kind) {
    case 'scopes':
      return { kind: 'scopes', anyOf: scopeLists(choose) };
    case 'authenticated':
      return { kind: 'authenticated' };
    case 'policies':
      return {
        kind: 'policies',
        anyOf: pick(choose, [
          [['adult']],
          [['staff'], ['adult']],
          [['adult', 'audited']],
          [['unknown'], ['staff']],
          [['missing'], ['timed', 'audited']],
        ]),
      };
    case 'purpose':
      return { kind: 'purpose', allow: pick(choose, [['audit'], ['audit', 'billing'], ['billing']]) };
    default:
      return kind satisfies never;
  }
}

function scopeLists(choose: Choose): readonly (readonly string[])[] {
  return pick(choose, [[['a']], [['b']], [['a'], ['b']], [['a', 'b']], [['b', 'c'], ['a']]]);
}

/** A mask that leaves a value of the type; none for objects and scalars of the domain's own, but `NULL`. */
function maskFor(type: GraphQLOutputType, choose: Choose): OracleRule | null {
  const unless = choose(4) === 0 ? [] : scopeLists(choose);
  const names = [...(maskNames[getNamedType(type).name] ?? []), ...(isNonNullType(type) ? [] : ['NULL'])];
  const name = names[choose(names.length)];
  if (name === undefined) return null;
  const isStepped = name === 'ROUND' || name === 'BUCKET';
  return { kind: 'mask', mask: { name, step: isStepped ? pick(choose, [100, 7, 1.5, 0.25]) : 0 }, unless };
}

const texts = ['REDACT', 'HASH', 'LAST4', 'FIRST1', 'EMAIL', 'YEAR', 'MONTH'];
const numbers = ['REDACT', 'HASH', 'ROUND', 'BUCKET'];
const maskNames: Readonly<Record<string, readonly string[]>> = {
  String: texts,
  ID: texts,
  Int: numbers,
  Float: numbers,
  Boolean: ['REDACT'],
  Shade: ['REDACT'],
};
