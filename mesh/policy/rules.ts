/**
 * Rules: what the policy directives of a supergraph say, by coordinate. Standard directives keep their Federation 2
 * meaning: `@authenticated`, `@requiresScopes`, `@policy`, under whatever name the supergraph links them.
 */
import { type ConstDirectiveNode, type DocumentNode, type DefinitionNode, Kind, print } from 'graphql';
import { argumentOf, itemsOf, linksOf, textOf } from './directive.ts';

export type Rule = AuthenticatedRule | ScopesRule | PoliciesRule;

interface RuleBase {
  /** `Type` or `Type.field`. */
  readonly coordinate: string;
  /** The directive as it is written: what a denial names. */
  readonly text: string;
}

export interface AuthenticatedRule extends RuleBase {
  readonly kind: 'authenticated';
}

/** One of the lists must be had whole. */
export interface ScopesRule extends RuleBase {
  readonly kind: 'scopes';
  readonly anyOf: readonly (readonly string[])[];
}

/** The policies of one of the lists must all hold. */
export interface PoliciesRule extends RuleBase {
  readonly kind: 'policies';
  readonly anyOf: readonly (readonly string[])[];
}

/** All rules that stand at a coordinate; every one of them binds. */
export type Rules = ReadonlyMap<string, readonly Rule[]>;

/** Reads the rules of a schema document. */
export function readRules(document: DocumentNode): Rules {
  const names = directiveNames(document);
  const rules = new Map<string, Rule[]>();
  const add = (coordinate: string, directives: readonly ConstDirectiveNode[] | undefined) => {
    for (const directive of directives ?? []) {
      const rule = readRule(directive, coordinate, names);
      if (rule !== null) rules.set(coordinate, [...(rules.get(coordinate) ?? []), rule]);
    }
  };
  for (const definition of document.definitions) {
    if (!hasRules(definition)) continue;
    add(definition.name.value, definition.directives);
    if ('fields' in definition) {
      for (const field of definition.fields ?? []) {
        add(`${definition.name.value}.${field.name.value}`, field.directives);
      }
    }
  }
  return rules;
}

type RuledDefinition = Extract<
  DefinitionNode,
  { readonly name: unknown; readonly directives?: readonly ConstDirectiveNode[] }
> & {
  readonly name: { readonly value: string };
};

function hasRules(definition: DefinitionNode): definition is RuledDefinition {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION:
    case Kind.SCALAR_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.UNION_TYPE_DEFINITION:
      return true;
    default:
      return false;
  }
}

type RuleKind = Rule['kind'];

const specifications: readonly { readonly url: RegExp; readonly name: string; readonly kind: RuleKind }[] = [
  { url: /^https:\/\/specs\.apollo\.dev\/authenticated\//, name: 'authenticated', kind: 'authenticated' },
  { url: /^https:\/\/specs\.apollo\.dev\/requiresScopes\//, name: 'requiresScopes', kind: 'scopes' },
  { url: /^https:\/\/specs\.apollo\.dev\/policy\//, name: 'policy', kind: 'policies' },
];

/** The name that each directive bears here: `@link(as:)`, an import under another name, or its own. */
function directiveNames(document: DocumentNode): ReadonlyMap<string, RuleKind> {
  const names = new Map<string, RuleKind>(specifications.map(({ name, kind }) => [name, kind]));
  for (const link of linksOf(document)) {
    const specification = specifications.find(({ url }) => url.test(link.url));
    if (specification === undefined) continue;
    const imported = link.imports.get(`@${specification.name}`)?.slice(1);
    const name = imported ?? link.as ?? specification.name;
    if (name !== specification.name) names.delete(specification.name);
    names.set(name, specification.kind);
  }
  return names;
}

function readRule(
  directive: ConstDirectiveNode,
  coordinate: string,
  names: ReadonlyMap<string, RuleKind>,
): Rule | null {
  const kind = names.get(directive.name.value);
  if (kind === undefined) return null;
  const text = print(directive);
  if (kind === 'authenticated') return { kind, coordinate, text };
  const lists = itemsOf(argumentOf(directive, kind));
  return { kind, coordinate, text, anyOf: lists.map((list) => itemsOf(list).flatMap((item) => textOf(item) ?? [])) };
}
