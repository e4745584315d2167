/**
 * Operations as they are recorded, to be tried on another policy: what was asked and by what kind of subject, without the values
 * that were given. Of a document remain the names in it; of variables, that they were given and which names stood in them.
 */
import {
  type DocumentNode,
  type GraphQLType,
  GraphQLList,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type TypeNode,
  type ValueNode,
  Kind,
  TypeInfo,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
  isSpecifiedScalarType,
  print,
  separateOperations,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type Json, type JsonObject, isJsonObject } from '../../mesh/core/json.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import type { Path } from '../../mesh/policy/reads.ts';
import { claimsRead, readsId } from '../../mesh/policy/subject-reads.ts';

export interface Recording {
  readonly document: string;
  readonly operationName: string | null;
  readonly variables: JsonObject;
  readonly subject: RecordedSubject;
}

export interface RecordedSubject extends Pick<Subject, 'roles' | 'scopes' | 'purpose' | 'domain' | 'claims'> {
  readonly signedIn: boolean;
  /** Only where a rule reads it. */
  readonly id?: string;
}

/** One operation of a document, with nothing in it but names: texts are empty, numbers 0. The document is valid. */
export function recordDocument(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): string {
  const own = separateOperations(document)[operation.name?.value ?? ''] ?? document;
  const types = new TypeInfo(schema);
  const bare = visit(
    own,
    visitWithTypeInfo(types, {
      enter(node) {
        // A label has to differ from the others.
        if (node.kind === Kind.DIRECTIVE && node.name.value === 'defer') return false;
        if (!isValue(node)) return undefined;
        return isCustom(types.getInputType()) && node.kind !== Kind.VARIABLE && node.kind !== Kind.NULL
          ? { kind: Kind.STRING, value: '' }
          : bareValue(node);
      },
    }),
  );
  return print(bare);
}

/** What of variables is recorded: those declared that were given, and the names, values of enums and conditions in them. */
export function recordVariables(
  inputs: JsonObject,
  operation: OperationDefinitionNode,
  { schema, conditions }: { readonly schema: GraphQLSchema; readonly conditions: readonly string[] },
): JsonObject {
  const given = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    Object.hasOwn(inputs, variable.name.value),
  );
  return Object.fromEntries(
    given.map(({ variable: { name }, type }) => {
      const value = inputs[name.value];
      if (conditions.includes(name.value)) return [name.value, typeof value === 'boolean' ? value : null];
      return [name.value, bareJson(value, typeOf(type, schema))];
    }),
  );
}

/** What of a subject is recorded: of its claims, and of its id, only what rules read. */
export function recordSubject(subject: Subject, paths: readonly Path[]): RecordedSubject {
  const { id, roles, scopes, purpose, domain } = subject;
  return {
    signedIn: id !== null,
    ...(id !== null && readsId(paths) ? { id } : {}),
    roles,
    scopes,
    purpose,
    domain,
    claims: claimsRead(subject, paths),
  };
}

/** The subject again, as far as it was recorded. */
export function replayedSubject({ signedIn, id, ...subject }: RecordedSubject): Subject {
  return { ...anonymous, ...subject, id: signedIn ? (id ?? 'somebody') : null };
}

/** Reads a line of a file of recordings; `null` for what is none. */
export function parseRecording(line: string): Recording | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isJsonObject(value)) return null;
  const { document, operationName = null, variables = {}, subject } = value;
  if (typeof document !== 'string' || (operationName !== null && typeof operationName !== 'string')) return null;
  if (!isJsonObject(variables) || !isJsonObject(subject)) return null;
  const { signedIn, id, roles = [], scopes = [], purpose = null, domain = null, claims = {} } = subject;
  if (typeof signedIn !== 'boolean' || (id !== undefined && typeof id !== 'string')) return null;
  if (!isTexts(roles) || !isTexts(scopes) || !isTextOrNull(purpose) || !isTextOrNull(domain) || !isJsonObject(claims)) {
    return null;
  }
  const known = id === undefined ? { signedIn } : { signedIn, id };
  return { document, operationName, variables, subject: { ...known, roles, scopes, purpose, domain, claims } };
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isTextOrNull(value: Json | undefined): value is string | null {
  return value === null || typeof value === 'string';
}

function bareValue(node: ValueNode): ValueNode | undefined {
  if (node.kind === Kind.STRING) return { kind: Kind.STRING, value: '' };
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return { ...node, value: '0' };
  return undefined;
}

const valueKinds: ReadonlySet<string> = new Set([
  Kind.STRING,
  Kind.INT,
  Kind.FLOAT,
  Kind.BOOLEAN,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.NULL,
  Kind.VARIABLE,
]);

function isValue(node: { readonly kind: string }): node is ValueNode {
  return valueKinds.has(node.kind);
}

function isCustom(type: GraphQLType | null | undefined): boolean {
  const named = getNamedType(type ?? undefined);
  return isScalarType(named) && !isSpecifiedScalarType(named);
}

function typeOf(node: TypeNode, schema: GraphQLSchema): GraphQLType | undefined {
  if (node.kind === Kind.NAMED_TYPE) return schema.getType(node.name.value);
  const inner = typeOf(node.type, schema);
  return inner && (node.kind === Kind.LIST_TYPE ? new GraphQLList(inner) : inner);
}

/** The names in a value, as its type has them. */
function bareJson(value: Json | undefined, type: GraphQLType | undefined): Json {
  if (isNonNullType(type)) return bareJson(value, type.ofType);
  if (isListType(type)) {
    if (!Array.isArray(value)) return bareJson(value, type.ofType);
    const items = new Map(
      value.map((item: Json) => bareJson(item, type.ofType)).map((item) => [JSON.stringify(item), item]),
    );
    return [...items.values()];
  }
  if (isEnumType(type)) return typeof value === 'string' && type.getValue(value) !== undefined ? value : null;
  if (!isInputObjectType(type) || !isJsonObject(value)) return null;
  const fields = type.getFields();
  const known = Object.entries(value).filter(([name, child]) => Object.hasOwn(fields, name) && child !== undefined);
  return Object.fromEntries(known.map(([name, child]) => [name, bareJson(child, fields[name]?.type)]));
}
