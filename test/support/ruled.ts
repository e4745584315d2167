/** Supergraphs with rules: directives put at coordinates of what test subgraphs compose to, whoever would have written them. */
import { readFileSync } from 'node:fs';
import { type ASTNode, type ConstDirectiveNode, type DocumentNode, Kind, parse, print, visit } from 'graphql';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import { composeForTest } from './subgraph.ts';

/** Directives by coordinate. */
export type RulesByCoordinate = Readonly<Record<string, string>>;

const mesh = readFileSync(new URL('../../schema/mesh.graphql', import.meta.url), 'utf8');
const places =
  'OBJECT | INTERFACE | UNION | SCALAR | ENUM | INPUT_OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE';
const definitions = [
  mesh.replaceAll(/directive @(\w+)/g, 'directive @weft__$1'),
  `directive @authenticated repeatable on ${places}`,
  `directive @requiresScopes(scopes: [[String!]!]!) repeatable on ${places}`,
  `directive @policy(policies: [[String!]!]!) repeatable on ${places}`,
];

/** The supergraph with those directives, each under its full name: `@weft__mask(with: NULL)`. */
export function composeRuled(subgraphs: readonly Subgraph[], rules: RulesByCoordinate): string {
  return ruleSupergraph(composeForTest(subgraphs), rules);
}

/** A supergraph with directives put at its coordinates. */
export function ruleSupergraph(sdl: string, rules: RulesByCoordinate): string {
  const ruled = putDirectives(sdl, rules);
  return `${ruled}\nextend schema @link(url: "https://weft.dev/weft/v1.0")\n${definitions.join('\n')}`;
}

/** An SDL with directives at its coordinates. */
export function putDirectives(sdl: string, rules: RulesByCoordinate): string {
  const unused = new Set(Object.keys(rules));
  const at = (coordinate: string): readonly ConstDirectiveNode[] => {
    unused.delete(coordinate);
    const text = rules[coordinate];
    const [definition] = text === undefined ? [] : parse(`scalar S ${text}`).definitions;
    return definition?.kind === Kind.SCALAR_TYPE_DEFINITION ? (definition.directives ?? []) : [];
  };
  const ruled = visitCoordinates(parse(sdl), (coordinate, node) => {
    const added = at(coordinate);
    return added.length === 0 ? node : { ...node, directives: [...(node.directives ?? []), ...added] };
  });
  if (unused.size > 0) throw new Error(`The schema has no ${[...unused].join(', ')}.`);
  return print(ruled);
}

/** All coordinates of an SDL. */
export function coordinatesIn(sdl: string): ReadonlySet<string> {
  const coordinates = new Set<string>();
  visitCoordinates(parse(sdl), (coordinate, node) => {
    coordinates.add(coordinate);
    return node;
  });
  return coordinates;
}

type Placed = ASTNode & { readonly directives?: readonly ConstDirectiveNode[] };

function visitCoordinates(document: DocumentNode, change: (coordinate: string, node: Placed) => Placed): DocumentNode {
  return visit(document, {
    enter(node, ...[, , , ancestors]) {
      if (!('directives' in node) || !('name' in node)) return undefined;
      const coordinate = coordinateOf(node, ancestors);
      const changed = coordinate === null ? node : change(coordinate, node as Placed);
      return changed === node ? undefined : changed;
    },
  }) as DocumentNode;
}

/** `Type`, `Type.field`, `Type.field(argument:)`: ancestors are nodes, and lists of them. */
function coordinateOf(node: ASTNode, ancestors: readonly (ASTNode | readonly ASTNode[])[]): string | null {
  const [type, field] = ancestors.flatMap((one) => ('kind' in one ? (nameOf(one) ?? []) : []));
  const name = nameOf(node);
  if (name === null || type === undefined) return name;
  return node.kind === Kind.INPUT_VALUE_DEFINITION && field !== undefined
    ? `${type}.${field}(${name}:)`
    : `${type}.${name}`;
}

function nameOf(node: ASTNode): string | null {
  return 'name' in node && node.name?.kind === Kind.NAME ? node.name.value : null;
}
