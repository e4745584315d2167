/** What a domain's SDL declares with the mesh's directives: which process answers what, what events feed, what is a product. */
import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type OperationTypeNode,
  Source,
  getLocation,
  parse,
  valueFromASTUntyped,
} from 'graphql';
import { type SourceLocation, WeftError, frameOf } from '../core/error.ts';
import { type JsonObject, isJsonObject } from '../core/json.ts';
import { type DirectiveNames, linkMesh } from '../policy/link.ts';

/** One place of the SDL that bears at least one of the mesh's directives. */
export interface Declaration {
  /** `Type` or `Type.field`. */
  readonly coordinate: string;
  readonly type: string;
  /** `null` for the type itself. */
  readonly field: string | null;
  /** Which root type it is on, if any. */
  readonly root: `${OperationTypeNode}` | null;
  readonly process: { readonly name: string; readonly at: SourceLocation } | null;
  readonly event: { readonly label: string; readonly where: string | null; readonly at: SourceLocation } | null;
  readonly product: JsonObject | null;
  readonly derivedFrom: readonly { readonly coordinate: string; readonly at: SourceLocation }[];
  /** The SDL's own description. */
  readonly description: string;
  /** Names of its arguments. */
  readonly args: readonly string[];
  /** Of a field: the name of the type it gives, lists and marks aside. */
  readonly gives: string | null;
}

export interface Declarations {
  /** The SDL with the directives' definitions. */
  readonly document: DocumentNode;
  readonly all: readonly Declaration[];
  /** Names and types of each object's fields: `delay: Int!`. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** Reads an SDL. Throws `DOMAIN_INVALID` with the place of what cannot be parsed. */
export function readDeclarations(text: string, file: string, definitions: string): Declarations {
  const { sdl, names } = link(text, file, definitions);
  const document = parse(new Source(sdl, file));
  const roots = rootsOf(document);
  const objects = document.definitions.filter(isObject);
  const fields = new Map<string, string[]>();
  const all: Declaration[] = [];
  for (const object of objects) {
    const type = object.name.value;
    const ofType = (object.fields ?? []).map((field) => `${field.name.value}: ${typeText(field)}`);
    fields.set(type, [...(fields.get(type) ?? []), ...ofType]);
    if (names === null) continue;
    const read = reader(names, { text, file, type, root: roots.get(type) ?? null });
    all.push(...[object, ...(object.fields ?? [])].map(read).filter(declaresSomething));
  }
  return { document, all, fields };
}

function link(text: string, file: string, definitions: string): ReturnType<typeof linkMesh> {
  try {
    parse(new Source(text, file));
  } catch (cause) {
    const [place] = (cause as { locations?: readonly { line: number; column: number }[] }).locations ?? [];
    const { line, column } = place ?? { line: 1, column: 1 };
    throw new WeftError('DOMAIN_INVALID', {
      action: `Cannot read schema "${file}"`,
      found: cause instanceof Error ? cause.message : String(cause),
      wanted: 'SDL of GraphQL',
      at: { file, line, column, frame: frameOf(text, line, column) },
      cause,
    });
  }
  return linkMesh(text, definitions);
}

interface Place {
  readonly text: string;
  readonly file: string;
  readonly type: string;
  readonly root: Declaration['root'];
}

type ObjectNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;

function reader(names: DirectiveNames, place: Place): (node: ObjectNode | FieldDefinitionNode) => Declaration {
  return (node) => {
    const field = node.kind === Kind.FIELD_DEFINITION ? node.name.value : null;
    const find = (name: keyof DirectiveNames): Found | null => {
      const directive = node.directives?.find((candidate) => candidate.name.value === names[name]);
      return directive === undefined ? null : { args: argumentsOf(directive), at: placeOf(directive, place) };
    };
    const process = find('process');
    const event = find('event');
    const derivedFrom = find('derivedFrom');
    return {
      coordinate: field === null ? place.type : `${place.type}.${field}`,
      type: place.type,
      field,
      root: place.root,
      process: process && { name: String(process.args['name']), at: process.at },
      event: event && { label: String(event.args['label']), where: textOf(event.args['where']), at: event.at },
      product: find('dataProduct')?.args ?? null,
      derivedFrom: derivedFrom === null ? [] : coordinatesOf(derivedFrom),
      description: ('description' in node && node.description?.value) || '',
      args: node.kind === Kind.FIELD_DEFINITION ? (node.arguments ?? []).map((argument) => argument.name.value) : [],
      gives: node.kind === Kind.FIELD_DEFINITION ? typeText(node).replaceAll(/[[\]!]/g, '') : null,
    };
  };
}

interface Found {
  readonly args: JsonObject;
  readonly at: SourceLocation;
}

function declaresSomething({ process, event, product, derivedFrom }: Declaration): boolean {
  return process !== null || event !== null || product !== null || derivedFrom.length > 0;
}

function coordinatesOf({ args, at }: Found): Declaration['derivedFrom'] {
  const given = args['coordinates'];
  return (Array.isArray(given) ? given : [given]).map((coordinate) => ({ coordinate: String(coordinate), at }));
}

function argumentsOf(directive: ConstDirectiveNode): JsonObject {
  const entries = directive.arguments?.map(({ name, value }) => [name.value, valueOf(value)]) ?? [];
  const object: unknown = Object.fromEntries(entries);
  return isJsonObject(object) ? object : {};
}

function valueOf(node: ConstValueNode): unknown {
  return valueFromASTUntyped(node);
}

function placeOf(directive: ConstDirectiveNode, { text, file }: Place): SourceLocation {
  const { loc } = directive;
  if (loc === undefined) return { file };
  const { line, column } = getLocation(loc.source, loc.start);
  return { file, line, column, frame: frameOf(text, line, column) };
}

function typeText(field: FieldDefinitionNode): string {
  const { loc } = field.type;
  return loc === undefined ? '' : loc.source.body.slice(loc.start, loc.end);
}

function rootsOf(document: DocumentNode): ReadonlyMap<string, `${OperationTypeNode}`> {
  const roots = new Map<string, `${OperationTypeNode}`>([
    ['Query', 'query'],
    ['Mutation', 'mutation'],
    ['Subscription', 'subscription'],
  ]);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { operation, type } of definition.operationTypes ?? []) roots.set(type.name.value, operation);
  }
  return roots;
}

function isObject(node: DocumentNode['definitions'][number]): node is ObjectNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
