/**
 * What binds in the supergraph: the rules of all subgraphs, every one of them, with those that classes stand for and those
 * that reach implementations through their interfaces. Each knows where it comes from.
 */
import {
  type DirectiveLocation,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { type SourceLocation, WeftError } from '../../mesh/core/error.ts';
import { type ClassDefinition, type Classes, rulesOfClass } from '../../mesh/policy/classes.ts';
import { placeOf } from '../../mesh/policy/directive.ts';
import type { Derivation, Rule } from '../../mesh/policy/rules.ts';
import { joinRules, textOfRule } from '../../mesh/policy/write-rules.ts';
import { elementAt, typeNameOf } from './coordinates.ts';
import type { ReadSubgraph } from './read-subgraph.ts';

export interface Origin {
  readonly subgraph: string;
  readonly at: SourceLocation;
  /** What brought it from there: `class PII`, `interface Node`. */
  readonly by: readonly string[];
}

/** A rule and where all of it comes from. */
export interface Bound {
  readonly rule: Rule;
  readonly from: readonly Origin[];
}

export interface Derived {
  readonly derivation: Derivation;
  readonly origin: Origin;
}

export interface EffectivePolicy {
  readonly rules: ReadonlyMap<string, readonly Bound[]>;
  readonly derivations: ReadonlyMap<string, readonly Derived[]>;
  /** By coordinate, each class with where it comes from. */
  readonly classes: ReadonlyMap<string, ReadonlyMap<string, Origin>>;
}

export interface EffectiveOptions {
  /** The composed schema, with what no client sees. */
  readonly schema: GraphQLSchema;
  readonly classes: Classes;
}

/** Merges what the subgraphs say. What cannot be kept is a mistake. */
export function effectivePolicy(
  subgraphs: readonly ReadSubgraph[],
  { schema, classes: known }: EffectiveOptions,
): { readonly policy: EffectivePolicy; readonly mistakes: readonly WeftError[] } {
  const { rules, derivations, classes } = gather(subgraphs, schema);
  classifyImplementations(classes, schema);
  propagateClasses(classes, derivations);
  const mistakes: WeftError[] = [];
  for (const [coordinate, names] of classes) {
    const location = locationAt(schema, coordinate);
    for (const [name, origin] of names) {
      const definition = known.get(name);
      if (definition === undefined) mistakes.push(unknownClass(name, coordinate, { origin, known }));
      else for (const bound of boundBy(definition, coordinate, { location, origin })) push(rules, coordinate, bound);
    }
  }
  bindImplementations(rules, schema);
  return { policy: { rules: joined(rules, mistakes), derivations, classes }, mistakes };
}

function boundBy(
  definition: ClassDefinition,
  coordinate: string,
  { location, origin }: { readonly location: `${DirectiveLocation}`; readonly origin: Origin },
): readonly Bound[] {
  const from = [{ ...origin, by: [`class ${definition.name} (${placeText(definition.at)})`, ...origin.by] }];
  const rules = rulesOfClass(definition, coordinate, location);
  // What cannot stand where something is derived is still bound: by the derivation itself.
  const isDerived = origin.by.some((step) => step.startsWith('derived'));
  return rules.filter((rule) => !isDerived || fits(rule, location)).map((rule) => ({ rule, from }));
}

interface Gathered {
  readonly rules: Map<string, Bound[]>;
  readonly derivations: Map<string, Derived[]>;
  readonly classes: Map<string, Map<string, Origin>>;
}

function gather(subgraphs: readonly ReadSubgraph[], schema: GraphQLSchema): Gathered {
  const gathered: Gathered = { rules: new Map(), derivations: new Map(), classes: new Map() };
  for (const { name: subgraph, origin: file, statements } of subgraphs) {
    for (const { coordinate, node, rule, derivation, classes } of statements) {
      // An input that not every subgraph has is in no supergraph: there is nothing to bind.
      if (elementAt(schema, coordinate) === null) continue;
      const origin = { subgraph, at: placeOf(node, file), by: [] };
      if (rule !== null) push(gathered.rules, coordinate, { rule, from: [origin] });
      if (derivation !== null) push(gathered.derivations, coordinate, { derivation, origin });
      for (const name of classes) addClass(gathered.classes, coordinate, [name, origin]);
    }
  }
  return gathered;
}

/** What classifies an interface, or a field of it, classifies everything that implements it. */
function classifyImplementations(classes: Gathered['classes'], schema: GraphQLSchema): void {
  for (const [coordinate, names] of classes) {
    for (const below of implementationsOf(coordinate, schema)) {
      for (const [name, origin] of names) {
        addClass(classes, below, [name, { ...origin, by: [...origin.by, `interface ${typeNameOf(coordinate)}`] }]);
      }
    }
  }
}

/** Where the same stands in types that implement an interface. */
function implementationsOf(coordinate: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(typeNameOf(coordinate));
  if (!isInterfaceType(type)) return [];
  const { interfaces, objects } = schema.getImplementations(type);
  return [...interfaces, ...objects]
    .map(({ name }) => name + coordinate.slice(type.name.length))
    .filter((below) => elementAt(schema, below) !== null);
}

/** A coordinate has the classes of what it is made from, and of their types, unless it says that it reveals nothing of them. */
function propagateClasses(classes: Gathered['classes'], derivations: Gathered['derivations']): void {
  const steps = [...derivations].flatMap(([coordinate, derived]) =>
    derived.flatMap(({ derivation, origin }) =>
      derivation.isMasking
        ? []
        : derivation.coordinates
            .flatMap((source) => (source === typeNameOf(source) ? [source] : [source, typeNameOf(source)]))
            .map((source) => ({ coordinate, source, origin: { ...origin, by: [`derived from ${source}`] } })),
    ),
  );
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const { coordinate, source, origin } of steps) {
      const added = [...(classes.get(source)?.keys() ?? [])].filter((name) =>
        addClass(classes, coordinate, [name, origin]),
      );
      isSettled &&= added.length === 0;
    }
  }
}

