/**
 * The mesh's own directives in a subgraph's SDL: which names they bear there (`@link`, with imports, renames and
 * namespaces), and the SDL completed with the definitions it left out. Text is only ever added at its end, so that places keep their lines.
 */
import {
  type DirectiveDefinitionNode,
  type DocumentNode,
  type ScalarTypeDefinitionNode,
  Kind,
  parse,
  print,
} from 'graphql';
import { linksOf } from './directive.ts';
import { isMesh } from './names.ts';

/** The directives of `schema/mesh.graphql`. */
export const meshDirectives = [
  'dataProduct',
  'process',
  'event',
  'derivedFrom',
  'classified',
  'mask',
  'rows',
  'purpose',
] as const;
export type MeshDirective = (typeof meshDirectives)[number];

/** What each directive is called in one SDL, without the `@`. */
export type DirectiveNames = Readonly<Record<MeshDirective, string>>;

export interface LinkedSdl {
  readonly sdl: string;
  /** `null` when the SDL does not link the mesh's directives. */
  readonly names: DirectiveNames | null;
}

export interface LinkOptions {
  /** Also ask composition to carry the imported directives into the supergraph (`@composeDirective`). Default false. */
  readonly compose?: boolean;
}

/** Completes a subgraph's SDL with those of the definitions (the text of `schema/mesh.graphql`) that it links and does not bring along. */
export function linkMesh(sdl: string, definitions: string, options: LinkOptions = {}): LinkedSdl {
  const document = parse(sdl);
  const link = linksOf(document).find(({ url }) => isMesh(url));
  if (link === undefined) return { sdl, names: null };
  const nameOf = (directive: MeshDirective): string =>
    link.imports.get(`@${directive}`)?.replace(/^@/, '') ?? `${link.as ?? 'weft'}__${directive}`;
  const names = {
    dataProduct: nameOf('dataProduct'),
    process: nameOf('process'),
    event: nameOf('event'),
    derivedFrom: nameOf('derivedFrom'),
    classified: nameOf('classified'),
    mask: nameOf('mask'),
    rows: nameOf('rows'),
    purpose: nameOf('purpose'),
  };

  const supplied = parse(definitions);
  const present = new Set(definedDirectives(document).map((definition) => definition.name.value));
  const directives = definedDirectives(supplied).flatMap((definition) => {
    const name = isMeshDirective(definition.name.value) ? names[definition.name.value] : null;
    return name === null || present.has(name)
      ? []
      : print({ ...definition, name: { ...definition.name, value: name } });
  });
  const missing = [
    ...definedScalars(supplied)
      .filter((scalar) => !hasScalar(document, scalar))
      .map(print),
    ...directives,
  ];
  const composed = options.compose === true ? [...link.imports.values()] : [];
  const carried = composed.map((name) => `@${federationName(document)}(name: "${name}")`);
  const extension = carried.length === 0 ? [] : [`extend schema\n  ${carried.join('\n  ')}`];
  return { sdl: [sdl, ...extension, ...missing].join('\n\n'), names };
}

/** What `@composeDirective` is called in this SDL. */
function federationName(document: DocumentNode): string {
  const federation = linksOf(document).find(({ url }) => url.startsWith('https://specs.apollo.dev/federation/'));
  return (
    federation?.imports.get('@composeDirective')?.slice(1) ?? `${federation?.as ?? 'federation'}__composeDirective`
  );
}

function definedDirectives(document: DocumentNode): readonly DirectiveDefinitionNode[] {
  return document.definitions.filter((definition) => definition.kind === Kind.DIRECTIVE_DEFINITION);
}

function definedScalars(document: DocumentNode): readonly ScalarTypeDefinitionNode[] {
  return document.definitions.filter((definition) => definition.kind === Kind.SCALAR_TYPE_DEFINITION);
}

function hasScalar(document: DocumentNode, { name }: ScalarTypeDefinitionNode): boolean {
  return definedScalars(document).some((scalar) => scalar.name.value === name.value);
}

function isMeshDirective(name: string): name is MeshDirective {
  return meshDirectives.some((directive) => directive === name);
}
