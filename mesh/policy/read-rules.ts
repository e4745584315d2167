/** Reads what a schema document says of who may see what, wherever a directive may stand. */
import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  DirectiveLocation,
  Kind,
  print,
} from 'graphql';
import { WeftError, isWeftError } from '../core/error.ts';
import { argumentOf, itemsOf, placeOf, textOf } from './directive.ts';
import { readMask } from './mask.ts';
import { type PolicyDirective, policyNames } from './names.ts';
import { compileRowCondition } from './row-condition.ts';
import type { Derivation, Policy, Rule } from './rules.ts';

/** A directive at its place. */
export interface Placed {
  readonly coordinate: string;
  readonly location: DirectiveLocation;
  readonly node: ConstDirectiveNode;
}

/** What one directive of policy says. */
export interface Statement extends Placed {
  readonly directive: PolicyDirective;
  /** `null` for `@derivedFrom` and `@classified`. */
  readonly rule: Rule | null;
  readonly derivation: Derivation | null;
  /** What it classifies as. */
  readonly classes: readonly string[];
}

/** All directives of a document at coordinates, in their order. */
export function placedDirectives(document: DocumentNode): readonly Placed[] {
  return document.definitions.flatMap(placedIn);
}

interface Element {
  readonly name: { readonly value: string };
  readonly directives?: readonly ConstDirectiveNode[];
}

function placedIn(definition: DefinitionNode): readonly Placed[] {
  if (!isElement(definition)) return [];
  const type = definition.name.value;
  const at = (coordinate: string, { directives = [] }: Element, location: DirectiveLocation): readonly Placed[] =>
    directives.map((node) => ({ coordinate, location, node }));
  const fields = 'fields' in definition ? (definition.fields ?? []) : [];
  const values = 'values' in definition ? (definition.values ?? []) : [];
  const typeLocation = locations.get(definition.kind) ?? DirectiveLocation.OBJECT;
  const isInput = typeLocation === DirectiveLocation.INPUT_OBJECT;
  const fieldLocation = isInput ? DirectiveLocation.INPUT_FIELD_DEFINITION : DirectiveLocation.FIELD_DEFINITION;
  return [
    ...at(type, definition, typeLocation),
    ...fields.flatMap((field) => {
      const coordinate = `${type}.${field.name.value}`;
      const args = 'arguments' in field ? (field.arguments ?? []) : [];
      return [
        ...at(coordinate, field, fieldLocation),
        ...args.flatMap((argument) =>
          at(`${coordinate}(${argument.name.value}:)`, argument, DirectiveLocation.ARGUMENT_DEFINITION),
        ),
      ];
    }),
    ...values.flatMap((value) => at(`${type}.${value.name.value}`, value, DirectiveLocation.ENUM_VALUE)),
  ];
}

const locations: ReadonlyMap<string, DirectiveLocation> = new Map([
  [Kind.OBJECT_TYPE_DEFINITION, DirectiveLocation.OBJECT],
  [Kind.OBJECT_TYPE_EXTENSION, DirectiveLocation.OBJECT],
  [Kind.INTERFACE_TYPE_DEFINITION, DirectiveLocation.INTERFACE],
  [Kind.INTERFACE_TYPE_EXTENSION, DirectiveLocation.INTERFACE],
  [Kind.UNION_TYPE_DEFINITION, DirectiveLocation.UNION],
  [Kind.UNION_TYPE_EXTENSION, DirectiveLocation.UNION],
  [Kind.SCALAR_TYPE_DEFINITION, DirectiveLocation.SCALAR],
  [Kind.SCALAR_TYPE_EXTENSION, DirectiveLocation.SCALAR],
  [Kind.ENUM_TYPE_DEFINITION, DirectiveLocation.ENUM],
  [Kind.ENUM_TYPE_EXTENSION, DirectiveLocation.ENUM],
  [Kind.INPUT_OBJECT_TYPE_DEFINITION, DirectiveLocation.INPUT_OBJECT],
  [Kind.INPUT_OBJECT_TYPE_EXTENSION, DirectiveLocation.INPUT_OBJECT],
]);

