/**
 * Whether a subgraph's SDL uses the directives of policy as they are defined: linked, at places where they may stand, with
 * arguments that they have. What is not as it should be would be lost without a word.
 */
import {
  type ASTNode,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLDirective,
  buildSchema,
  getArgumentValues,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import { type ErrorParts, WeftError, messageOf } from '../core/error.ts';
import { linksOf, placeOf } from './directive.ts';
import { type PolicyDirective, isLookalike, isMesh, isWeft, policyNames } from './names.ts';
import { type Placed, placedDirectives } from './read-rules.ts';

/** As Federation 2 defines them, and at all other places where something can be bound: a rule more does no harm. */
const places =
  'OBJECT | INTERFACE | UNION | SCALAR | ENUM | INPUT_OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE';
const standardDefinitions = `
directive @authenticated on ${places}
directive @requiresScopes(scopes: [[String!]!]!) on ${places}
directive @policy(policies: [[String!]!]!) on ${places}
`;

/** Definitions of all directives of policy, by what they mean; from the text of `schema/mesh.graphql`. */
export type PolicyDefinitions = ReadonlyMap<string, GraphQLDirective>;

/** Reads the definitions of the mesh's own directives and adds the standard ones. */
export function readDefinitions(mesh: string): PolicyDefinitions {
  const schema = buildSchema(mesh + standardDefinitions);
  return new Map(schema.getDirectives().map((directive) => [directive.name, directive]));
}

/** What is wrong with the use of policy in a document that was parsed with places. */
export function usageMistakes(
  document: DocumentNode,
  { origin, definitions }: { readonly origin: string; readonly definitions: PolicyDefinitions },
): readonly WeftError[] {
  const names = policyNames(document);
  const all = placedDirectives(document);
  return [
    ...linkMistakes(document, origin),
    ...strayMistakes(document, new Set(all.map(({ node }) => node)), { origin, names }),
    ...all.flatMap((placed): readonly WeftError[] => {
      const name = placed.node.name.value;
      const mistake = (parts: ErrorParts) => [
        new WeftError('COMPOSITION_FAILED', { ...parts, at: placeOf(placed.node, origin) }),
      ];
      if (isLookalike(name, document)) return mistake(unlinked(placed));
      const directive = names.get(name);
      const definition = directive === undefined ? undefined : definitions.get(directive);
      const wrong = definition && wrongUse(placed, definition);
      return wrong ? mistake(wrong) : [];
    }),
  ];
}

/**
 * What in a supergraph, whoever composed it, looks like a rule and is linked as none; `null` when nothing does. The standard directives
 * are what they are without a link too.
 */
export function unreadableRule(document: DocumentNode): string | null {
  const wrong = linksOf(document).find(({ url }) => isWeft(url) && !isMesh(url));
  if (wrong !== undefined) return `a link to "${wrong.url}", of which nothing is known here`;
  const names = policyNames(document);
  const stray = placedDirectives(document).find(({ node: { name } }) => {
    return !names.has(name.value) && isLookalike(name.value, document);
  });
  return stray === undefined
    ? null
    : `"@${stray.node.name.value}" at "${stray.coordinate}", which no link gives that name`;
}

/** At the schema, or in a directive's own definition, a rule binds nothing. */
function strayMistakes(
  document: DocumentNode,
  placed: ReadonlySet<ASTNode>,
  { origin, names }: { readonly origin: string; readonly names: ReadonlyMap<string, unknown> },
): readonly WeftError[] {
  const mistakes: WeftError[] = [];
  visit(document, {
    Directive(node) {
      if (placed.has(node) || !names.has(node.name.value)) return;
      const action = `Cannot bind anything by "@${node.name.value}" here`;
      const wanted = 'it at a type, a field, an argument or a value';
      mistakes.push(new WeftError('COMPOSITION_FAILED', { action, wanted, at: placeOf(node, origin) }));
    },
  });
  return mistakes;
}

function linkMistakes(document: DocumentNode, origin: string): readonly WeftError[] {
  const wrong = linksOf(document).find(({ url }) => isWeft(url) && !isMesh(url));
  if (wrong === undefined) return [];
  const node = document.definitions.find(({ kind }) => kind === 'SchemaDefinition' || kind === 'SchemaExtension');
  return [
    new WeftError('COMPOSITION_FAILED', {
      action: `Cannot link "${wrong.url}"`,
      found: 'no version of the directives that is known here',
      wanted: '"https://weft.dev/weft/v1.0"',
      at: node ? placeOf(node, origin) : { file: origin },
    }),
  ];
}

const homes: Readonly<Partial<Record<PolicyDirective, string>>> = {
  authenticated: 'https://specs.apollo.dev/federation/v2.9',
  requiresScopes: 'https://specs.apollo.dev/federation/v2.9',
  policy: 'https://specs.apollo.dev/federation/v2.9',
};

function unlinked({ coordinate, node }: Placed): ErrorParts {
  const name = node.name.value;
  const plain = name.replace(/^(weft|federation)__/, '');
  const url = Object.entries(homes).find(([directive]) => directive === plain)?.[1] ?? 'https://weft.dev/weft/v1.0';
  return {
    action: `Cannot tell whether "@${name}" at "${coordinate}" is a rule`,
    found: 'no link that gives it this name',
    wanted: `one to "${url}"`,
    fix: `Write \`extend schema @link(url: "${url}", import: ["@${plain}"])\`, or give a directive of your own another name.`,
  };
}

function wrongUse({ coordinate, location, node }: Placed, definition: GraphQLDirective): ErrorParts | null {
  const action = `Cannot read "@${node.name.value}" at "${coordinate}"`;
  if (!definition.locations.includes(location)) {
    return { action, found: `it on ${location}`, wanted: `it on ${definition.locations.join(', ')}` };
  }
  const known = definition.args.map(({ name }) => name);
  const unknown = node.arguments?.find(({ name }) => !known.includes(name.value));
  if (unknown !== undefined) {
    return {
      action,
      found: `an argument "${unknown.name.value}"`,
      wanted: known.length === 0 ? 'none' : `one of ${known.join(', ')}`,
    };
  }
  try {
    getArgumentValues(definition, node);
  } catch (error) {
    return { action, found: messageOf(error).replace(/\.$/, ''), wanted: definition.args.map(signatureOf).join(', ') };
  }
  const empty = node.arguments?.find(({ value }) => isEmptyList(valueFromASTUntyped(value)));
  if (empty === undefined || !emptiable.has(definition.name)) return null;
  return { action, found: `an empty "${empty.name.value}"`, wanted: 'at least one', fix: 'Take the directive away.' };
}

/** With an empty list these would say nothing. */
const emptiable: ReadonlySet<string> = new Set(['classified', 'derivedFrom']);

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function signatureOf({ name, type }: GraphQLArgument): string {
  return `${name}: ${type.toString()}`;
}