function addClass(classes: Gathered['classes'], coordinate: string, [name, origin]: [string, Origin]): boolean {
  const known = classes.get(coordinate) ?? new Map<string, Origin>();
  if (known.has(name)) return false;
  classes.set(coordinate, known.set(name, origin));
  return true;
}

/** What binds an interface, or a field of it, binds everything that implements it. */
function bindImplementations(rules: Gathered['rules'], schema: GraphQLSchema): void {
  for (const [coordinate, bound] of rules) {
    for (const below of implementationsOf(coordinate, schema)) {
      for (const { rule, from } of bound) {
        const known = rules.get(below)?.some((one) => textOfRule(one.rule) === textOfRule(rule)) ?? false;
        if (known) continue;
        const by = from.map((origin) => ({ ...origin, by: [...origin.by, `interface ${typeNameOf(coordinate)}`] }));
        push(rules, below, { rule: { ...rule, coordinate: below }, from: by });
      }
    }
  }
}

function joined(rules: Gathered['rules'], mistakes: WeftError[]): ReadonlyMap<string, readonly Bound[]> {
  const result = new Map<string, readonly Bound[]>();
  for (const [coordinate, bound] of rules) {
    const all = joinRules(bound.map(({ rule }) => rule));
    if (all === null) mistakes.push(tooMany(coordinate, bound));
    else {
      result.set(
        coordinate,
        all.map((rule) => ({
          rule,
          from: bound.filter((one) => isPartOf(one.rule, rule)).flatMap(({ from }) => from),
        })),
      );
    }
  }
  return result;
}

/** The standard rules of a coordinate are joined to one of each kind. */
function isPartOf(part: Rule, whole: Rule): boolean {
  if (part.kind !== whole.kind) return false;
  const isOneOfItsKind = ['authenticated', 'scopes', 'policies'].includes(part.kind);
  return isOneOfItsKind || textOfRule(part) === textOfRule(whole);
}

function fits({ kind }: Rule, location: string): boolean {
  if (kind === 'rows') return location === 'OBJECT' || location === 'INTERFACE';
  return kind !== 'mask' || location === 'FIELD_DEFINITION';
}

/** The place of a directive at a coordinate, in the words of the GraphQL specification. */
export function locationAt(schema: GraphQLSchema, coordinate: string): `${DirectiveLocation}` {
  const element = elementAt(schema, coordinate);
  switch (element?.kind) {
    case 'field':
      return 'FIELD_DEFINITION';
    case 'argument':
      return 'ARGUMENT_DEFINITION';
    case 'input field':
      return 'INPUT_FIELD_DEFINITION';
    case 'enum value':
      return 'ENUM_VALUE';
    default:
      return locationOfType(element?.type);
  }
}

function locationOfType(type: GraphQLNamedType | undefined): `${DirectiveLocation}` {
  if (isObjectType(type)) return 'OBJECT';
  if (isInterfaceType(type)) return 'INTERFACE';
  const kind = type?.astNode?.kind;
  if (kind === 'UnionTypeDefinition') return 'UNION';
  if (kind === 'EnumTypeDefinition') return 'ENUM';
  return kind === 'InputObjectTypeDefinition' ? 'INPUT_OBJECT' : 'SCALAR';
}

function placeText({ file, line }: SourceLocation): string {
  return line === undefined ? file : `${file}:${line}`;
}

function unknownClass(
  name: string,
  coordinate: string,
  { origin, known }: { readonly origin: Origin; readonly known: Classes },
): WeftError {
  const names = [...known.keys()].map((one) => `"${one}"`);
  return new WeftError('COMPOSITION_FAILED', {
    action: `Cannot tell what class "${name}" of "${coordinate}" means`,
    found:
      names.length === 0
        ? 'no classes in the policies of this mesh'
        : `only ${names.join(', ')} in the policies of this mesh`,
    fix: `Add it under \`classes:\` in the file that \`policy.file\` names.`,
    at: origin.at,
  });
}

function tooMany(coordinate: string, bound: readonly Bound[]): WeftError {
  const at = bound[0]?.from[0]?.at;
  return new WeftError('COMPOSITION_FAILED', {
    action: `Cannot join the rules at "${coordinate}"`,
    found: 'too many alternatives of scopes or policies',
    fix: 'Ask for fewer alternatives in one place.',
    ...(at ? { at } : {}),
  });
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
