/** Reads what a schema document says of who may see what, wherever a directive may stand. */
import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DefinitionNode,
  type DocumentNode,
  Kind,
  print,
} from 'graphql';
import { WeftError, frameOf, isWeftError } from '../core/error.ts';
import { argumentOf, itemsOf, textOf } from './directive.ts';
import { readMask } from './mask.ts';
import { type PolicyDirective, policyNames } from './names.ts';
import { compileRowCondition } from './row-condition.ts';
import type { Derivation, Policy, Rule } from './rules.ts';

/** A directive at its place. */
export interface Placed {
  readonly coordinate: string;
  readonly node: ConstDirectiveNode;
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
  const at = (coordinate: string, { directives = [] }: Pick<Element, 'directives'>): readonly Placed[] =>
    directives.map((node) => ({ coordinate, node }));
  const fields = 'fields' in definition ? (definition.fields ?? []) : [];
  const values = 'values' in definition ? (definition.values ?? []) : [];
  return [
    ...at(type, definition),
    ...fields.flatMap((field) => {
      const coordinate = `${type}.${field.name.value}`;
      const args = 'arguments' in field ? (field.arguments ?? []) : [];
      return [
        ...at(coordinate, field),
        ...args.flatMap((argument) => at(`${coordinate}(${argument.name.value}:)`, argument)),
      ];
    }),
    ...values.flatMap((value) => at(`${type}.${value.name.value}`, value)),
  ];
}

const elements: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.UNION_TYPE_EXTENSION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_EXTENSION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.ENUM_TYPE_EXTENSION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_EXTENSION,
]);

function isElement(definition: DefinitionNode): definition is Extract<DefinitionNode, Element> & Element {
  return elements.has(definition.kind);
}

/**
 * Reads the policy of a schema document: a subgraph's or a supergraph's. Throws `POLICY_INVALID` for a directive that
 * cannot be read, at its place if the document was parsed with places.
 */
export function readPolicy(document: DocumentNode, origin = '<schema>'): Policy {
  const names = policyNames(document);
  const rules = new Map<string, Rule[]>();
  const derivations = new Map<string, Derivation[]>();
  const classes = new Map<string, string[]>();
  for (const { coordinate, node } of placedDirectives(document)) {
    const directive = names.get(node.name.value);
    if (directive === undefined) continue;
    if (directive === 'derivedFrom') push(derivations, coordinate, readDerivation(node));
    else if (directive === 'classified') push(classes, coordinate, ...textsOf(argumentOf(node, 'as')));
    else
      push(
        rules,
        coordinate,
        placed(node, origin, () => readRule(directive, coordinate, node)),
      );
  }
  return { rules, derivations, classes };
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

function placed<Value>({ loc }: ConstDirectiveNode, file: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (!isWeftError(cause) || loc === undefined) throw cause;
    const { line, column } = loc.startToken;
    const at = { file, line, column, frame: frameOf(loc.source.body, line, column) };
    throw new WeftError('POLICY_INVALID', { action: cause.message, at, cause });
  }
}