function isElement(definition: DefinitionNode): definition is Extract<DefinitionNode, Element> & Element {
  return locations.has(definition.kind);
}

/**
 * Reads the policy of a schema document: a subgraph's or a supergraph's. Throws `POLICY_INVALID` for a directive that
 * cannot be read, at its place if the document was parsed with places.
 */
export function readPolicy(document: DocumentNode, origin = '<schema>'): Policy {
  const rules = new Map<string, Rule[]>();
  const derivations = new Map<string, Derivation[]>();
  const classes = new Map<string, string[]>();
  for (const { coordinate, rule, derivation, ...statement } of readStatements(document, origin)) {
    if (rule !== null) push(rules, coordinate, rule);
    else if (derivation !== null) push(derivations, coordinate, derivation);
    else push(classes, coordinate, ...statement.classes);
  }
  return { rules, derivations, classes };
}

/** The same, directive by directive in their order. */
export function readStatements(document: DocumentNode, origin = '<schema>'): readonly Statement[] {
  const names = policyNames(document);
  return placedDirectives(document).flatMap((placed): readonly Statement[] => {
    const { coordinate, node } = placed;
    const directive = names.get(node.name.value);
    if (directive === undefined) return [];
    const nothing = { ...placed, directive, rule: null, derivation: null, classes: [] };
    if (directive === 'derivedFrom') return [{ ...nothing, derivation: readDerivation(node) }];
    if (directive === 'classified') return [{ ...nothing, classes: textsOf(argumentOf(node, 'as')) }];
    return [{ ...nothing, rule: atPlace(node, origin, () => readRule(directive, coordinate, node)) }];
  });
}

function push<Value>(map: Map<string, Value[]>, key: string, ...values: readonly Value[]): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [...values]);
  else known.push(...values);
}

type RuleDirective = Exclude<PolicyDirective, 'derivedFrom' | 'classified'>;

function readRule(directive: RuleDirective, coordinate: string, node: ConstDirectiveNode): Rule {
  const base = { coordinate, text: print(node) };
  switch (directive) {
    case 'authenticated':
      return { ...base, kind: 'authenticated' };
    case 'requiresScopes':
      return { ...base, kind: 'scopes', anyOf: listsOf(argumentOf(node, 'scopes')) };
    case 'policy':
      return { ...base, kind: 'policies', anyOf: listsOf(argumentOf(node, 'policies')) };
    case 'purpose':
      return { ...base, kind: 'purpose', allow: textsOf(argumentOf(node, 'allow')) };
    case 'mask':
      return { ...base, kind: 'mask', mask: maskOf(node), unless: listsOf(argumentOf(node, 'unless')) };
    case 'rows':
      return { ...base, kind: 'rows', condition: compileRowCondition(textOf(argumentOf(node, 'where')) ?? '') };
    default:
      return directive satisfies never;
  }
}

/** `with: LAST4`, `with: "ROUND(100)"` or `with: ROUND, n: 100`. */
function maskOf(node: ConstDirectiveNode) {
  const mask = argumentOf(node, 'with');
  const step = argumentOf(node, 'n');
  const name = mask?.kind === Kind.ENUM ? mask.value : (textOf(mask) ?? '');
  return readMask(step?.kind === Kind.INT || step?.kind === Kind.FLOAT ? `${name}(${step.value})` : name);
}

function readDerivation(node: ConstDirectiveNode): Derivation {
  const masking = argumentOf(node, 'masking');
  return {
    coordinates: textsOf(argumentOf(node, 'coordinates')),
    isMasking: masking?.kind === Kind.BOOLEAN && masking.value,
  };
}

function textsOf(node: ConstValueNode | undefined): readonly string[] {
  return itemsOf(node).flatMap((item) => textOf(item) ?? []);
}

/** Lists of alternatives; GraphQL lets a single value stand for a list of one. */
function listsOf(node: ConstValueNode | undefined): readonly (readonly string[])[] {
  return itemsOf(node).map(textsOf);
}

function atPlace<Value>(node: ConstDirectiveNode, file: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (!isWeftError(cause) || node.loc === undefined) throw cause;
    throw new WeftError('POLICY_INVALID', { action: cause.message, at: placeOf(node, file), cause });
  }
}
