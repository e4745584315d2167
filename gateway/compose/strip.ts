/**
 * What the composer of Federation is not shown of a subgraph: policy. It would merge some of it in ways that weaken it, and
 * lose the rest; composition here merges it and writes it into the supergraph.
 */
import { type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind, visit } from 'graphql';
import { argumentOf, itemsOf, linksOf, textOf } from '../../mesh/policy/directive.ts';
import { isMesh, isStandardLink, namespaceOf, policyDirectives, policyNames } from '../../mesh/policy/names.ts';

/** The document without the directives of policy, their definitions and their links. Everything else keeps its place. */
export function withoutPolicy(document: DocumentNode): DocumentNode {
  const names = policyNames(document);
  const links = linksOf(document);
  const spaces = links.filter(isStandardLink).map((link) => `${namespaceOf(link)}__`);
  const isOwnScalar = (name: string): boolean =>
    (links.some(({ url }) => isMesh(url)) && name.startsWith('weft__')) ||
    spaces.some((space) => name.startsWith(space));
  return visit(document, {
    ScalarTypeDefinition: ({ name }) => (isOwnScalar(name.value) ? null : undefined),
    DirectiveDefinition: ({ name }) => (names.has(name.value) ? null : undefined),
    Directive(node) {
      const directive = node as ConstDirectiveNode;
      if (names.has(directive.name.value) || composesPolicy(directive, names)) return null;
      const url = textOf(argumentOf(directive, 'url'));
      const [link] = url === null ? [] : links.filter((one) => one.url === url);
      if (link === undefined) return undefined;
      return isStandardLink(link) ? null : withoutImports(directive);
    },
    SchemaExtension: {
      leave: (node) => (node.directives?.length || node.operationTypes?.length ? undefined : null),
    },
  });
}

/** `@composeDirective` for one of them, by whatever name it goes. */
function composesPolicy(directive: ConstDirectiveNode, names: ReadonlyMap<string, unknown>): boolean {
  const name = textOf(argumentOf(directive, 'name'));
  return name !== null && /composeDirective$/i.test(directive.name.value) && names.has(name.replace(/^@/, ''));
}

function withoutImports(link: ConstDirectiveNode): ConstDirectiveNode {
  return {
    ...link,
    arguments:
      link.arguments?.map((argument) =>
        argument.name.value === 'import'
          ? {
              ...argument,
              value: { kind: Kind.LIST, values: itemsOf(argument.value).filter((item) => !isPolicy(item)) },
            }
          : argument,
      ) ?? [],
  };
}

const policy: ReadonlySet<string> = new Set(policyDirectives.map((directive) => `@${directive}`));

function isPolicy(item: ConstValueNode): boolean {
  const named = item.kind === Kind.OBJECT ? item.fields.find(({ name }) => name.value === 'name')?.value : item;
  return policy.has(textOf(named) ?? '');
}
