/** The links and definitions of policy in a supergraph: under which names its directives go there, and how it says so. */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type SchemaDefinitionNode,
  Kind,
  parse,
  print,
  visit,
} from 'graphql';
import { argumentOf, itemsOf, linksOf } from '../../mesh/policy/directive.ts';
import { isMesh, namespaceOf } from '../../mesh/policy/names.ts';

/** A piece of text that takes the place of what stands from `start` to `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where directives stand, by what they are. */
export type UsedDirectives = ReadonlyMap<string, ReadonlySet<string>>;

/** What directives of policy are called in a composed supergraph: by their own names, unless something else is called so. */
export function nameIn(document: DocumentNode): (directive: string) => string {
  const taken = new Set(
    document.definitions.flatMap((one) => (one.kind === Kind.DIRECTIVE_DEFINITION ? [one.name.value] : [])),
  );
  const space = meshSpace(document);
  return (directive) => {
    if (!taken.has(directive)) return directive;
    return standard.has(directive) ? `required_${directive}` : `${space}__${directive}`;
  };
}

/** Adds links and definitions for the directives that are used. `definitions` is the text of `schema/mesh.graphql`. */
export function linkEdits(document: DocumentNode, used: UsedDirectives, definitions: string): readonly Edit[] {
  const schema = document.definitions.find((one): one is SchemaDefinitionNode => one.kind === Kind.SCHEMA_DEFINITION);
  if (schema === undefined) throw new Error('The supergraph has no schema definition.');
  const nameOf = nameIn(document);
  const all = [...used].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const ours = all.flatMap(([directive]) => (standard.has(directive) ? [] : [directive]));
  const standards = all.flatMap(([directive, locations]) =>
    standard.has(directive) ? [standardTexts(directive, nameOf(directive), locations)] : [],
  );
  const [, end] = rangeOf(schema);
  const written = [
    ...standards.flatMap((texts) => texts.definitions),
    ...meshDefinitions(definitions, { directives: ours, nameOf, space: meshSpace(document) }),
  ];
  return [
    ...linkTexts(schema, {
      standards: standards.map(({ link }) => link),
      ours,
      imported: ours.filter((name) => nameOf(name) === name),
    }),
    { start: end, end, text: written.map((text) => `\n\n${text}`).join('') },
  ];
}

const standard: ReadonlySet<string> = new Set(['authenticated', 'requiresScopes', 'policy']);
const standardLocations = ['FIELD_DEFINITION', 'OBJECT', 'INTERFACE', 'SCALAR', 'ENUM'];

function standardTexts(directive: string, name: string, locations: ReadonlySet<string>) {
  const scalar = { requiresScopes: 'Scope', policy: 'Policy' }[directive];
  const argument = directive === 'policy' ? 'policies' : 'scopes';
  const on = [...new Set([...standardLocations, ...locations])].join(' | ');
  const renamed = name === directive ? '' : `, as: "${name}"`;
  return {
    link: `@link(url: "https://specs.apollo.dev/${directive}/v0.1"${renamed}, for: SECURITY)`,
    definitions: [
      `directive @${name}${scalar === undefined ? '' : `(${argument}: [[${name}__${scalar}!]!]!)`} on ${on}`,
      ...(scalar === undefined ? [] : [`scalar ${name}__${scalar}`]),
    ],
  };
}

/** Whoever does not know these must not serve what they guard. */
const guards: ReadonlySet<string> = new Set(['mask', 'rows', 'purpose']);

interface Links {
  readonly standards: readonly string[];
  readonly ours: readonly string[];
  /** Those of ours that bear their own names. */
  readonly imported: readonly string[];
}

/** The links of the schema with ours among them. */
function linkTexts(schema: SchemaDefinitionNode, { standards, ours, imported }: Links): readonly Edit[] {
  const directives = schema.directives ?? [];
  const own = directives.find((directive) => linkUrl(directive) !== null);
  const end = Math.max(...directives.map((directive) => rangeOf(directive)[1]));
  const append = (texts: readonly string[]): Edit => {
    return { start: end, end, text: texts.map((text) => `\n  ${text}`).join('') };
  };
  if (ours.length === 0) return [append(standards)];
  const names = imported.map((name) => `"@${name}"`);
  const purpose = ours.some((name) => guards.has(name)) ? ', for: SECURITY' : '';
  if (own === undefined) {
    return [
      append([...standards, `@link(url: "https://weft.dev/weft/v1.0"${purpose}, import: [${names.join(', ')}])`]),
    ];
  }
  const [start, stop] = rangeOf(own);
  const kept = (own.arguments ?? []).filter(({ name }) => name.value !== 'import').map(print);
  const before = itemsOf(argumentOf(own, 'import')).map(print);
  const text = `@link(${kept.join(', ')}${purpose}, import: [${[...before, ...names].join(', ')}])`;
  return [{ start, end: stop, text }, append(standards)];
}

function linkUrl(directive: ConstDirectiveNode): string | null {
  const url = argumentOf(directive, 'url');
  return url?.kind === Kind.STRING && isMesh(url.value) ? url.value : null;
}

function meshSpace(document: DocumentNode): string {
  const link = linksOf(document).find(({ url }) => isMesh(url));
  return link === undefined ? 'weft' : namespaceOf(link);
}

interface MeshNames {
  readonly directives: readonly string[];
  readonly nameOf: (directive: string) => string;
  readonly space: string;
}

/** Definitions of the mesh's own directives, and of the scalar that one of them takes, under their names in the supergraph. */
function meshDefinitions(text: string, { directives, nameOf, space }: MeshNames): readonly string[] {
  const scalarName = (name: string): string => name.replace(/^weft__/, `${space}__`);
  const renamed = visit(parse(text), {
    DirectiveDefinition: (node) => ({ ...node, name: { ...node.name, value: nameOf(node.name.value) } }),
    ScalarTypeDefinition: (node) => ({ ...node, name: { ...node.name, value: scalarName(node.name.value) } }),
    NamedType: (node) => ({ ...node, name: { ...node.name, value: scalarName(node.name.value) } }),
  });
  const names = new Set(directives.map(nameOf));
  return renamed.definitions.flatMap((definition) => {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION)
      return names.has(definition.name.value) ? [print(definition)] : [];
    return directives.includes('mask') ? [print(definition)] : [];
  });
}

function rangeOf({ loc }: { readonly loc?: { readonly start: number; readonly end: number } | undefined }) {
  if (loc === undefined) throw new Error('The supergraph was parsed without places.');
  return [loc.start, loc.end] as const;
}
