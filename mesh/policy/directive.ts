/** Reading directives: their arguments, and what a schema document says by `@link` (the specification of that name, v1.0). */
import { type ASTNode, type ConstDirectiveNode, type ConstValueNode, type DocumentNode, Kind } from 'graphql';
import { type SourceLocation, frameOf } from '../core/error.ts';

/** A specification that a document links. */
export interface Link {
  readonly url: string;
  /** Its namespace here, if it is not its own name. */
  readonly as: string | null;
  /** By name, the name it bears here; both with `@` for a directive. */
  readonly imports: ReadonlyMap<string, string>;
}

/** The links of a document, in their order. */
export function linksOf(document: DocumentNode): readonly Link[] {
  return document.definitions
    .flatMap((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
        ? (definition.directives ?? [])
        : [],
    )
    .filter(isLink)
    .map((directive) => ({
      url: textOf(argumentOf(directive, 'url')) ?? '',
      as: textOf(argumentOf(directive, 'as')),
      imports: new Map(itemsOf(argumentOf(directive, 'import')).map(readImport)),
    }));
}

/** Where a node stands in the file of its document. */
export function placeOf({ loc }: Pick<ASTNode, 'loc'>, file: string): SourceLocation {
  if (loc === undefined) return { file };
  const { line, column } = loc.startToken;
  return { file, line, column, frame: frameOf(loc.source.body, line, column) };
}

/** `@link` may itself bear another name, which its own link says: whatever names a specification is one. */
function isLink(directive: ConstDirectiveNode): boolean {
  return directive.name.value === 'link' || /\/v\d+\.\d+$/.test(textOf(argumentOf(directive, 'url')) ?? '');
}

/** The value that a directive is given for an argument. */
export function argumentOf(directive: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return directive.arguments?.find((argument) => argument.name.value === name)?.value;
}

/** The text of a string; `null` for any other value. */
export function textOf(node: ConstValueNode | undefined): string | null {
  return node?.kind === Kind.STRING ? node.value : null;
}

/** The items of a list; GraphQL lets a single value stand for a list of one. */
export function itemsOf(node: ConstValueNode | undefined): readonly ConstValueNode[] {
  if (node === undefined || node.kind === Kind.NULL) return [];
  return node.kind === Kind.LIST ? node.values : [node];
}

/** `"@name"`, or `{ name: "@name", as: "@local" }`. */
function readImport(node: ConstValueNode): [name: string, local: string] {
  const read = (key: string): string | null =>
    node.kind === Kind.OBJECT ? textOf(node.fields.find(({ name }) => name.value === key)?.value) : null;
  const name = textOf(node) ?? read('name') ?? '';
  return [name, read('as') ?? name];
}
